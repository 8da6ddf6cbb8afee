"""An alert is claimed by one process, once for what it tells of."""

from datetime import timedelta
from typing import Any

import pytest

from core.alerts import MOST_TRIES, Key, Kind, Told, Way
from core.ids import OperatorId
from core.roles import Role
from storage.erasure import erase_person
from storage.operators import Operator
from tests.world import NOW, World, opened

VERA = OperatorId(5)
MINUTE = timedelta(minutes=1)


async def _key(world: World) -> Key:
    """Of a conversation in which somebody waits."""
    await world.say("Hello")
    address = await world.address()
    async with world.database.write() as tx:
        await tx.operators.add(Operator(VERA, "vera", "Vera", "x", NOW, role=Role.OPERATOR))
        conversation = (await tx.conversations.load([address.id]))[address.id]
    return conversation.id, VERA, Way.MAIL, Kind.LATE


async def _claim(world: World, key: Key, **later: Any) -> bool:
    now, mark = later.get("now", NOW), later.get("mark", NOW)
    async with world.database.write() as tx:
        won = await tx.alerts.claim([(key, mark)], now, now + MINUTE)
    assert won <= {key}
    return bool(won)


async def test_of_one_wait_it_is_claimed_once(database_url: str) -> None:
    async with opened(database_url) as world:
        key = await _key(world)
        assert [await _claim(world, key) for _ in range(3)] == [True, False, False]
        assert await _claim(world, key, mark=NOW + MINUTE)
        assert not await _claim(world, key, mark=NOW)


@pytest.mark.parametrize(
    ("outcome", "is_again"),
    [
        pytest.param(None, True, id="a process that died tells nothing: another may"),
        pytest.param(("sent", None), False, id="it was sent"),
        pytest.param(("put_off", NOW + MINUTE), True, id="it failed for now"),
    ],
)
async def test_what_is_not_done_is_tried_again_so_often(
    database_url: str, outcome: Any, is_again: bool
) -> None:
    async with opened(database_url) as world:
        key = await _key(world)
        assert await _claim(world, key)
        if outcome is not None:
            async with world.database.write() as tx:
                await tx.alerts.record([(key, NOW, *outcome)])
        tries = [await _claim(world, key, now=NOW + n * MINUTE) for n in range(1, 6)]
        assert sum(tries) == (MOST_TRIES - 1 if is_again else 0)
        async with world.database.read() as tx:
            known = (await tx.alerts.told([key[0]]))[key]
            last = await tx.alerts.last(NOW - MINUTE)
        assert known.attempts == (MOST_TRIES if is_again else 1)
        assert last == {(VERA, Way.MAIL, Kind.LATE): known.at}


async def test_an_outcome_that_comes_late_is_not_that_of_a_later_wait(database_url: str) -> None:
    async with opened(database_url) as world:
        key, later = await _key(world), NOW + MINUTE
        await _claim(world, key)
        await _claim(world, key, now=later, mark=later)
        async with world.database.write() as tx:
            await tx.alerts.record([(key, NOW, "sent", None)])
        async with world.database.read() as tx:
            assert (await tx.alerts.told([key[0]]))[key] == Told(later, later, 1, later + MINUTE)


async def test_old_ones_are_forgotten(database_url: str) -> None:
    async with opened(database_url) as world:
        key = await _key(world)
        await _claim(world, key)
        for before, left in ((NOW, 1), (NOW + MINUTE, 0)):
            async with world.database.write() as tx:
                await tx.alerts.forget(before, 10)
                assert len(await tx.alerts.told([key[0]])) == left


async def test_an_erasure_takes_along_what_was_told_of_the_person(database_url: str) -> None:
    async with opened(database_url) as world:
        key = await _key(world)
        await _claim(world, key)
        address = await world.address()
        async with world.database.write() as tx:
            await erase_person(tx, address.contact, world.numbers, NOW)
        async with world.database.read() as tx:
            assert await tx.alerts.told([key[0]]) == {}
