"""Operators and their signed-in sessions, of which only digests are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from core.ids import OperatorId
from storage.sql import Sql
from storage.tables import operator_sessions, operators


@dataclass(frozen=True, slots=True)
class Operator:
    """`password` is an argon2id hash."""

    id: OperatorId
    login: str
    name: str
    password: str
    created_at: datetime
    disabled_at: datetime | None = None


class Operators:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, operator: Operator) -> bool:
        """False when the login is taken."""
        rows = await self._sql.run(
            self._sql.insert(operators)
            .values(
                id=operator.id,
                login=operator.login,
                name=operator.name,
                password=operator.password,
                created_at=operator.created_at,
            )
            .on_conflict_do_nothing()
            .returning(operators.c.id)
        )
        return rows.first() is not None

    async def find(self, login: str) -> Operator | None:
        rows = await self._sql.run(select(operators).where(operators.c.login == login))
        row = rows.first()
        return _operator(row) if row else None

    async def all(self) -> list[Operator]:
        rows = await self._sql.run(select(operators).order_by(operators.c.login).limit(1000))
        return [_operator(row) for row in rows]

    async def disable(self, login: str, now: datetime) -> bool:
        """Also ends their sessions. False when there is nobody of that login."""
        operator = await self.find(login)
        if operator is None:
            return False
        mine = operators.c.id == operator.id
        await self._sql.run(update(operators).where(mine).values(disabled_at=now))
        await self._sql.run(
            delete(operator_sessions).where(operator_sessions.c.operator_id == operator.id)
        )
        return True

    async def enable(self, login: str) -> bool:
        """They may sign in again. False when there is nobody of that login."""
        result = await self._sql.run(
            update(operators).where(operators.c.login == login).values(disabled_at=None)
        )
        return result.rowcount > 0

    async def set_password(self, operator: OperatorId, password: str) -> None:
        await self._sql.run(
            update(operators).where(operators.c.id == operator).values(password=password)
        )

    async def sign_in(
        self, operator: OperatorId, digest: str, now: datetime, expires_at: datetime
    ) -> None:
        await self._sql.run(
            operator_sessions.insert().values(
                digest=digest, operator_id=operator, created_at=now, expires_at=expires_at
            )
        )

    async def signed_in(self, digest: str, now: datetime) -> Operator | None:
        rows = await self._sql.run(
            select(operators)
            .join(operator_sessions, operator_sessions.c.operator_id == operators.c.id)
            .where(
                operator_sessions.c.digest == digest,
                operator_sessions.c.expires_at > now,
                operators.c.disabled_at.is_(None),
            )
        )
        row = rows.first()
        return _operator(row) if row else None

    async def still_signed_in(self, digests: Iterable[str], now: datetime) -> set[str]:
        """Those of these sessions that are in force."""
        rows = await self._sql.run(
            select(operator_sessions.c.digest)
            .join(operators, operators.c.id == operator_sessions.c.operator_id)
            .where(
                self._sql.among(operator_sessions.c.digest, sorted(set(digests))),
                operator_sessions.c.expires_at > now,
                operators.c.disabled_at.is_(None),
            )
        )
        return {row.digest for row in rows}

    async def sign_out(self, digest: str) -> None:
        await self._sql.run(delete(operator_sessions).where(operator_sessions.c.digest == digest))

    async def forget_sessions(self, before: datetime) -> None:
        await self._sql.run(
            delete(operator_sessions).where(operator_sessions.c.expires_at < before)
        )


def _operator(row: Any) -> Operator:
    return Operator(row.id, row.login, row.name, row.password, row.created_at, row.disabled_at)
