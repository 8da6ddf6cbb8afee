"""Edits and deletions of answers that were sent: a queue of its own, and what comes of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, and_, bindparam, delete, exists, select, update

from core.altering import Alteration, Target
from core.content import Content
from core.ids import (
    AccountId,
    AddressId,
    AlterationId,
    ContactId,
    MessageId,
    OperatorId,
    SendId,
    UserId,
)
from core.messages import Author, Direction, Status
from storage.codec import dump_content, load_content
from storage.edits import drop_all_files
from storage.messages import message_of
from storage.search import Search
from storage.sql import Sql
from storage.tables import addresses, alterations, messages, sends

_NOTHING = Content()


@dataclass(frozen=True, slots=True)
class NewAlteration:
    """`content` is the new wording, empty for a deletion."""

    id: AlterationId
    message: MessageId
    account: AccountId
    address: AddressId
    operator: OperatorId | None
    act: Alteration
    content: Content


@dataclass(frozen=True, slots=True)
class Due:
    """One that may be claimed, with what has to be known of its message and its address."""

    id: AlterationId
    message: MessageId
    address: AddressId
    user: UserId
    contact: ContactId
    operator: OperatorId | None
    act: Alteration
    content: Content
    attempts: int
    send: SendId
    external_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an attempt: "" done, else why not."""

    due: Due
    attempt: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Retried:
    """An attempt after which it is tried again at `due_at`; `is_free`: it does not count."""

    due: Due
    attempt: int
    due_at: datetime
    is_free: bool = False


class Alterations:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def targets(self, ids: Iterable[MessageId]) -> dict[MessageId, Target]:
        """Answers of operators among these messages."""
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_targets, ids=wanted) if wanted else ()
        found: dict[MessageId, tuple[Row[Any], list[str]]] = {}
        for row in rows:
            _, externals = found.setdefault(row.id, (row, []))
            if row.is_part is not None:
                known = row.known_as if row.part_status == Status.SENT else ""
                externals.append(known)
        waiting = await self._waiting(found)
        return {
            id_: Target(message_of(row), tuple(externals), waiting.get(id_))
            for id_, (row, externals) in found.items()
        }

    async def _waiting(
        self, ids: Iterable[MessageId]
    ) -> dict[MessageId, tuple[Alteration, Content]]:
        rows = await self._sql.ask(_waiting, ids=sorted(ids)) if ids else ()
        return {row.message_id: (Alteration(row.act), load_content(row.content)) for row in rows}

    async def add(self, rows: Sequence[NewAlteration], now: datetime) -> None:
        """Queue them; what waits for the same message gives way, what is under way comes first."""
        if not rows:
            return
        # Of two in one batch the later one counts.
        last = {row.message: row for row in rows}
        await self._sql.ask(_give_way, ids=sorted(last))
        await self._sql.insert_many(
            alterations,
            [
                {
                    "id": row.id,
                    "message_id": row.message,
                    "account": row.account,
                    "address_id": row.address,
                    "operator_id": row.operator,
                    "act": row.act,
                    "content": dump_content(row.content),
                    "status": Status.QUEUED,
                    "due_at": now,
                    "attempts": 0,
                }
                for row in last.values()
            ],
        )
        await self._sql.update_many(
            messages,
            [{"id": row.message, "altering": row.act, "alter_error": ""} for row in last.values()],
        )

    async def due(self, account: AccountId, now: datetime, limit: int) -> list[Due]:
        """The oldest first, one of each message; also those that an owner left under way."""
        rows = await self._sql.ask(_due, of=account, now=now, most=limit)
        return [_due_of(row) for row in rows]

    async def claim(self, ids: Sequence[AlterationId], until: datetime) -> None:
        """They are under way; nobody else touches them before `until`."""
        if ids:
            await self._sql.ask(_claim, ids=list(ids), until=until)

    async def again(self, rows: Sequence[Retried]) -> None:
        await self._sql.ask_many(
            _again,
            [
                {
                    "which": row.due.id,
                    "attempt": row.attempt,
                    "at": row.due_at,
                    "free": int(row.is_free),
                }
                for row in rows
            ],
        )

    async def end(self, rows: Sequence[Ended], now: datetime) -> list[Ended]:
        """Settle these, each by the attempt that it belongs to; those that still were there.

        Lock their addresses before this.
        """
        if not rows:
            return []
        there = await self._sql.ask(_there, ids=[row.due.id for row in rows])
        attempts = {row.id: row.attempts for row in there}
        ended = [row for row in rows if attempts.get(row.due.id) == row.attempt]
        if ended:
            await self._sql.ask(_drop, ids=[row.due.id for row in ended])
            await self._show([row.due for row in ended if not row.error], now)
            await self._refuse([row for row in ended if row.error])
        return ended

    async def _show(self, done: Sequence[Due], now: datetime) -> None:
        """The thread has the new wording, or nothing; so has the search."""
        edited = [one for one in done if one.act is Alteration.EDIT]
        deleted = [one for one in done if one.act is Alteration.DELETE]
        await self._sql.ask_many(_edit, [_shown(one, one.content, now) for one in edited])
        await self._sql.ask_many(_remove, [_shown(one, _NOTHING, now) for one in deleted])
        parts = [(one.message, dump_content(one.content)) for one in done]
        await self._sql.ask_many(_resay, [{"message": m, "said": said} for m, said in parts])
        await drop_all_files(self._sql, [one.message for one in deleted])
        await Search(self._sql).read_again(one.message for one in done)
        await self._sql.ask_many(_quiet, [{"message": one.message, "told": ""} for one in done])

    async def _refuse(self, rows: Sequence[Ended]) -> None:
        told = [{"message": row.due.message, "told": row.error} for row in rows]
        await self._sql.ask_many(_complain, told)


