"""Group commit: everybody waits for the commit, one poisoned event harms nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import pytest
from sqlalchemy import text

from core.content import Content
from core.ids import EventKey, UserId
from core.inbound import Inbound, Said
from dialogues.changes import Answer
from dialogues.intake import BATCH, QUEUE, Intake, Overloaded
from dialogues.receive import Received
from storage.database import Database
from storage.errors import Unavailable
from tests.world import NOW, TG, World, count, opened


def intake_of(world: World, database: Database | None = None) -> tuple[Intake, list[Received]]:
    committed: list[Received] = []

    def number(_now: datetime) -> int:
        return next(world.numbers)

    used = database or world.database
    return Intake(used, world.catalog, number, lambda: NOW, committed.append), committed


@asynccontextmanager
async def running(intake: Intake) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(intake.run())
        try:
            yield
        finally:
            task.cancel()


def said(number: int, user: int = 5550001, text: str = "hello") -> Inbound:
    return Inbound(TG, UserId(str(user)), EventKey(f"k{number}"), NOW, Said(Content(text), "m"))


def poison(number: int) -> Inbound:
    """An event that no decision knows."""
    return Inbound(TG, UserId("666"), EventKey(f"k{number}"), NOW, object())  # type: ignore[arg-type]


async def test_what_waits_together_is_committed_together(world: World) -> None:
    intake, committed = intake_of(world)
    waiting = [asyncio.ensure_future(intake.submit([said(n, 5550000 + n)])) for n in range(300)]
    await asyncio.sleep(0)
    async with running(intake):
        answers = await asyncio.gather(*waiting)
    assert {answer.status for (answer,) in answers} == {"taken"}
    assert len(committed) == 2
    assert len(committed[0].answers) == BATCH


async def test_one_poisoned_event_is_put_aside_and_the_batch_goes_on(world: World) -> None:
    intake, _ = intake_of(world)
    inbounds = [poison(n) if n == 13 else said(n, 5550000 + n) for n in range(40)]
    waiting = [
        asyncio.ensure_future(intake.submit([one], f"body {n}".encode()))
        for n, one in enumerate(inbounds)
    ]
    await asyncio.sleep(0)
    async with running(intake):
        answers = [answer for (answer,) in await asyncio.gather(*waiting)]
    assert [n for n, answer in enumerate(answers) if answer.status == "rejected"] == [13]
    assert {answer.status for n, answer in enumerate(answers) if n != 13} == {"taken"}
    async with world.database.read() as tx:
        assert await count(tx, "messages") == 39
        (rejected,) = await tx.events.rejected()
    assert (rejected.body, rejected.key) == (b"body 13", "k13")


async def test_a_value_that_the_database_refuses_is_put_aside_too(world: World) -> None:
    intake, _ = intake_of(world)
    bad = Inbound(
        TG, UserId("5550002"), EventKey("k2"), NOW, Said(Content("nul \x00"), "m" + "\x00")
    )
    async with running(intake):
        answers = await asyncio.gather(intake.submit([said(1)]), intake.submit([bad], b"raw"))
    expected = "taken" if not world.database.is_postgres else "rejected"
    assert [answer.status for (answer,) in answers] == ["taken", expected]


async def test_both_who_bring_the_same_event_get_an_answer(world: World) -> None:
    intake, _ = intake_of(world)
    async with running(intake):
        answers = await asyncio.gather(intake.submit([said(1)]), intake.submit([said(1)]))
    assert sorted(answer.status for (answer,) in answers) == ["duplicate", "taken"]


async def test_a_full_intake_refuses_at_once_and_takes_nothing(world: World) -> None:
    intake, _ = intake_of(world)
    waiting = [asyncio.ensure_future(intake.submit([said(n)])) for n in range(QUEUE)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await intake.submit([said(QUEUE)])
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_without_a_database_nobody_is_told_that_it_was_taken(world: World) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    intake, committed = intake_of(world, nowhere)
    async with running(intake):
        with pytest.raises(Unavailable):
            await intake.submit([said(1)])
    assert committed == []
    await nowhere.close()


async def test_stopping_finishes_what_was_handed_in(world: World) -> None:
    intake, _ = intake_of(world)
    waiting = [asyncio.ensure_future(intake.submit([said(n)])) for n in range(5)]
    await asyncio.sleep(0)
    await intake.drain()
    assert await asyncio.gather(*waiting) == [(Answer("taken"),)] * 5
    with pytest.raises(Overloaded):
        await intake.submit([said(9)])


async def test_a_caller_who_gave_up_does_not_stop_the_batch(world: World) -> None:
    intake, _ = intake_of(world)
    gone = asyncio.ensure_future(intake.submit([said(1)]))
    stays = asyncio.ensure_future(intake.submit([said(2)]))
    await asyncio.sleep(0)
    gone.cancel()
    async with running(intake):
        assert (await stays)[0].status == "taken"
    with suppress(asyncio.CancelledError):
        await gone


async def test_two_nodes_that_take_the_same_peoples_events_do_not_disturb_each_other(
    postgresql_url: str,
) -> None:
    """Row locks order what happens to one address; whoever loses a deadlock tries again."""
    async with opened(postgresql_url) as world, opened(postgresql_url) as other:
        other.numbers = world.numbers
        one, _ = intake_of(world)
        two, _ = intake_of(other)
        people = [5550000 + number for number in range(12)]
        events = [
            Inbound(
                TG, UserId(str(user)), EventKey(f"k{turn}-{user}"), NOW,
                Said(Content("STOP" if turn % 5 == 4 else "hello"), f"m{turn}-{user}"),
            )
            for turn in range(20)
            for user in people
        ]  # fmt: skip
        async with running(one), running(two):
            answers = await asyncio.gather(
                *(one.submit([event]) for event in events),
                *(two.submit([event]) for event in reversed(events)),
            )
        statuses = [answer.status for (answer,) in answers]
        assert sorted(set(statuses)) == ["duplicate", "taken"]
        assert statuses.count("taken") == len(events)
        async with world.database.read() as tx:
            stored = await tx.sql.run(text("SELECT count(*) FROM messages WHERE direction = 'in'"))
            assert stored.scalar() == len(events)
