"""Everything that was said, in and out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, exists, func, select, update

from core.content import Content
from core.ids import AddressId, MessageId
from core.messages import Author, Direction, Message, MessageClass, Status
from storage.codec import dump_content, load_content
from storage.edits import changed_files, changed_messages, drop_files
from storage.files import FileRows
from storage.search import Search
from storage.sql import Sql
from storage.tables import addresses, messages, sends

_MOST_OFFERED = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """What can change of a message after it was said; equal marks mean that nothing did."""

    id: MessageId
    status: Status
    error: str
    edited_at: datetime | None
    removed_at: datetime | None = None
    files_at: datetime | None = None
    altering: str = ""
    alter_error: str = ""


class Messages:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, rows: Sequence[Message]) -> None:
        await self._sql.insert_many(messages, [_columns(message) for message in rows])

    async def by_keys(self, keys: Iterable[str]) -> dict[str, Message]:
        rows = await self._sql.run(
            select(messages).where(self._sql.among(messages.c.key, sorted(set(keys))))
        )
        return {row.key: message_of(row) for row in rows}

    async def find(self, ids: Iterable[MessageId]) -> list[Message]:
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_found, ids=wanted) if wanted else ()
        return [message_of(row) for row in rows]

    async def thread(
        self, address: AddressId, *, before: int | None = None, after: int | None = None, limit: int
    ) -> list[Message]:
        """Oldest first: the `limit` newest below `before`, or the first ones above `after`."""
        statement = select(messages).where(messages.c.address_id == address)
        if after is not None:
            statement = statement.where(messages.c.id > after).order_by(messages.c.id)
            return [message_of(row) for row in await self._sql.run(statement.limit(limit))]
        if before is not None:
            statement = statement.where(messages.c.id < before)
        newest = statement.order_by(messages.c.id.desc()).limit(limit)
        return [message_of(row) for row in await self._sql.run(newest)][::-1]

    async def marks(self, address: AddressId, limit: int) -> list[Mark]:
        """Of the newest messages of a thread, oldest first, without what they say."""
        rows = await self._sql.ask(_marks, address=address, limit=limit)
        marks = [
            Mark(
                row.id,
                Status(row.status),
                row.error,
                row.edited_at,
                row.removed_at,
                row.files_at,
                row.altering,
                row.alter_error,
            )
            for row in rows
        ]
        return marks[::-1]

    async def latest(self, ids: Iterable[AddressId]) -> dict[AddressId, Message]:
        """The last message of each of these addresses, where there is one."""
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_latest, ids=wanted) if wanted else ()
        return {row.address_id: message_of(row) for row in rows}

    async def offered(
        self, ids: Iterable[AddressId], since: datetime
    ) -> list[tuple[AddressId, Content]]:
        """What we said to these addresses, the newest first, at most a hundred for each."""
        wanted = sorted(set(ids))
        rows = await self._sql.run(
            select(messages.c.address_id, messages.c.content)
            .where(
                self._sql.among(messages.c.address_id, wanted),
                messages.c.direction == Direction.OUT,
                messages.c.created_at > since,
            )
            .order_by(messages.c.id.desc())
            .limit(_MOST_OFFERED * len(wanted))
        )
        return [(row.address_id, load_content(row.content)) for row in rows]

    async def on_topics(self, ids: Iterable[AddressId], limit: int) -> list[Message]:
        """What we said to these addresses on any topic, the newest first."""
        rows = await self._sql.run(
            select(messages)
            .where(
                self._sql.among(messages.c.address_id, sorted(set(ids))),
                messages.c.direction == Direction.OUT,
                messages.c.topic.is_not(None),
                messages.c.cls != MessageClass.REPLY,
            )
            .order_by(messages.c.id.desc())
            .limit(limit)
        )
        return [message_of(row) for row in rows]

    async def sent_between(self) -> tuple[int, datetime | None, datetime | None]:
        """How many were sent, when the first and when the last."""
        rows = await self._sql.run(
            select(func.count(), func.min(messages.c.sent_at), func.max(messages.c.sent_at)).where(
                messages.c.sent_at.is_not(None)
            )
        )
        row: Any = rows.one()
        return row[0], row[1], row[2]

    async def edit(self, edits: Sequence[tuple[AddressId, str, Content, datetime]]) -> None:
        """The contact changed a message; the latest wording stands, with its own files."""
        if edits:
            latest = {(address, external): content for address, external, content, _ in edits}
            going, coming = await changed_files(self._sql, latest)
            await Search(self._sql).read_again(await changed_messages(self._sql, latest))
            await drop_files(self._sql, going)
            await FileRows(self._sql).expect(coming, max(at for *_, at in edits))
            await self._sql.run(
                update(messages)
                .where(
                    messages.c.address_id == bindparam("address"),
                    messages.c.external_id == bindparam("external"),
                    messages.c.direction == Direction.IN,
                )
                .values(content=bindparam("new_content"), edited_at=bindparam("at")),
                [
                    {"address": a, "external": e, "new_content": dump_content(c), "at": at}
                    for a, e, c, at in edits
                ],
            )

    async def remove(self, removals: Sequence[tuple[AddressId, str, datetime]]) -> None:
        """The contact took a message away; what it said stays for the operators, marked."""
        if removals:
            await self._sql.run(
                update(messages)
                .where(
                    messages.c.address_id == bindparam("address"),
                    messages.c.external_id == bindparam("external"),
                    messages.c.direction == Direction.IN,
                )
                .values(removed_at=bindparam("at")),
                [{"address": a, "external": e, "at": at} for a, e, at in removals],
            )

    async def cancel(self, stops: Mapping[AddressId, int], reason: str) -> set[MessageId]:
        """End what is queued for these addresses, made before the message with that id.

        Service and marketing messages, and whatever flows or the server were about to say; not an
        operator's answer. Which those were.
        """
        ended: set[MessageId] = set()
        if not stops:
            return ended
        # Not by the priority of the sends: the rest of a message half gone has the highest.
        is_ours = (messages.c.cls != MessageClass.REPLY) | messages.c.author.in_(
            (Author.FLOW, Author.SYSTEM)
        )
        for address, before in sorted(stops.items()):
            queued = (
                select(sends.c.message_id)
                .join(messages, messages.c.id == sends.c.message_id)
                .where(
                    sends.c.address_id == address,
                    sends.c.status == Status.QUEUED,
                    messages.c.id < before,
                    is_ours,
                )
            )
            ids = [row.message_id for row in await self._sql.run(queued)]
            if ids:
                await self._sql.run(
                    update(sends)
                    .where(
                        self._sql.among(sends.c.message_id, ids), sends.c.status == Status.QUEUED
                    )
                    .values(status=Status.CANCELLED)
                )
                # A part that is under way right now settles its message when it ends.
                is_under_way = exists().where(
                    sends.c.message_id == messages.c.id, sends.c.status == Status.SENDING
                )
                await self._sql.run(
                    update(messages)
                    .where(
                        self._sql.among(messages.c.id, ids),
                        messages.c.status.in_((Status.QUEUED, Status.SENDING)),
                        ~is_under_way,
                    )
                    .values(status=Status.CANCELLED, error=reason)
                )
                ended.update(ids)
        return ended


def _columns(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "address_id": message.address,
        "direction": message.direction,
        "cls": message.cls,
        "author": message.author,
        "topic": message.topic,
        "content": dump_content(message.content),
        "status": message.status,
        "error": message.error,
        "key": message.key,
        "external_id": message.external_id,
        "operator_id": message.operator,
        "session_id": message.session,
        "created_at": message.created_at,
        "sent_at": message.sent_at,
        "not_before": message.not_before,
        "expires_at": message.expires_at,
        "flow": message.flow,
        "step": message.step or None,
    }


def message_of(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        address=row.address_id,
        direction=Direction(row.direction),
        cls=MessageClass(row.cls),
        author=Author(row.author),
        content=load_content(row.content),
        status=Status(row.status),
        created_at=row.created_at,
        topic=row.topic,
        key=row.key,
        external_id=row.external_id,
        operator=row.operator_id,
        session=row.session_id,
        not_before=row.not_before,
        expires_at=row.expires_at,
        error=row.error,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        edited_at=row.edited_at,
        removed_at=row.removed_at,
        files_at=row.files_at,
        flow=row.flow,
        step=row.step or "",
        altering=row.altering,
        alter_error=row.alter_error,
    )


def _marks(_sql: Sql) -> Executable:
    table = messages.c
    return (
        select(
            table.id,
            table.status,
            table.error,
            table.edited_at,
            table.removed_at,
            table.files_at,
            table.altering,
            table.alter_error,
        )
        .where(table.address_id == bindparam("address"))
        .order_by(table.id.desc())
        .limit(bindparam("limit"))
    )


def _found(sql: Sql) -> Executable:
    return select(messages).where(sql.listed(messages.c.id, "ids")).order_by(messages.c.id)


def _latest(sql: Sql) -> Executable:
    # A scalar per address walks the end of one index; a GROUP BY would read whole threads.
    last = (
        select(messages.c.id)
        .where(messages.c.address_id == addresses.c.id)
        .order_by(messages.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    newest = select(last.label("id")).where(sql.listed(addresses.c.id, "ids"))
    return select(messages).where(messages.c.id.in_(newest))
