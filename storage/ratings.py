"""What people thought of their conversations: asked when one was closed, kept with whose it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, func, literal_column, select, update

from core.ids import AddressId, ContactId, ConversationId, OperatorId, SessionId
from storage.figures import cut, time_of
from storage.sql import Sql
from storage.tables import ratings

BEST = 5
_MOST_COMMENTS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was begun. `operator` is whoever had the conversation."""

    session: SessionId
    conversation: ConversationId
    contact: ContactId
    address: AddressId
    operator: OperatorId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """`score` from 1 to 5; `comment` "" leaves what was said before."""

    session: SessionId
    score: int
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rated:
    """How many gave one score on one day to one operator's conversations."""

    day: datetime
    operator: OperatorId | None
    score: int
    many: int


@dataclass(frozen=True, slots=True)
class Comment:
    conversation: ConversationId
    operator: OperatorId | None
    score: int
    text: str
    at: datetime


class Ratings:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def ask(self, rows: Sequence[Asked]) -> None:
        await self._sql.insert_many(
            ratings,
            [
                {
                    "session_id": one.session,
                    "conversation_id": one.conversation,
                    "contact_id": one.contact,
                    "address_id": one.address,
                    "operator_id": one.operator,
                    "asked_at": one.at,
                    "comment": "",
                }
                for one in rows
            ],
        )

    async def answer(self, rows: Sequence[Answered]) -> None:
        """Those whose question was never asked change nothing."""
        await self._sql.ask_many(
            _answered,
            [
                {"session": one.session, "given": one.score, "said": one.comment, "at": one.at}
                for one in rows
            ],
        )

    async def last_asked(self, ids: Iterable[ContactId]) -> dict[ContactId, datetime]:
        """When these people were asked last, wherever that was."""
        rows = await self._sql.run(
            select(ratings.c.contact_id, func.max(ratings.c.asked_at).label("at"))
            .where(self._sql.among(ratings.c.contact_id, sorted(set(ids))))
            .group_by(ratings.c.contact_id)
        )
        return {row.contact_id: row.at for row in rows}

    async def figures(self, since: datetime, operator: OperatorId | None = None) -> list[Rated]:
        """Of everybody, or of one operator."""
        day = cut(self._sql, ratings.c.answered_at, "day")
        statement = select(
            day.label("day"), ratings.c.operator_id, ratings.c.score, func.count().label("many")
        ).where(ratings.c.answered_at >= since)
        if operator is not None:
            statement = statement.where(ratings.c.operator_id == operator)
        rows = await self._sql.run(statement.group_by(day, ratings.c.operator_id, ratings.c.score))
        return [Rated(time_of(row.day), row.operator_id, row.score, row.many) for row in rows]

    async def asked(self, since: datetime, operator: OperatorId | None = None) -> int:
        """How many were asked."""
        statement = select(func.count()).where(ratings.c.asked_at >= since)
        if operator is not None:
            statement = statement.where(ratings.c.operator_id == operator)
        return int((await self._sql.run(statement)).scalar_one())

    async def comments(self, since: datetime, operator: OperatorId | None = None) -> list[Comment]:
        """The newest fifty."""
        statement = select(ratings).where(ratings.c.answered_at >= since, ratings.c.comment != "")
        if operator is not None:
            statement = statement.where(ratings.c.operator_id == operator)
        newest = statement.order_by(ratings.c.answered_at.desc()).limit(_MOST_COMMENTS)
        return [_comment(row) for row in await self._sql.run(newest)]


def _answered(_: Sql) -> Executable:
    said = bindparam("said", type_=ratings.c.comment.type)
    return (
        update(ratings)
        .where(ratings.c.session_id == bindparam("session"))
        .values(
            score=bindparam("given", type_=ratings.c.score.type),
            answered_at=bindparam("at", type_=ratings.c.answered_at.type),
            comment=func.coalesce(func.nullif(said, literal_column("''")), ratings.c.comment),
        )
    )


def _comment(row: Any) -> Comment:
    return Comment(row.conversation_id, row.operator_id, row.score, row.comment, row.answered_at)
