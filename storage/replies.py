"""Replies that operators keep ready under a shortcut: their own, and everybody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, func, or_, select, update

from core.ids import OperatorId, ReplyId
from storage.sql import Sql
from storage.tables import canned_replies

MOST = 500
"""Of one operator, and of everybody's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`operator` None: everybody's. `texts`: language → text with placeholders, never empty."""

    id: ReplyId
    shortcut: str
    operator: OperatorId | None
    texts: Mapping[str, str]


class Replies:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(self, operator: OperatorId) -> list[Reply]:
        """What this operator can use, by shortcut; their own before everybody's of that name."""
        rows = await self._sql.run(
            select(canned_replies)
            .where(or_(_of(operator), _of(None)))
            .order_by(canned_replies.c.shortcut, canned_replies.c.operator_id.is_(None))
            .limit(2 * MOST)
        )
        return [_reply(row) for row in rows]

    async def find(self, id_: ReplyId) -> Reply | None:
        row = (await self._sql.run(_select(id_))).first()
        return _reply(row) if row else None

    async def add(self, reply: Reply, now: datetime) -> bool:
        """False: its owner has one of this shortcut, or as many as there may be."""
        count = select(func.count()).select_from(canned_replies).where(_of(reply.operator))
        if ((await self._sql.run(count)).scalar() or 0) >= MOST:
            return False
        rows = await self._sql.run(
            self._sql.insert(canned_replies)
            .values(
                id=reply.id,
                shortcut=reply.shortcut,
                operator_id=reply.operator,
                texts=dict(reply.texts),
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(canned_replies.c.id)
        )
        return rows.first() is not None

    async def change(self, reply: Reply, now: datetime) -> bool:
        """Give it this shortcut, owner and texts. False: another one has the shortcut.

        Raises BadData where somebody takes the shortcut at the very same moment.
        """
        other = canned_replies.alias("other")
        owner = (
            other.c.operator_id.is_(None)
            if reply.operator is None
            else other.c.operator_id == reply.operator
        )
        is_taken = exists().where(other.c.shortcut == reply.shortcut, owner, other.c.id != reply.id)
        result = await self._sql.run(
            update(canned_replies)
            .where(canned_replies.c.id == reply.id, ~is_taken)
            .values(
                shortcut=reply.shortcut,
                operator_id=reply.operator,
                texts=dict(reply.texts),
                updated_at=now,
            )
        )
        return result.rowcount > 0

    async def remove(self, id_: ReplyId) -> None:
        await self._sql.run(delete(canned_replies).where(canned_replies.c.id == id_))


def _select(id_: ReplyId) -> Any:
    return select(canned_replies).where(canned_replies.c.id == id_)


def _of(operator: OperatorId | None) -> ColumnElement[bool]:
    column = canned_replies.c.operator_id
    return column.is_(None) if operator is None else column == operator


def _reply(row: Row[Any]) -> Reply:
    return Reply(row.id, row.shortcut, row.operator_id, dict(row.texts))
