"""Browsers that are signed in, or halfway so. Of their tokens only digests are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, delete, select, update

from core.ids import OperatorId
from storage.operators import Operator, load_operator
from storage.sql import Sql
from storage.tables import operator_sessions, operators

MOST_SHOWN = 100
# Both tables have columns of the same names.
_SIGN_IN = [column.label(f"session_{column.name}") for column in operator_sessions.c]


@dataclass(frozen=True, slots=True)
class SignInRow:
    """One browser. `confirmed_at` is when it last gave the password; `browser` is in words.

    `awaits_code`: the password was right and the second factor is still to come.
    """

    digest: str
    operator: OperatorId
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime
    ip: str = ""
    browser: str = ""
    awaits_code: bool = False


class SignIns:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, row: SignInRow) -> None:
        await self._sql.run(
            operator_sessions.insert().values(
                digest=row.digest,
                operator_id=row.operator,
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_seen_at=row.last_seen_at,
                confirmed_at=row.confirmed_at,
                ip=row.ip,
                browser=row.browser,
                awaits_code=row.awaits_code,
            )
        )

    async def find(self, digest: str) -> tuple[Operator, SignInRow] | None:
        """Not of somebody who is disabled. Whether it still counts is the caller's to judge."""
        return (await self.find_all([digest])).get(digest)

    async def find_all(self, digests: Iterable[str]) -> dict[str, tuple[Operator, SignInRow]]:
        """The same for many at once."""
        wanted = sorted(set(digests))
        rows = await self._sql.ask(_signed_in, digests=wanted) if wanted else ()
        return {row.session_digest: (load_operator(row), _sign_in(row)) for row in rows}

    async def of(self, operator: OperatorId) -> list[SignInRow]:
        """The one that was seen last first."""
        rows = await self._sql.run(
            select(*_SIGN_IN)
            .where(
                operator_sessions.c.operator_id == operator,
                operator_sessions.c.awaits_code.is_(False),
            )
            .order_by(operator_sessions.c.last_seen_at.desc())
            .limit(MOST_SHOWN)
        )
        return [_sign_in(row) for row in rows]

    async def seen(self, row: SignInRow, now: datetime) -> None:
        mine = operator_sessions.c.digest == row.digest
        await self._sql.run(update(operator_sessions).where(mine).values(last_seen_at=now))
        await self._sql.run(
            update(operators).where(operators.c.id == row.operator).values(last_seen_at=now)
        )

    async def confirm(self, digest: str, now: datetime) -> None:
        mine = operator_sessions.c.digest == digest
        await self._sql.run(update(operator_sessions).where(mine).values(confirmed_at=now))

    async def end(self, digest: str, operator: OperatorId | None = None) -> bool:
        """False when there is none, or not of this operator."""
        statement = delete(operator_sessions).where(operator_sessions.c.digest == digest)
        if operator is not None:
            statement = statement.where(operator_sessions.c.operator_id == operator)
        return (await self._sql.run(statement)).rowcount > 0

    async def end_all(self, operator: OperatorId, but: str = "") -> int:
        """How many ended. `but` is the digest of the one that stays."""
        result = await self._sql.run(
            delete(operator_sessions).where(
                operator_sessions.c.operator_id == operator, operator_sessions.c.digest != but
            )
        )
        return result.rowcount

    async def forget(self, before: datetime) -> None:
        await self._sql.run(
            delete(operator_sessions).where(operator_sessions.c.expires_at < before)
        )


def _signed_in(sql: Sql) -> Executable:
    return (
        select(operators, *_SIGN_IN)
        .join(operator_sessions, operator_sessions.c.operator_id == operators.c.id)
        .where(sql.listed(operator_sessions.c.digest, "digests"), operators.c.disabled_at.is_(None))
    )


def _sign_in(row: Any) -> SignInRow:
    return SignInRow(
        digest=row.session_digest,
        operator=row.session_operator_id,
        created_at=row.session_created_at,
        expires_at=row.session_expires_at,
        last_seen_at=row.session_last_seen_at,
        confirmed_at=row.session_confirmed_at,
        ip=row.session_ip,
        browser=row.session_browser,
        awaits_code=row.session_awaits_code,
    )
