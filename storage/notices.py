"""A word between processes on one PostgreSQL: what was committed just now.

It only saves the others from waiting for their next look; whoever misses it finds the same.
"""

import json
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import func, select

from core.ids import AccountId, AddressId
from storage.sql import Sql

CHANNEL = "parley"
# PostgreSQL takes less than 8,000 bytes; an id has up to 19 digits.
_MOST_NAMED = 200
MOST_SIGHTINGS = 150
"""In one notice."""


Sighting: TypeAlias = tuple[int, int, bool]
"""(conversation, operator, whether they are typing)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`accounts` have sends queued; `addresses` changed, too many to name where `is_more`.

    `sightings`: who has which conversation before them; these come in notices of their own.
    """

    process: str
    accounts: tuple[AccountId, ...] = ()
    addresses: tuple[AddressId, ...] = ()
    is_more: bool = False
    has_files: bool = False
    sightings: tuple[Sighting, ...] = ()

    def dump(self) -> str:
        named = self.addresses[:_MOST_NAMED]
        is_more = self.is_more or len(named) < len(self.addresses)
        told = [self.process, self.accounts, named, is_more, self.has_files]
        # A process of an earlier version reads five things, and passes over what has six.
        return json.dumps([*told, self.sightings] if self.sightings else told)

    @classmethod
    def load(cls, text: str) -> "Notice":
        process, accounts, addresses, is_more, has_files, *more = json.loads(text)
        sightings = tuple((int(a), int(b), bool(c)) for a, b, c in more[0]) if more else ()
        return cls(process, tuple(accounts), tuple(addresses), is_more, has_files, sightings)


class Notices:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def tell(self, notice: Notice) -> None:
        """Heard by every other process once this transaction commits; nobody on SQLite."""
        if self._sql.is_postgres:
            await self._sql.run(select(func.pg_notify(CHANNEL, notice.dump())))
