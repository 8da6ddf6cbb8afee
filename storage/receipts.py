"""What platforms tell about a send of ours, before or after we recorded it ourselves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Executable, delete, select

from core.ids import AccountId
from core.messages import Status, climb
from storage.sql import Sql
from storage.tables import receipts

Told = tuple[AccountId, str, Status, datetime]
"""Account, external id, DELIVERED or READ, the platform's time."""


class Receipts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def tell(self, told: Sequence[Told]) -> None:
        """Keep the greater status of each (account, external id)."""
        if not told:
            return
        best: dict[tuple[str, str], tuple[Status, datetime]] = {}
        known = await self.known((account, external) for account, external, _, _ in told)
        for account, external, status, at in sorted(told, key=lambda one: (one[0], one[1], one[3])):
            before = best.get((account, external)) or known.get((account, external))
            if before is None or climb(before[0], status) is not before[0]:
                best[account, external] = (status, at)
        await self._sql.upsert_many(
            receipts,
            [
                {"account": account, "external_id": external, "status": status, "at": at}
                for (account, external), (status, at) in sorted(best.items())
            ],
            keys=("account", "external_id"),
        )

    async def known(
        self, keys: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], tuple[Status, datetime]]:
        wanted = sorted(set(keys))
        rows = await self._sql.ask(_told, keys=wanted) if wanted else ()
        return {(r.account, r.external_id): (Status(r.status), r.at) for r in rows}

    async def forget(self, before: datetime) -> None:
        await self._sql.run(delete(receipts).where(receipts.c.at < before))


def _told(sql: Sql) -> Executable:
    return select(receipts).where(
        sql.listed_pairs(receipts.c.account, receipts.c.external_id, "keys")
    )
