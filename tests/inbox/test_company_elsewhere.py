"""Operators at different processes on one PostgreSQL see each other."""

import asyncio

from core.ids import ConversationId, OperatorId
from inbox.presence import Company, Presence
from storage.database import Database
from storage.listening import Listener
from tests.world import NOW

HERE, VERA, BORIS = ConversationId(7), OperatorId(1), OperatorId(2)


async def test_who_types_there_is_seen_here(postgresql_url: str) -> None:
    mine, theirs = Presence(lambda: NOW, "mine"), Presence(lambda: NOW, "theirs")
    woken, is_there = asyncio.Event(), asyncio.Event()
    listener = asyncio.ensure_future(
        Listener(postgresql_url, lambda notice: mine.heard(notice.sightings)).run(is_there.set)
    )
    database = Database(postgresql_url)
    try:
        async with asyncio.timeout(60):
            await is_there.wait()
            with mine.reading(HERE, VERA, woken.set):
                woken.clear()
                theirs.types(HERE, BORIS)
                async with database.read() as tx:
                    await theirs.tell(tx, (HERE, BORIS))
                await woken.wait()
                assert mine.company(HERE, VERA) == Company((BORIS,), (BORIS,))
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        await database.close()
