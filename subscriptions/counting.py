"""Counting what is seen and pressed: gathered here, added to the database now and then."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from core.ids import AccountId, SiteId
from core.places import LONGEST
from storage.database import Database
from storage.errors import BadData, Contended, Unavailable
from storage.tallies import Seen, Tally

log = logging.getLogger(__name__)
_EVERY = 5.0
_MOST_KINDS = 2000
_MOST_PLACES = 1000
"""Of one site on one day; what comes beyond them is counted together."""
ELSEWHERE = "*"


class Counting:
    """Counts of no person. What a process that is killed has not added yet is lost."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._counted: Counter[Tally] = Counter()
        self._places: dict[tuple[SiteId, str], set[str]] = {}
        self._day: date | None = None

    def count(
        self, site: SiteId, source: str, place: str, what: Seen, account: AccountId | None = None
    ) -> None:
        day = self._clock().date()
        tally = Tally(day, site, source, self._known(day, site, source, place), account, what)
        # Whoever makes up pages without end fills no memory.
        if tally in self._counted or len(self._counted) < _MOST_KINDS:
            self._counted[tally] += 1

    def _known(self, day: date, site: SiteId, source: str, place: str) -> str:
        """Whoever makes up pages without end fills no table either."""
        if day != self._day:
            self._day, self._places = day, {}
        places = self._places.setdefault((site, source), set())
        if len(places) < _MOST_PLACES:
            places.add(place[:LONGEST])
        return place[:LONGEST] if place[:LONGEST] in places else ELSEWHERE

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(_EVERY)
                await self.flush()
        finally:
            # The server stops: nobody is served any more, and the database is still open.
            await self.flush()

    async def flush(self) -> None:
        """Add what has gathered; what cannot be added now stays for the next time."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            await self._database.transact(lambda tx: tx.tallies.add(counted))
        except (Unavailable, Contended) as error:
            self._counted.update(counted)
            log.warning("counts wait for the database", extra={"error": error.code})
        except BadData:
            log.warning("counts were given up", extra={"kinds": len(counted)})
