"""What is to happen later: timers of sessions, HTTP calls to make, events for the shop."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, literal_column, select, update

from core.ids import AccountId, AddressId, ContactId, SessionId, SiteId, TimerId, UserId
from core.people import Json
from storage.sql import Sql
from storage.tables import addresses, calls, contacts, emitted, timers


@dataclass(frozen=True, slots=True)
class Timer:
    id: TimerId
    address: AddressId
    session: SessionId
    generation: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DueTimer:
    id: TimerId
    address: AddressId
    account: AccountId
    user: UserId
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PendingCall:
    """An HTTP request of a `call` step that waits to be made."""

    id: int
    address: AddressId
    session: SessionId
    generation: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: Json
    account: AccountId
    user: UserId


@dataclass(frozen=True, slots=True)
class Emitted:
    id: int
    contact: ContactId
    name: str
    data: Mapping[str, Json]
    at: datetime


class Timers:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, rows: Sequence[Timer]) -> None:
        await self._sql.insert_many(
            timers,
            [
                {
                    "id": row.id,
                    "address_id": row.address,
                    "session_id": row.session,
                    "generation": row.generation,
                    "due_at": row.due_at,
                }
                for row in rows
            ],
        )

    async def due(self, now: datetime, limit: int, accounts: Iterable[AccountId]) -> list[DueTimer]:
        """Due ones of these accounts, oldest first; locks nothing: `take` decides which fire."""
        of = sorted(accounts)
        rows = await self._sql.ask(_due, now=now, of=of, most=limit) if of else ()
        return [DueTimer(row.id, row.address_id, row.account, row.user, row.due_at) for row in rows]

    async def next_due_at(self) -> datetime | None:
        rows = await self._sql.run(select(timers.c.due_at).order_by(timers.c.due_at).limit(1))
        return rows.scalar()

    async def take(self, ids: Iterable[TimerId]) -> dict[TimerId, tuple[SessionId, int]]:
        """Delete them; only what was deleted here may fire: (session, generation) each."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        rows = await self._sql.ask(_take, ids=wanted)
        return {row.id: (row.session_id, row.generation) for row in rows}

    async def add_calls(self, rows: Sequence[PendingCall], now: datetime) -> None:
        await self._sql.insert_many(
            calls,
            [
                {
                    "id": row.id,
                    "address_id": row.address,
                    "session_id": row.session,
                    "generation": row.generation,
                    "request": [row.method, row.url, dict(row.headers), row.body],
                    "due_at": now,
                }
                for row in rows
            ],
        )

    async def has_calls(self, now: datetime) -> bool:
        """Whether any is due; cheap, and locks nothing."""
        return bool(await self._sql.ask(_any_call, now=now))

    async def lease_calls(self, now: datetime, until: timedelta, limit: int) -> list[PendingCall]:
        """Due calls, put off by `until` so that a crash has them made again."""
        due = (
            select(calls.c.id)
            .where(calls.c.due_at <= now)
            .order_by(calls.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = [row.id for row in await self._sql.run(due)]
        if not ids:
            return []
        await self._sql.run(
            update(calls).where(self._sql.among(calls.c.id, ids)).values(due_at=now + until)
        )
        rows = await self._sql.run(
            select(calls, addresses.c.account, addresses.c.user)
            .join(addresses, addresses.c.id == calls.c.address_id)
            .where(self._sql.among(calls.c.id, ids))
        )
        return [_call(row) for row in rows]

    async def finish_calls(self, ids: Iterable[int]) -> None:
        await self._sql.run(delete(calls).where(self._sql.among(calls.c.id, sorted(set(ids)))))

    async def emit(self, rows: Sequence[Emitted]) -> None:
        await self._sql.insert_many(
            emitted,
            [
                {
                    "id": row.id,
                    "contact_id": row.contact,
                    "name": row.name,
                    "data": dict(row.data),
                    "at": row.at,
                }
                for row in rows
            ],
        )

    async def emitted(
        self, after: int, limit: int, before: datetime, site: SiteId | None
    ) -> list[Emitted]:
        """Oldest first, of one site's contacts or of all; only those made before that time."""
        statement = (
            select(emitted)
            .join(contacts, contacts.c.id == emitted.c.contact_id)
            .where(emitted.c.id > after, emitted.c.at < before)
        )
        if site is not None:
            statement = statement.where(contacts.c.site == site)
        rows = await self._sql.run(statement.order_by(emitted.c.id).limit(limit))
        return [Emitted(row.id, row.contact_id, row.name, row.data, row.at) for row in rows]


def _due(sql: Sql) -> Executable:
    return (
        select(
            timers.c.id,
            timers.c.address_id,
            addresses.c.account,
            addresses.c.user,
            timers.c.due_at,
        )
        .join(addresses, addresses.c.id == timers.c.address_id)
        .where(timers.c.due_at <= bindparam("now"), sql.listed(addresses.c.account, "of"))
        .order_by(timers.c.due_at)
        .limit(bindparam("most"))
    )


def _any_call(_: Sql) -> Executable:
    due = select(calls.c.id).where(calls.c.due_at <= bindparam("now"))
    return due.limit(literal_column("1"))


def _take(sql: Sql) -> Executable:
    return (
        delete(timers)
        .where(sql.listed(timers.c.id, "ids"))
        .returning(timers.c.id, timers.c.session_id, timers.c.generation)
    )


def _call(row: Row[Any]) -> PendingCall:
    method, url, headers, body = row.request
    return PendingCall(
        row.id,
        row.address_id,
        row.session_id,
        row.generation,
        method,
        url,
        headers,
        body,
        row.account,
        row.user,
    )
