"""The worker that makes new messages findable, a moment after they came."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
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
        # Worked out before anybody has to wait for it.
        stems = {text: words(text) for text in (*(one.text for one in found), *about.values())}

        async def write(tx: Tx) -> int:
            if await tx.leases.claim("search", self._owner, now, now + _LEASE) is None:
                return 0
            await tx.search.alone()
            # Who was erased meanwhile, or changed what they said, is not found by what was read.
            texts = await tx.search.take([one.id for one in found])
            people = await tx.search.about(about)
            rows = [(one.id, one.address, texts[one.id]) for one in found if one.id in texts]
            await tx.search.add([(id_, at, _stems(text, stems)) for id_, at, text in rows])
            await tx.search.put([(at, _stems(text, stems)) for at, text in sorted(people.items())])
            await tx.search.move(max(mark, min(newest, settled)))
            return len(rows)

        return await self._database.transact(write)

    async def _catch_up(self, mark: int, settled: int) -> int:
        """Nothing is new: once an hour the mark moves on, so that little is read each time."""
        if settled - mark > _HOUR:
            async with self._database.write() as tx:
                await tx.search.move(settled)
        return 0


def _stems(text: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return known[text] if text in known else words(text)


async def _read(tx: Tx) -> tuple[int, list[Unread], dict[AddressId, str]]:
    """Up to where all is known, one batch of what is not, and what its people are called."""
    mark = await tx.search.mark()
    found = await tx.search.unread(mark, _AT_ONCE)
    return mark, found, await tx.search.about({one.address for one in found}) if found else {}
