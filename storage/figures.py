"""Figures for the overview: what came and went, how fast it was answered, who joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal, select, type_coerce

from core.conversations import ConversationState
from core.ids import AccountId
from core.messages import Direction
from storage.ids import floor
from storage.sql import Sql
from storage.tables import (
    addresses,
    answer_times,
    consent_records,
    conversations,
    messages,
)

_MOST_ANSWERS = 50_000


@dataclass(frozen=True, slots=True)
class Told:
    """How many messages went one way in one hour."""

    hour: datetime
    account: AccountId
    direction: Direction
    many: int


@dataclass(frozen=True, slots=True)
class Acts:
    """How many acts of consent of one kind there were on one day."""

    day: datetime
    account: AccountId
    act: str
    many: int


@dataclass(frozen=True, slots=True)
class Answered:
    """`seconds` from when a conversation was opened to a person's first answer."""

    at: datetime
    seconds: float


class Figures:
    """Ids grow with time: what is newer than a moment is what has a greater id."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def waiting(self) -> tuple[int, datetime | None]:
        """In how many open conversations somebody waits, and since when the longest."""
        rows = await self._sql.run(
            select(func.count(), func.min(conversations.c.waiting_since)).where(
                conversations.c.state == ConversationState.OPEN,
                conversations.c.waiting_since.is_not(None),
            )
        )
        row: Any = rows.one()
        return row[0], row[1]

    async def messages(self, since: datetime) -> list[Told]:
        hour = cut(self._sql, messages.c.created_at, "hour")
        rows = await self._sql.run(
            select(
                hour.label("hour"),
                addresses.c.account,
                messages.c.direction,
                func.count().label("many"),
            )
            .join(addresses, addresses.c.id == messages.c.address_id)
            .where(messages.c.id >= floor(since))
            .group_by(hour, addresses.c.account, messages.c.direction)
        )
        return [
            Told(time_of(row.hour), row.account, Direction(row.direction), row.many) for row in rows
        ]

    async def acts(self, since: datetime) -> list[Acts]:
        day = cut(self._sql, consent_records.c.at, "day")
        rows = await self._sql.run(
            select(
                day.label("day"),
                addresses.c.account,
                consent_records.c.act,
                func.count().label("many"),
            )
            .join(addresses, addresses.c.id == consent_records.c.address_id)
            .where(consent_records.c.id >= floor(since))
            .group_by(day, addresses.c.account, consent_records.c.act)
        )
        return [Acts(time_of(row.day), row.account, row.act, row.many) for row in rows]

    async def answers(self, since: datetime) -> Sequence[Answered]:
        """The latest 50,000 at most."""
        rows = await self._sql.run(
            select(answer_times.c.opened_at, answer_times.c.answered_at)
            .where(answer_times.c.answered_at >= since)
            .order_by(answer_times.c.answered_at.desc())
            .limit(_MOST_ANSWERS)
        )
        return [
            Answered(row.answered_at, (row.answered_at - row.opened_at).total_seconds())
            for row in rows
        ]


def cut(sql: Sql, column: ColumnElement[Any], what: str) -> ColumnElement[str]:
    """The beginning of a time as text, in UTC: to the hour or to the day."""
    if sql.is_postgres:
        form = "YYYY-MM-DD HH24" if what == "hour" else "YYYY-MM-DD"
        return func.to_char(func.timezone(literal("UTC"), column), literal(form))
    length = 13 if what == "hour" else 10
    return func.substr(type_coerce(column, Text()), 1, length)


def time_of(text: str) -> datetime:
    """What `cut` gave."""
    return datetime.fromisoformat(text if len(text) == 10 else f"{text}:00").replace(tzinfo=UTC)
