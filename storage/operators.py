"""Operators: who may work in the inbox, as what, and how they prove who they are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, delete, func, or_, select, update

from core.ids import OperatorId
from core.roles import Role
from storage.sql import Sql
from storage.tables import operator_sessions, operators, recovery_codes


@dataclass(frozen=True, slots=True)
class Operator:
    """`password` is an argon2id hash; `sealed` the encrypted secret of the second factor, or ""."""

    id: OperatorId
    login: str
    name: str
    password: str = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None
    role: Role = Role.OPERATOR
    language: str = ""
    """Of the pages; "" as the browser asks."""
    sealed: str = field(default="", repr=False)
    last_seen_at: datetime | None = None

    @property
    def has_second_factor(self) -> bool:
        return self.sealed != ""


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
                role=operator.role,
                language=operator.language,
            )
            .on_conflict_do_nothing()
            .returning(operators.c.id)
        )
        return rows.first() is not None

    async def find(self, login: str) -> Operator | None:
        rows = await self._sql.run(select(operators).where(operators.c.login == login))
        row = rows.first()
        return load_operator(row) if row else None

    async def get(self, operator: OperatorId) -> Operator | None:
        rows = await self._sql.run(select(operators).where(operators.c.id == operator))
        row = rows.first()
        return load_operator(row) if row else None

    async def all(self) -> list[Operator]:
        return [load_operator(row) for row in await self._sql.ask(_all)]

    async def lock_admins(self) -> set[OperatorId]:
        """The administrators who may sign in. No other transaction takes one away meanwhile."""
        are_admins = (operators.c.role == Role.ADMIN, operators.c.disabled_at.is_(None))
        admins = select(operators.c.id).where(*are_admins).order_by(operators.c.id)
        if self._sql.is_postgres:
            # The rows as they were before a wait; only a later statement sees them as they are.
            await self._sql.run(admins.with_for_update(key_share=True))
        return {row.id for row in await self._sql.run(admins)}

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
        await self._set(operator, password=password)

    async def set_role(self, operator: OperatorId, role: Role) -> None:
        await self._set(operator, role=role)

    async def set_profile(self, operator: OperatorId, name: str, language: str) -> None:
        await self._set(operator, name=name, language=language)

    async def set_second_factor(
        self, operator: OperatorId, sealed: str, codes: Collection[str] = ()
    ) -> None:
        """Another one, or none with ""; `codes` are digests that take the place of all before."""
        await self._set(operator, sealed=sealed, last_step=None)
        await self.set_recovery_codes(operator, codes)

    async def set_recovery_codes(self, operator: OperatorId, codes: Collection[str]) -> None:
        theirs = recovery_codes.c.operator_id == operator
        await self._sql.run(delete(recovery_codes).where(theirs))
        await self._sql.insert_many(
            recovery_codes, [{"operator_id": operator, "digest": code} for code in codes]
        )

    async def take_step(self, operator: OperatorId, step: int) -> bool:
        """False when a code of this step, or a later one, was taken before."""
        column = operators.c.last_step
        result = await self._sql.run(
            update(operators)
            .where(operators.c.id == operator, or_(column.is_(None), column < step))
            .values(last_step=step)
        )
        return result.rowcount > 0

    async def take_recovery_code(self, operator: OperatorId, digest: str) -> bool:
        """Each lets in once."""
        result = await self._sql.run(
            delete(recovery_codes).where(
                recovery_codes.c.operator_id == operator, recovery_codes.c.digest == digest
            )
        )
        return result.rowcount > 0

    async def count_recovery_codes(self, operator: OperatorId) -> int:
        rows = await self._sql.run(
            select(func.count()).where(recovery_codes.c.operator_id == operator)
        )
        return int(rows.scalar_one())

    async def _set(self, operator: OperatorId, **values: Any) -> None:
        await self._sql.run(update(operators).where(operators.c.id == operator).values(**values))


def _all(_sql: Sql) -> Executable:
    return select(operators).order_by(operators.c.login).limit(1000)


def load_operator(row: Any) -> Operator:
    return Operator(
        id=row.id,
        login=row.login,
        name=row.name,
        password=row.password,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        role=Role(row.role),
        language=row.language,
        sealed=row.sealed,
        last_seen_at=row.last_seen_at,
    )
