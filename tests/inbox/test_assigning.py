"""New conversations go to those who are there, evenly, and never over anybody's own decision."""

from datetime import timedelta

import pytest

from core.ids import OperatorId, UserId
from inbox.assigning import Desk, spread
from inbox.talking import Talking
from storage.presence import Present
from tests.inbox.office import Office
from tests.world import ANNA, BORIS

CLARA, DORA = UserId("31"), UserId("32")


def desk(office: Office, *looking: OperatorId) -> Desk:
    world = office.world
    talking = Talking(world.database, office.intake, lambda: world.now)
    return Desk(world.database, talking, lambda: looking, lambda: world.now, "test", assigns=True)


async def assignee(office: Office, user: UserId) -> OperatorId | None:
    return (await office.conversation(user)).assignee


@pytest.mark.parametrize(
    ("loads", "many", "expected"),
    [
        pytest.param([0, 0], 4, [1, 2, 1, 2], id="in turn"),
        pytest.param([5, 0], 3, [2, 2, 2], id="to whoever has the fewest"),
        pytest.param([1, 0, 0], 4, [2, 3, 1, 2], id="until all have as many"),
        pytest.param([], 3, [], id="nobody is there"),
    ],
)
async def test_spread(
    sqlite_office: Office, loads: list[int], many: int, expected: list[int]
) -> None:
    for number in range(many):
        await sqlite_office.hear("hello there", user=UserId(str(40 + number)))
    async with sqlite_office.world.database.read() as tx:
        ids = [(await sqlite_office.conversation(UserId(str(40 + n)))).id for n in range(many)]
        waiting = await tx.conversations.find(ids)
    present = [Present(OperatorId(place), load) for place, load in enumerate(loads, 1)]
    assert [operator for _, operator in spread(waiting, present)] == expected


async def test_who_waits_is_given_to_those_who_are_there(office: Office) -> None:
    vera, oleg = await office.operator("vera"), await office.operator("oleg")
    await office.operator("absent")
    for user in (ANNA, BORIS, CLARA, DORA):
        await office.hear("hello there", user=user)
        office.world.wait(seconds=1)
    there = desk(office, vera, oleg)
    await there.see()
    assert await there.assign() == 4
    given = [await assignee(office, user) for user in (ANNA, BORIS, CLARA, DORA)]
    assert given == [vera, oleg, vera, oleg]
    assert await there.assign() == 0


async def test_nobody_who_is_away_or_gone_gets_anything(sqlite_office: Office) -> None:
    office = sqlite_office
    browser = await office.signed_in("vera")
    async with office.world.database.read() as tx:
        vera = await tx.operators.find("vera")
    assert vera is not None
    there = desk(office, vera.id)
    await there.see()
    await browser.post("/inbox/presence", {"away": "yes"})
    await office.hear("hello there")
    await there.see()
    assert await there.assign() == 0
    await browser.post("/inbox/presence", {"away": "no"})
    office.world.wait(minutes=2)
    assert await desk(office).assign() == 0
    await there.see()
    assert await there.assign() == 1


async def test_what_somebody_has_is_left_with_them(sqlite_office: Office) -> None:
    office = sqlite_office
    vera, oleg = await office.operator("vera"), await office.operator("oleg")
    await office.hear("hello there")
    browser = await office.signed_in("oleg")
    await browser.post(f"{await office.path()}/assign", {"assignee": "me"})
    there = desk(office, vera)
    await there.see()
    assert await there.assign() == 0
    assert await assignee(office, ANNA) == oleg


async def test_one_process_at_a_time_assigns(sqlite_office: Office) -> None:
    office = sqlite_office
    vera = await office.operator("vera")
    await office.hear("hello there")
    async with office.world.database.write() as tx:
        until = office.world.now + timedelta(seconds=20)
        await tx.leases.claim("assign", "another", office.world.now, until)
    there = desk(office, vera)
    await there.see()
    assert await there.assign() == 0
