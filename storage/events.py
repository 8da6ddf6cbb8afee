"""Keys of events that were taken, and events that were put aside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, cast, delete, select, true, update

from core.ids import AccountId, EventKey
from storage.sql import Sql
from storage.tables import event_keys, rejected


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that could not be taken: its raw bytes and why. `key` None could not be read."""

    id: int
    account: AccountId
    key: EventKey | None
    body: bytes
    error: str
    at: datetime
    retried_at: datetime | None = None


class Events:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def take(
        self, keys: Iterable[tuple[AccountId, EventKey]], now: datetime
    ) -> set[tuple[AccountId, EventKey]]:
        """The keys that were not taken before; they are now. Sorted: two orders deadlocked."""
        wanted = sorted(set(keys))
        if not wanted:
            return set()
        rows = await self._sql.ask(_take, keys=wanted, at=now)
        return {(row.account, row.key) for row in rows}

    async def forget(self, before: datetime, limit: int) -> int:
        """Drop keys older than `before`; how many were dropped."""
        old = select(event_keys.c.account, event_keys.c.key).where(event_keys.c.at < before)
        rows = (await self._sql.run(old.limit(limit))).all()
        if rows:
            await self._sql.run(
                delete(event_keys).where(
                    self._sql.among_pairs(
                        event_keys.c.account,
                        event_keys.c.key,
                        [(row.account, row.key) for row in rows],
                    )
                )
            )
        return len(rows)

    async def reject(self, events: Sequence[Rejected]) -> None:
        await self._sql.insert_many(
            rejected,
            [
                {
                    "id": event.id,
                    "account": event.account,
                    "key": event.key,
                    "body": event.body,
                    "error": event.error,
                    "at": event.at,
                }
                for event in events
            ],
        )

    async def rejected(self, after: int = 0, limit: int = 100) -> list[Rejected]:
        """Oldest first, those that were not retried."""
        rows = await self._sql.run(
            select(rejected)
            .where(rejected.c.id > after, rejected.c.retried_at.is_(None))
            .order_by(rejected.c.id)
            .limit(limit)
        )
        return [Rejected(**row._mapping) for row in rows]

    async def find_rejected(self, rejected_id: int) -> Rejected | None:
        rows = await self._sql.run(select(rejected).where(rejected.c.id == rejected_id))
        row = rows.first()
        return Rejected(**row._mapping) if row else None

    async def mark_retried(self, rejected_id: int, now: datetime) -> None:
        await self._sql.run(
            update(rejected).where(rejected.c.id == rejected_id).values(retried_at=now)
        )


def _take(sql: Sql) -> Executable:
    table = event_keys
    at: ColumnElement[Any] = bindparam("at", type_=table.c.at.type)
    if sql.is_postgres:
        # It cannot tell by itself what a parameter in a list of columns is. SQLite would cast the
        # time's text to a number, the year.
        keys = sql.pairs("keys", cast(at, table.c.at.type))
    else:
        # Without a WHERE, SQLite takes ON CONFLICT for the ON of a join.
        keys = sql.pairs("keys", at).where(true())
    return (
        sql.insert(table)
        .from_select(["account", "key", "at"], keys)
        .on_conflict_do_nothing()
        .returning(table.c.account, table.c.key)
    )
