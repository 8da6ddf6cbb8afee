"""The worker that makes new messages findable, a moment after they came."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from core.ids import AddressId
from inbox.search_words import words
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.ids import EPOCH, floor
from storage.search import Unread
from storage.tx import Tx

log = logging.getLogger(__name__)

_AT_ONCE = 500
_EVERY = 1.0
_SETTLED = timedelta(minutes=1)
"""No transaction takes longer: an id older than this that is not there never comes."""
_LEASE = timedelta(seconds=30)
_HOUR = floor(EPOCH + timedelta(hours=1))


class Indexer:
    """One process at a time does it; `owner` is this one's name."""

    def __init__(self, database: Database, owner: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                done = await self.index()
            except (Unavailable, Contended) as error:
                log.warning("the search waits", extra={"error": error.code})
                done = 0
            if done < _AT_ONCE:
                await asyncio.sleep(_EVERY)

    async def index(self) -> int:
        """Read what is new, at most one batch; how many that were."""
        now = self._clock()
        settled = floor(now - _SETTLED)
        mark, found, about = await self._database.look(_read)
        if not found:
            return await self._catch_up(mark, settled)
        newest = max(one.id for one in found)
        rows = [(one.id, one.address, words(one.text)) for one in found]
        people = [(address, words(text)) for address, text in sorted(about.items())]

        async def write(tx: Tx) -> int:
            if await tx.leases.claim("search", self._owner, now, now + _LEASE) is None:
                return 0
            await tx.search.add(rows)
            await tx.search.put(people)
            await tx.search.move(max(mark, min(newest, settled)))
            return len(rows)

        return await self._database.transact(write)

    async def _catch_up(self, mark: int, settled: int) -> int:
        """Nothing is new: once an hour the mark moves on, so that little is read each time."""
        if settled - mark > _HOUR:
            async with self._database.write() as tx:
                await tx.search.move(settled)
        return 0


async def _read(tx: Tx) -> tuple[int, list[Unread], dict[AddressId, str]]:
    """Up to where all is known, one batch of what is not, and what its people are called."""
    mark = await tx.search.mark()
    found = await tx.search.unread(mark, _AT_ONCE)
    return mark, found, await tx.search.about({one.address for one in found}) if found else {}
