"""Timers and calls go on, whatever the database or the intake does for a moment."""

from datetime import datetime, timedelta
from typing import Any

from dialogues.changes import Answer
from dialogues.clockwork import Timers, tidy
from dialogues.intake import Intake, Overloaded
from storage.errors import Unavailable
from tests.world import World, count


class Refusing(Intake):
    """An intake that takes nothing, or puts everything aside."""

    def __init__(self, world: World, outcome: Exception | Answer) -> None:
        def number(_now: datetime) -> int:
            return next(world.numbers)

        super().__init__(world.database, world.catalog, number, lambda: world.now, lambda _: None)
        self._outcome = outcome

    async def submit(self, inbounds: Any, body: bytes = b"") -> tuple[Answer, ...]:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return (self._outcome,) * len(inbounds)


async def test_a_timer_that_cannot_be_handed_in_fires_later(world: World) -> None:
    await world.come()
    world.wait(hours=24, seconds=1)
    for trouble in (Overloaded("full"), Unavailable("restarting")):
        timers = Timers(world.database, Refusing(world, trouble), lambda: world.now)
        assert await timers.fire_due() == 0
    assert await world.fire_timers() == 1
    assert "Thank you" in await world.said()


async def test_a_timer_that_was_put_aside_does_not_come_up_again(world: World) -> None:
    await world.come()
    world.wait(hours=24, seconds=1)
    timers = Timers(world.database, Refusing(world, Answer("rejected")), lambda: world.now)
    await timers.fire_due()
    async with world.database.read() as tx:
        due = await tx.timers.due(world.now + timedelta(days=1), 10, world.catalog.accounts)
    assert due == []


async def test_timers_of_an_account_that_is_away_hold_nobody_up(world: World) -> None:
    await world.come()
    world.wait(hours=24, seconds=1)
    async with world.database.read() as tx:
        assert await tx.timers.due(world.now, 10, ["another"]) == []  # type: ignore[list-item]


async def test_a_redelivery_is_known_for_a_week_whatever_is_tidied_up(world: World) -> None:
    await world.say("Is it here?", key="once")
    for _ in range(7):
        world.wait(hours=24)
        await tidy(world.database, world.now)
        assert (await world.say("Is it here?", key="once")).status == "duplicate"
    world.wait(hours=24 * 2)
    await tidy(world.database, world.now)
    async with world.database.read() as tx:
        assert await count(tx, "event_keys") == 0
