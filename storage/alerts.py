"""What operators were told while away: a row is claimed and committed before anything is sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Select, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.sql.dml import UpdateBase

from core.alerts import MOST_TRIES, Key, Kind, Told, Waiting, Way
from core.conversations import ConversationState
from core.ids import AccountId, ConversationId, OperatorId
from storage.sql import Sql
from storage.tables import addresses, alerts, conversations

_AT_ONCE = 100
_SAME = ("conversation_id", "operator_id", "way", "kind", "mark")
Last: TypeAlias = dict[tuple[OperatorId, Way, Kind], datetime]


class Alerts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def waiting(self, accounts: Iterable[AccountId], limit: int) -> list[Waiting]:
        """Open conversations where somebody waits; of more than `limit`, whose wait is newest."""
        newest = (conversations.c.waiting_since.desc(), conversations.c.id.desc())
        rows = await self._sql.run(self._waiting(accounts).order_by(*newest).limit(limit))
        return [_waiting(row) for row in rows]

    async def unescalated(self, accounts: Iterable[AccountId], limit: int) -> list[Waiting]:
        """Those of them that were not escalated in this wait, the longest wait first."""
        since, at = conversations.c.waiting_since, conversations.c.escalated_at
        rows = await self._sql.run(
            self._waiting(accounts)
            .where(or_(at.is_(None), at < since))
            .order_by(since, conversations.c.id)
            .limit(limit)
        )
        return [_waiting(row) for row in rows]

    def _waiting(self, accounts: Iterable[AccountId]) -> Select[Any]:
        table = conversations.c
        # Whoever floods us goes on writing while they are muted; it is no news to anybody.
        heard_at = case((addresses.c.muted_until.is_(None), addresses.c.last_inbound_at))
        statement = select(
            table.id,
            table.account,
            table.waiting_since,
            func.coalesce(heard_at, table.last_message_at).label("latest_at"),
            table.unread,
            table.assignee_id,
            table.escalated_at,
        )
        joined = statement.join(addresses, addresses.c.id == table.address_id)
        return joined.where(
            table.state == ConversationState.OPEN,
            table.waiting_since.is_not(None),
            self._sql.among(table.account, sorted(accounts) or [""]),
        )

    async def told(self, ids: Iterable[ConversationId]) -> dict[Key, Told]:
        """What was told of these conversations, to anybody."""
        rows = await self._sql.run(
            select(alerts).where(self._sql.among(alerts.c.conversation_id, sorted(set(ids))))
        )
        return {
            (row.conversation_id, row.operator_id, Way(row.way), Kind(row.kind)): Told(
                row.mark, row.told_at, row.attempts, row.due_at
            )
            for row in rows
        }

    async def last(self, since: datetime) -> Last:
        """When each operator was last told anything by each way, of what was told since then."""
        table = alerts.c
        rows = await self._sql.run(
            select(table.operator_id, table.way, table.kind, func.max(table.told_at).label("at"))
            .where(table.told_at >= since)
            .group_by(table.operator_id, table.way, table.kind)
        )
        return {(row.operator_id, Way(row.way), Kind(row.kind)): row.at for row in rows}

    async def claim(
        self, wanted: Sequence[tuple[Key, datetime]], now: datetime, due_at: datetime
    ) -> set[Key]:
        """Those that are ours to tell, by (key, mark): nobody told of this mark yet, or it failed.

        Each may be tried again at `due_at`, unless its outcome is recorded.
        """
        won: set[Key] = set()
        ordered = sorted(wanted)
        for start in range(0, len(ordered), _AT_ONCE):
            won |= await self._claim(ordered[start : start + _AT_ONCE], now, due_at)
        return won

    async def _claim(
        self, wanted: Sequence[tuple[Key, datetime]], now: datetime, due_at: datetime
    ) -> set[Key]:
        statement = self._sql.insert(alerts).values(
            [
                {
                    "conversation_id": conversation,
                    "operator_id": operator,
                    "way": way,
                    "kind": kind,
                    "mark": mark,
                    "told_at": now,
                    "attempts": 1,
                    "due_at": due_at,
                    "outcome": "",
                }
                for (conversation, operator, way, kind), mark in wanted
            ]
        )
        new, old = statement.excluded, alerts.c
        is_newer = old.mark < new.mark
        is_due = and_(old.mark == new.mark, old.due_at <= now, old.attempts < MOST_TRIES)
        rows = await self._sql.run(
            statement.on_conflict_do_update(
                index_elements=[old.conversation_id, old.operator_id, old.way, old.kind],
                set_={
                    "mark": new.mark,
                    "told_at": new.told_at,
                    "attempts": case((is_newer, 1), else_=old.attempts + 1),
                    "due_at": new.due_at,
                    "outcome": "",
                },
                where=or_(is_newer, is_due),
            ).returning(old.conversation_id, old.operator_id, old.way, old.kind)
        )
        return {
            (row.conversation_id, row.operator_id, Way(row.way), Kind(row.kind)) for row in rows
        }

    async def record(self, outcomes: Sequence[tuple[Key, datetime, str, datetime | None]]) -> None:
        """What became of what was claimed: (key, mark, outcome, when to try again or None)."""

        def build() -> UpdateBase:
            table = alerts.c
            same = [
                table[name] == bindparam(f"is_{name}", type_=table[name].type) for name in _SAME
            ]
            return (
                update(alerts)
                .where(*same)
                .values(
                    outcome=bindparam("new_outcome", type_=table.outcome.type),
                    due_at=bindparam("new_due_at", type_=table.due_at.type),
                )
            )

        def named(name: str) -> str:
            return name.removeprefix("is_").removeprefix("new_")

        rows = [_outcome_row(*one) for one in sorted(outcomes, key=lambda one: one[0])]
        await self._sql.write_many(rows, build, alerts, "outcomes", named=named)

    async def forget(self, before: datetime, limit: int) -> None:
        """Drop up to `limit` of the oldest."""
        oldest = (
            select(alerts.c.conversation_id)
            .where(alerts.c.told_at < before)
            .order_by(alerts.c.told_at)
            .limit(limit)
        )
        await self._sql.run(
            delete(alerts).where(alerts.c.told_at < before, alerts.c.conversation_id.in_(oldest))
        )


def _waiting(row: Any) -> Waiting:
    return Waiting(
        conversation=row.id,
        account=row.account,
        since=row.waiting_since,
        latest_at=row.latest_at,
        is_unread=row.unread > 0,
        assignee=row.assignee_id,
        escalated_at=row.escalated_at,
    )


def _outcome_row(key: Key, mark: datetime, outcome: str, due_at: datetime | None) -> dict[str, Any]:
    conversation, operator, way, kind = key
    return {
        "conversation_id": conversation,
        "operator_id": operator,
        "way": way,
        "kind": kind,
        "mark": mark,
        "outcome": outcome[:80],
        "due_at": due_at,
    }
