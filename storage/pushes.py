"""Browsers and phones that take notifications, while their operator is signed in there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from core.alerts import PushSubscription
from core.ids import OperatorId
from storage.sql import Sql
from storage.tables import operator_sessions, push_subscriptions

MOST_PER_OPERATOR = 20


class Pushes:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def save(self, one: PushSubscription) -> bool:
        """A browser's own, in the place of what it had; whether it is new.

        Beyond 20 of one operator the oldest goes.
        """
        table = push_subscriptions
        values = {
            "operator_id": one.operator,
            "session": one.session,
            "endpoint": one.endpoint,
            "p256dh": one.p256dh,
            "auth": one.auth,
            "browser": one.browser,
            "language": one.language,
        }
        before = await self._sql.run(
            select(table.c.operator_id).where(table.c.digest == one.digest)
        )
        known = before.first()
        await self._sql.run(
            self._sql.insert(table)
            .values(digest=one.digest, created_at=one.created_at, **values)
            .on_conflict_do_update(index_elements=[table.c.digest], set_=values)
        )
        # One sign-in is one browser: what it subscribed before is given up.
        await self._sql.run(
            delete(table).where(table.c.session == one.session, table.c.digest != one.digest)
        )
        newest = (
            select(table.c.digest)
            .where(table.c.operator_id == one.operator)
            .order_by(table.c.created_at.desc())
            .limit(MOST_PER_OPERATOR)
        )
        theirs = table.c.operator_id == one.operator
        await self._sql.run(delete(table).where(theirs, table.c.digest.not_in(newest)))
        return known is None or known.operator_id != one.operator

    async def of(
        self, operators: Iterable[OperatorId], now: datetime
    ) -> dict[OperatorId, list[PushSubscription]]:
        """Those whose browser is still signed in, the newest first."""
        table, signed = push_subscriptions, operator_sessions.c
        rows = await self._sql.run(
            select(table)
            .join(operator_sessions, signed.digest == table.c.session)
            .where(
                self._sql.among(table.c.operator_id, sorted(set(operators))),
                signed.operator_id == table.c.operator_id,
                signed.expires_at > now,
                signed.awaits_code.is_(False),
            )
            .order_by(table.c.created_at.desc(), table.c.digest)
        )
        found: dict[OperatorId, list[PushSubscription]] = {}
        for row in rows:
            found.setdefault(row.operator_id, []).append(_subscription(row))
        return found

    async def end(self, digests: Iterable[str], operator: OperatorId | None = None) -> int:
        """How many ended; only those of this operator, where one is named."""
        table = push_subscriptions
        statement = delete(table).where(self._sql.among(table.c.digest, sorted(set(digests))))
        if operator is not None:
            statement = statement.where(table.c.operator_id == operator)
        return (await self._sql.run(statement)).rowcount

    async def end_all(self) -> None:
        """None of them can be used any more: our own key has changed."""
        await self._sql.run(delete(push_subscriptions))

    async def tidy(self) -> None:
        """Drop those whose browser is not signed in any more."""
        signed = select(operator_sessions.c.digest)
        await self._sql.run(
            delete(push_subscriptions).where(push_subscriptions.c.session.not_in(signed))
        )


def _subscription(row: Any) -> PushSubscription:
    return PushSubscription(
        digest=row.digest,
        operator=row.operator_id,
        session=row.session,
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        browser=row.browser,
        language=row.language,
        created_at=row.created_at,
    )