def _shown(one: Due, content: Content, now: datetime) -> dict[str, Any]:
    return {"message": one.message, "said": dump_content(content), "at": now}


def _due_of(row: Any) -> Due:
    return Due(
        id=row.id,
        message=row.message_id,
        address=row.address_id,
        user=row.user,
        contact=row.contact_id,
        operator=row.operator_id,
        act=Alteration(row.act),
        content=load_content(row.content),
        attempts=row.attempts,
        send=row.send_id,
        external_id=row.external_id,
    )


def _targets(sql: Sql) -> Executable:
    return (
        select(
            messages,
            sends.c.id.label("is_part"),
            sends.c.external_id.label("known_as"),
            sends.c.status.label("part_status"),
        )
        .outerjoin(sends, sends.c.message_id == messages.c.id)
        .where(
            sql.listed(messages.c.id, "ids"),
            messages.c.direction == Direction.OUT,
            messages.c.author == Author.OPERATOR,
        )
        .order_by(messages.c.id, sends.c.part)
    )


def _give_way(sql: Sql) -> Executable:
    return delete(alterations).where(
        sql.listed(alterations.c.message_id, "ids"), alterations.c.status == Status.QUEUED
    )


def _waiting(sql: Sql) -> Executable:
    return (
        select(alterations.c.message_id, alterations.c.act, alterations.c.content)
        .where(sql.listed(alterations.c.message_id, "ids"))
        .order_by(alterations.c.id)
    )


def _due(_: Sql) -> Executable:
    other = alterations.alias("other")
    before = exists().where(
        other.c.message_id == alterations.c.message_id, other.c.id < alterations.c.id
    )
    return (
        select(
            alterations,
            addresses.c.user,
            addresses.c.contact_id,
            sends.c.id.label("send_id"),
            sends.c.external_id,
        )
        .join(addresses, addresses.c.id == alterations.c.address_id)
        .join(sends, and_(sends.c.message_id == alterations.c.message_id, sends.c.part == 0))
        .where(
            alterations.c.account == bindparam("of"),
            alterations.c.due_at <= bindparam("now"),
            ~before,
        )
        .order_by(alterations.c.id)
        .limit(bindparam("most"))
    )


def _claim(sql: Sql) -> Executable:
    return (
        update(alterations)
        .where(sql.listed(alterations.c.id, "ids"))
        .values(
            status=Status.SENDING, due_at=bindparam("until"), attempts=alterations.c.attempts + 1
        )
    )


def _again(_: Sql) -> Executable:
    return (
        update(alterations)
        .where(
            alterations.c.id == bindparam("which"), alterations.c.attempts == bindparam("attempt")
        )
        .values(
            status=Status.QUEUED,
            due_at=bindparam("at"),
            attempts=alterations.c.attempts - bindparam("free", type_=alterations.c.attempts.type),
        )
    )


def _there(sql: Sql) -> Executable:
    return select(alterations.c.id, alterations.c.attempts).where(
        sql.listed(alterations.c.id, "ids")
    )


def _drop(sql: Sql) -> Executable:
    return delete(alterations).where(sql.listed(alterations.c.id, "ids"))


def _edit(_: Sql) -> Executable:
    return (
        update(messages)
        .where(messages.c.id == bindparam("message"))
        .values(content=bindparam("said", type_=messages.c.content.type), edited_at=bindparam("at"))
    )


def _remove(_: Sql) -> Executable:
    return (
        update(messages)
        .where(messages.c.id == bindparam("message"))
        .values(
            content=bindparam("said", type_=messages.c.content.type), removed_at=bindparam("at")
        )
    )


def _resay(_: Sql) -> Executable:
    return (
        update(sends)
        .where(sends.c.message_id == bindparam("message"))
        .values(content=bindparam("said", type_=sends.c.content.type))
    )


def _is_last() -> Any:
    """Nothing further is asked of this message."""
    return ~exists().where(alterations.c.message_id == messages.c.id)


def _quiet(_: Sql) -> Executable:
    return (
        update(messages)
        .where(messages.c.id == bindparam("message"), _is_last())
        .values(altering="", alter_error=bindparam("told"))
    )


def _complain(_: Sql) -> Executable:
    return (
        update(messages)
        .where(messages.c.id == bindparam("message"), _is_last())
        .values(alter_error=bindparam("told"))
    )
