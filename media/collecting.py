"""Fetching what contacts send: at once, since the links of most messengers soon lead nowhere."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from core.content import Media
from core.ids import AccountId, AddressId
from media.library import Library, NotFetched, TooLarge
from media.store import StoreFailed
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.files import MissingFile

log = logging.getLogger(__name__)

_AT_ONCE = 8
_LEASE = timedelta(minutes=5)
_SECONDS = 240.0
_NAP = 2.0
_DELAYS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5))
"""Between tries; after the last one a person may ask for another."""

Fetch: TypeAlias = Callable[[AccountId, Media], Awaitable[AsyncIterator[bytes]]]
"""Opens a file of a contact at the messenger. Raises NotFetched, also while it is read."""


class Collector:
    def __init__(
        self,
        database: Database,
        library: Library,
        fetch: Fetch,
        clock: Callable[[], datetime],
        settled: Callable[[AddressId], None] = lambda _: None,
    ) -> None:
        """`settled` is told where a file has come, or will not."""
        self._database = database
        self._library = library
        self._fetch = fetch
        self._clock = clock
        self._settled = settled
        self._wake = asyncio.Event()
        self._under_way = 0
        self.stored = 0
        self.failed = 0

    def wake(self) -> None:
        """Something with a file was said."""
        self._wake.set()

    async def run(self) -> None:
        """A place that becomes free is taken at once, however slow the other files are."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                due = await self._take(_AT_ONCE - self._under_way)
                for one in due:
                    self._under_way += 1
                    group.create_task(self._bring(one)).add_done_callback(self._freed)
                if due:
                    continue
                try:
                    async with asyncio.timeout(_NAP):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def fetch_due(self) -> int:
        """Fetch some that are due, each to its end; how many were tried."""
        due = await self._lease(_AT_ONCE)
        await asyncio.gather(*(self._bring(one) for one in due))
        return len(due)

    def _freed(self, _: object) -> None:
        self._under_way -= 1
        self.wake()

    async def _take(self, most: int) -> list[MissingFile]:
        try:
            return await self._lease(most) if most else []
        except (Unavailable, Contended) as error:
            log.warning("files wait", extra={"error": type(error).__name__})
            return []

    async def _lease(self, most: int) -> list[MissingFile]:
        now = self._clock()
        async with self._database.read() as tx:
            if not await tx.files.has_missing(now):
                return []
        async with self._database.write() as tx:
            return await tx.files.lease(now, now + _LEASE, most)

    async def _bring(self, one: MissingFile) -> None:
        """Never fails: what could not be noted is fetched anew when its lease ends."""
        try:
            digest, may_come = await self._get(one)
            await self._settle(one, digest, may_come)
        except (Unavailable, Contended) as error:
            self._say(one, type(error).__name__)
        except Exception:
            log.exception("a file could not be settled", extra={"account": one.account})

    async def _get(self, one: MissingFile) -> tuple[str | None, bool]:
        """Its digest once it is kept; without one, whether another try makes sense."""
        try:
            async with asyncio.timeout(_SECONDS):
                file = await self._library.keep(await self._fetch(one.account, one.media))
            return file.digest, True
        except NotFetched as error:
            self._say(one, error.code)
            return None, error.may_come
        except TooLarge as error:
            self._say(one, error.code)
            return None, False
        except (StoreFailed, TimeoutError, Unavailable, Contended) as error:
            self._say(one, type(error).__name__)
        except Exception:
            log.exception("a file could not be fetched", extra={"account": one.account})
        return None, True

    async def _settle(self, one: MissingFile, digest: str | None, may_come: bool) -> None:
        again = one.attempts < len(_DELAYS) and may_come and digest is None
        again_at = self._clock() + _DELAYS[one.attempts] if again else None
        async with self._database.write() as tx:
            await tx.files.settle(one, self._clock(), digest=digest, again_at=again_at)
        self.stored += digest is not None
        self.failed += digest is None and not again
        if not again:
            self._settled(one.address)

    def _say(self, one: MissingFile, error: str) -> None:
        extra = {"account": one.account, "of": one.message, "error": error}
        log.warning("a file did not come", extra=extra)
