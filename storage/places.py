"""How far the events of each account that we poll have been taken."""

from sqlalchemy import select

from core.ids import AccountId
from storage.sql import Sql
from storage.tables import polling_places


class Places:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def find(self, account: AccountId) -> str:
        """As its messenger names it; "" where it was never polled."""
        rows = await self._sql.run(
            select(polling_places.c.place).where(polling_places.c.account == account)
        )
        return rows.scalar() or ""

    async def keep(self, account: AccountId, place: str) -> None:
        row = {"account": account, "place": place}
        await self._sql.upsert_many(polling_places, [row], keys=("account",))
