"""What came of attempts to send, where they did not simply succeed; kept for three months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from core.ids import MessageId, SendId
from core.messages import Status
from storage.sql import Sql
from storage.tables import attempts

_MOST = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """`number` counts from 1, or is that of the last one where a rule spoke and none was made.

    `due_at`: when it was to be tried again.
    """

    send: SendId
    message: MessageId
    at: datetime
    number: int
    status: Status
    error: str
    due_at: datetime | None


class Attempts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, rows: Sequence[Attempt]) -> None:
        await self._sql.add_many(
            attempts,
            [
                {
                    "send_id": one.send,
                    "at": one.at,
                    "message_id": one.message,
                    "number": one.number,
                    "status": one.status,
                    "error": one.error,
                    "due_at": one.due_at,
                }
                for one in rows
            ],
        )

    async def of_message(self, message: MessageId) -> list[Attempt]:
        """The newest two hundred, oldest first."""
        rows = await self._sql.run(
            select(attempts)
            .where(attempts.c.message_id == message)
            .order_by(attempts.c.at.desc(), attempts.c.send_id.desc())
            .limit(_MOST)
        )
        return [
            Attempt(
                row.send_id, row.message_id, row.at, row.number, Status(row.status), row.error,
                row.due_at,
            )
            for row in rows
        ][::-1]  # fmt: skip

    async def forget(self, before: datetime, limit: int) -> None:
        """Drop up to `limit` of the oldest."""
        oldest = (
            select(attempts.c.send_id, attempts.c.at)
            .where(attempts.c.at < before)
            .order_by(attempts.c.at)
            .limit(limit)
        )
        rows = [(row.send_id, row.at) for row in await self._sql.run(oldest)]
        if rows:
            # Everything up to the last of these: at that moment there may be a few more.
            await self._sql.run(delete(attempts).where(attempts.c.at <= rows[-1][1]))
