"""Answers to presses: at once, ahead of everything, never stored, dropped when they are late."""

import asyncio
import logging
from collections.abc import Mapping

from bots.contract import Bot
from core.ids import AccountId
from dialogues.changes import Acknowledge

log = logging.getLogger(__name__)

_MOST_WAITING = 1000
_WORKERS = 16
_LATE_AFTER = 10.0


class Acknowledger:
    """A late answer is worthless: the messenger has given up showing that it waits."""

    def __init__(self, bots: Mapping[AccountId, Bot]) -> None:
        self._bots = bots
        self._queue: asyncio.Queue[tuple[float, Acknowledge]] = asyncio.Queue(_MOST_WAITING)
        self.dropped = 0

    def put(self, acknowledge: Acknowledge) -> None:
        """Called right after the commit; never waits."""
        try:
            self._queue.put_nowait((asyncio.get_running_loop().time(), acknowledge))
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(_WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            since, acknowledge = await self._queue.get()
            if asyncio.get_running_loop().time() - since > _LATE_AFTER:
                self.dropped += 1
                continue
            bot = self._bots.get(acknowledge.account)
            if bot is None:
                continue
            try:
                async with asyncio.timeout(_LATE_AFTER):
                    await bot.acknowledge(acknowledge.press, acknowledge.text)
            except TimeoutError:
                self.dropped += 1
            except Exception:
                log.exception("press not answered", extra={"account": acknowledge.account})
