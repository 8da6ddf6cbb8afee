"""How often subscribe buttons were seen and pressed, by day and place. Of no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from core.ids import AccountId, SiteId
from storage.sql import Sql
from storage.tables import tallies


class Seen(StrEnum):
    SHOWN = "shown"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted. `day` in UTC; `source` and `place` as in a link; `account` "" for all."""

    day: date
    site: SiteId
    source: str
    place: str
    account: AccountId | None
    what: Seen


class Tallies:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, counted: Mapping[Tally, int]) -> None:
        """Add to what was counted before: whoever counts gathers first, and adds now and then."""
        # In one order everywhere, so that two processes never wait for each other.
        ordered = sorted(counted.items(), key=lambda pair: _key(pair[0]))
        rows = [
            dict(zip(_KEYS, _key(tally), strict=True), many=many) for tally, many in ordered if many
        ]
        await self._sql.add_up(tallies, rows, keys=_KEYS, amounts=("many",))

    async def since(self, day: date, site: SiteId | None = None) -> dict[Tally, int]:
        statement = select(tallies).where(tallies.c.day >= day.isoformat())
        if site is not None:
            statement = statement.where(tallies.c.site == site)
        rows = await self._sql.run(statement)
        return {
            Tally(
                date.fromisoformat(row.day),
                SiteId(row.site),
                row.source,
                row.place,
                AccountId(row.account) if row.account else None,
                Seen(row.what),
            ): row.many
            for row in rows
        }


_KEYS = ("day", "site", "source", "place", "account", "what")


def _key(tally: Tally) -> tuple[str, ...]:
    place = tally.place[:200]
    return (
        tally.day.isoformat(),
        tally.site,
        tally.source,
        place,
        tally.account or "",
        tally.what.value,
    )
