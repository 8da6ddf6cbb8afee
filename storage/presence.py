"""Who has the inbox open, on any node, and who says to be away all the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from core.conversations import ConversationState
from core.ids import OperatorId
from storage.sql import Sql
from storage.tables import conversations, operators, presence


@dataclass(frozen=True, slots=True)
class Present:
    """An operator who is there, and how many open conversations they have."""

    operator: OperatorId
    load: int


class Presences:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def see(self, ids: Iterable[OperatorId], now: datetime) -> None:
        """These have a page open; being away stays as it was."""
        rows = [{"operator_id": id_, "seen_at": now, "is_away": False} for id_ in sorted(set(ids))]
        await self._sql.upsert_many(presence, rows, keys=("operator_id",), fixed=("is_away",))

    async def set_away(self, operator: OperatorId, *, is_away: bool, now: datetime) -> None:
        await self.see([operator], now)
        mine = presence.c.operator_id == operator
        await self._sql.run(update(presence).where(mine).values(is_away=is_away))

    async def is_away(self, operator: OperatorId) -> bool:
        mine = presence.c.operator_id == operator
        return bool((await self._sql.run(select(presence.c.is_away).where(mine))).scalar())

    async def present(self, since: datetime) -> list[Present]:
        """Those who were seen since then and are not away, with their open conversations."""
        load = (
            select(func.count())
            .where(
                conversations.c.assignee_id == presence.c.operator_id,
                conversations.c.state == ConversationState.OPEN,
            )
            .scalar_subquery()
        )
        rows = await self._sql.run(
            select(presence.c.operator_id, load.label("load"))
            .join(operators, operators.c.id == presence.c.operator_id)
            .where(
                presence.c.seen_at >= since,
                ~presence.c.is_away,
                operators.c.disabled_at.is_(None),
            )
            .order_by(presence.c.operator_id)
        )
        return [Present(row.operator_id, row.load) for row in rows]
