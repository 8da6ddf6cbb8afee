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
        self.stored = 0
        self.failed = 0

    def wake(self) -> None:
        """Something with a file was said."""
        self._wake.set()

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                fetched = await self.fetch_due()
            except (Unavailable, Contended) as error:
                log.warning("files wait", extra={"error": type(error).__name__})
                fetched = 0
            if fetched:
                continue
            try:
                async with asyncio.timeout(_NAP):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def fetch_due(self) -> int:
        """Fetch some that are due; how many were tried."""
        now = self._clock()
        async with self._database.read() as tx:
            if not await tx.files.has_missing(now):
                return 0
        async with self._database.write() as tx:
            due = await tx.files.lease(now, now + _LEASE, _AT_ONCE)
        await asyncio.gather(*(self._bring(one) for one in due))
        return len(due)

    async def _bring(self, one: MissingFile) -> None:
        digest, may_come = None, True
        try:
            async with asyncio.timeout(_SECONDS):
                file = await self._library.keep(await self._fetch(one.account, one.media))
            digest = file.digest
        except NotFetched as error:
            may_come = error.may_come
            self._say(one, error.code)
        except TooLarge as error:
            may_come = False
            self._say(one, error.code)
        except (StoreFailed, TimeoutError, Unavailable, Contended) as error:
            self._say(one, type(error).__name__)
        except Exception:
            log.exception("a file could not be fetched", extra={"account": one.account})
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
