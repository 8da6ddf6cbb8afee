"""Hearing of other processes, over a connection of its own."""

import asyncio
import logging
from collections.abc import Callable

import asyncpg

from storage.database import driver_url
from storage.notices import CHANNEL, Notice

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 10
_AGAIN_AFTER = 2.0


class Listener:
    """Its connection must not go through a pooler that shares connections."""

    def __init__(self, url: str, heard: Callable[[Notice], None]) -> None:
        """`heard` is called on the loop and must not block."""
        plain = driver_url(url).set(drivername="postgresql")
        self._dsn = plain.render_as_string(hide_password=False)
        self._heard = heard

    async def run(self, listening: Callable[[], None] = lambda: None) -> None:
        """For ever, over lost connections; `listening` is called whenever it is connected."""
        while True:
            try:
                await self._listen(listening)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("notices are not heard", extra={"error": type(error).__name__})
            await asyncio.sleep(_AGAIN_AFTER)

    async def _listen(self, listening: Callable[[], None]) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=_CONNECT_SECONDS)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(CHANNEL, self._take)
            listening()
            await ended.wait()
        finally:
            connection.terminate()

    def _take(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            notice = Notice.load(str(payload))
        except (ValueError, TypeError):
            # Of another version: the others' next look finds what it was about.
            return
        self._heard(notice)
