"""The server's clock: the database's time, so that all its processes mean the same."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from server.clock import utc_now
from storage.database import Database
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

_WORTH_A_WORD = timedelta(seconds=2)


class Clock:
    """This machine's clock, put right by what PostgreSQL's said when they were last compared.

    Leases, expiry and the order of ids are judged by it: a node whose own clock is wrong would
    send what has expired, or take a lease that is another's. SQLite's clock is this machine's.
    """

    def __init__(self, read: Callable[[], datetime] = utc_now) -> None:
        self._read = read
        self.ahead = timedelta()
        """How far the database's clock is ahead of this machine's."""

    def __call__(self) -> datetime:
        return self._read() + self.ahead

    async def agree(self, database: Database) -> None:
        """Compare again. Where the database does not answer, what was found before stays."""
        if not database.is_postgres:
            return
        try:
            async with database.read() as tx:
                await tx.leases.time()  # Whatever the connection had to do first is done.
                before = self._read()
                told = await tx.leases.time()
                after = self._read()
        except (Unavailable, Contended) as error:
            log.warning("clock not compared", extra={"error": type(error).__name__})
            return
        # An answer took this long; closer than that the two cannot be told apart.
        doubt = (after - before) / 2
        ahead = told - (before + doubt)
        if abs(ahead - self.ahead) <= doubt:
            return
        if abs(ahead - self.ahead) >= _WORTH_A_WORD:
            seconds = round(ahead.total_seconds(), 3)
            log.warning("this machine's clock is not the database's", extra={"ahead": seconds})
        self.ahead = ahead
