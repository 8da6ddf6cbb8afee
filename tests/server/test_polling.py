"""Polling goes on where events were last taken, also after the process has ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import pytest

from bots.contract import Bot, Gate, Incoming, Take
from core.content import Content
from core.ids import AccountId, EventKey
from core.inbound import Inbound, Said
from dialogues.intake import Intake
from server.polling import poll
from tests.world import ANNA, NOW, TG, World, opened
from webhooks.routes import Endpoint, Webhooks


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened(database_url) as world:
        yield world


class Messenger(Bot):
    """Holds numbered events and forgets none; a place is the number of the last one taken."""

    def __init__(self, *events: int) -> None:
        self.events = events
        self.asked: list[str] = []
        self.is_over = asyncio.Event()

    async def poll(self, take: Take, place: str = "") -> None:
        self.asked.append(place)
        try:
            for number in self.events:
                if number > int(place or 0):
                    await take([str(number).encode()], str(number))
        finally:
            self.is_over.set()
        await asyncio.Event().wait()

    send = identify = set_webhook = webhook_status = close = None  # type: ignore[assignment]


def _parse(account: AccountId, body: bytes, now: datetime) -> Sequence[Inbound]:
    text = body.decode()
    return [Inbound(account, ANNA, EventKey(text), now, Said(Content(text), f"m{text}"))]


async def run(world: World, messenger: Messenger, *, takes: bool = True) -> None:
    """One that polls until the messenger has told all, and then ends."""
    intake = Intake(
        world.database, world.catalog, lambda _: next(world.numbers), lambda: NOW, lambda _: None
    )
    incoming = Incoming(verify=lambda *_: None, parse=_parse)
    webhooks = Webhooks({TG: Endpoint(TG, incoming, Gate("s"))}, intake, lambda: NOW)
    if not takes:
        await intake.drain()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        work = (intake.run(), poll(TG, messenger, webhooks, world.database))
        tasks = [group.create_task(one) for one in work]
        await messenger.is_over.wait()
        for task in tasks:
            task.cancel()


async def place(world: World) -> str:
    async with world.database.read() as tx:
        return await tx.places.find(TG)


async def test_what_came_while_no_process_ran_is_taken_once(world: World) -> None:
    for messenger, asked in ((Messenger(1, 2), ""), (Messenger(1, 2, 3), "2")):
        await run(world, messenger)
        assert messenger.asked == [asked]
    assert await place(world) == "3"
    assert [message.external_id for message in await world.messages()] == ["m1", "m2", "m3"]


async def test_what_was_not_committed_is_fetched_again(world: World) -> None:
    await run(world, Messenger(1), takes=False)
    assert await place(world) == ""
