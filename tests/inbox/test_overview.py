"""The overview: right numbers, in both databases, readable without the plots."""

from datetime import UTC, datetime, timedelta

from core.content import Content
from core.ids import AccountId, MessageId, OperatorId
from core.inbound import OperatorSaid
from core.messages import Direction
from core.roles import Role
from inbox.overview import answer_times, per_day, per_hour
from storage.figures import Acts, Answered, Told
from storage.ids import Ids
from tests.inbox.office import Office
from tests.world import BORIS, NOW, TG, World

TITLES = {TG: "Telegram", AccountId("quiet"): "Quiet"}


def test_messages_by_the_hour_have_a_point_for_every_hour() -> None:
    told = [
        Told(NOW, TG, Direction.IN, 3),
        Told(NOW - timedelta(hours=47), TG, Direction.IN, 1),
        Told(NOW, TG, Direction.OUT, 9),
    ]
    plot = per_hour(told, TITLES, Direction.IN, NOW + timedelta(minutes=40))
    assert len(plot.times) == 48
    [(name, values)] = plot.series
    assert (name, values[0], values[-1], sum(filter(None, values))) == ("Telegram", 1, 3, 4)
    assert [time for time, _ in plot.rows] == [NOW, NOW - timedelta(hours=47)]


def test_who_joined_and_who_left_are_told_apart() -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    acts = [
        Acts(day, TG, "subscribe", 2),
        Acts(day, TG, "resubscribe", 1),
        Acts(day, TG, "block", 4),
        Acts(day, TG, "out_of_order", 7),
    ]
    assert per_day(acts, TITLES, NOW, joined=True).total == 3
    assert per_day(acts, TITLES, NOW, joined=False).total == 4


def test_answer_times_are_the_median_and_the_slowest_tenth() -> None:
    minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    answered = [Answered(NOW, one * 60) for one in minutes]
    plot = answer_times(answered, NOW, ("usual", "slow"))
    assert [(name, values[-1]) for name, values in plot.series] == [("usual", 6), ("slow", 10)]
    assert plot.series[0][1][0] is None


async def _live(world: World) -> None:
    ids = Ids(1)
    world.numbers = iter(lambda: ids.next(world.now), None)


async def test_the_page_tells_what_happened(office: Office) -> None:
    world = office.world
    await _live(world)
    await world.come()
    await world.say("STOP")
    await world.say("hello there", user=BORIS)
    world.wait(minutes=12)
    vera = await office.operator("vera", role=Role.SUPERVISOR)
    await world.tell(
        OperatorSaid(OperatorId(vera), Content("Hi"), MessageId(next(world.numbers))), BORIS
    )
    await world.say("and one more thing", user=BORIS)
    async with world.database.read() as tx:
        told = await tx.figures.messages(world.now - timedelta(hours=48))
        acts = await tx.figures.acts(world.now - timedelta(days=30))
        answered = await tx.figures.answers(world.now - timedelta(days=30))
        waiting = await tx.figures.waiting()
    heard = sum(one.many for one in told if one.direction is Direction.IN)
    assert (heard, {one.account for one in told}) == (4, {TG})
    assert {one.hour for one in told} == {NOW}
    assert {one.act for one in acts} >= {"subscribe", "unsubscribe"}
    assert [one.seconds for one in answered] == [12 * 60]
    assert waiting == (1, world.now)
    page = (await (await office.signed_in("vera")).get("/overview")).text
    assert "Minutes to the first answer" in page
    assert "<td>12</td>" in page


async def test_an_empty_overview_says_so(sqlite_office: Office) -> None:
    page = (await (await sqlite_office.signed_in(role=Role.ADMIN)).get("/overview?lang=ru")).text
    assert page.count("За это время пока ничего.") == 6


async def test_operators_do_not_see_everybodys_figures(sqlite_office: Office) -> None:
    await sqlite_office.hear("hello")
    page = (await (await sqlite_office.signed_in()).get("/overview")).seen
    assert "No figures of yours yet" in page
    assert "Open now" not in page
    assert "Joined" not in page
