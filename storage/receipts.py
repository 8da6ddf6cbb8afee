"""What messengers tell about sends of ours, before or after we recorded them ourselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from core.ids import AddressId, MessageId
from core.messages import Direction, Status, below, climb
from storage.send_statements import one_of
from storage.sql import Sql
from storage.tables import addresses, messages, receipts, sends

_UNREAD_FOR = timedelta(days=30)
"""How far back "read up to here" is looked for: what is older was read or never will be."""


@dataclass(frozen=True, slots=True)
class Told:
    """One fact about one send. `status` is DELIVERED, READ or UNDELIVERED, with its `reason`.

    An external id is the messenger's own and unique only at its address: a message that goes to
    many at once may have one id for all of them.
    """

    address: AddressId
    external_id: str
    status: Status
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ToldUpTo:
    """Everything of ours up to this id was read at that address."""

    address: AddressId
    external_id: int
    at: datetime


class Receipts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def tell(self, told: Sequence[Told]) -> set[MessageId]:
        """Keep the greatest of what was told of each send, and let its message climb: which."""
        if not told:
            return set()
        known = await self._known((one.address, one.external_id) for one in told)
        best: dict[tuple[AddressId, str], Told] = {}
        for one in told:
            key = (one.address, one.external_id)
            before = best.get(key) or known.get(key)
            if before is None or climb(before.status, one.status) is not before.status:
                best[key] = one
        await self._sql.upsert_many(
            receipts,
            [
                {
                    "address_id": one.address,
                    "external_id": one.external_id,
                    "status": one.status,
                    "at": one.at,
                    "reason": one.reason,
                }
                for _, one in sorted(best.items())
            ],
            keys=("address_id", "external_id"),
        )
        return await self._climb(best)

    async def tell_up_to(self, marks: Sequence[ToldUpTo], now: datetime) -> set[MessageId]:
        """Let everything climb that was sent and is read now: which."""
        furthest: dict[AddressId, ToldUpTo] = {}
        for mark in marks:
            before = furthest.get(mark.address)
            if before is None or mark.external_id > before.external_id:
                furthest[mark.address] = mark
        if not furthest:
            return set()
        rows = await self._sql.ask(_unread, of=sorted(furthest), since=now - _UNREAD_FOR)
        read = {
            row.id: Told(row.address_id, "", Status.READ, furthest[row.address_id].at)
            for row in rows
            if _is_up_to(row.external_id, furthest[row.address_id].external_id)
        }
        await self._raise(read)
        return set(read)

    async def catch_up(
        self, sent: Iterable[tuple[AddressId, str]], now: datetime
    ) -> set[MessageId]:
        """For sends that were recorded just now: the messenger may have been faster than we.

        Which messages climbed by it.
        """
        keys = sorted({(address, external) for address, external in sent if external})
        if not keys:
            return set()
        told = dict(await self._known(keys))
        rows = await self._sql.run(
            select(addresses.c.id, addresses.c.read_up_to).where(
                self._sql.among(addresses.c.id, sorted({address for address, _ in keys})),
                addresses.c.read_up_to.is_not(None),
            )
        )
        marks = {row.id: row.read_up_to for row in rows}
        for address, external in keys:
            if _is_up_to(external, marks.get(address, -1)):
                told[address, external] = Told(address, external, Status.READ, now)
        return await self._climb(told)

    async def forget(self, before: datetime) -> None:
        await self._sql.run(delete(receipts).where(receipts.c.at < before))

    async def _known(
        self, keys: Iterable[tuple[AddressId, str]]
    ) -> Mapping[tuple[AddressId, str], Told]:
        wanted = set(keys)
        rows = await self._sql.run(select(receipts).where(self._of(receipts, wanted)))
        return {
            key: Told(*key, Status(row.status), row.at, row.reason)
            for row in rows
            if (key := (row.address_id, row.external_id)) in wanted
        }

    def _of(self, table: Table, keys: Iterable[tuple[AddressId, str]]) -> ColumnElement[bool]:
        """At these addresses with these ids; a few rows too many, of crossed pairs."""
        addresses_, externals = {a for a, _ in keys}, {e for _, e in keys}
        return and_(
            self._sql.among(table.c.address_id, sorted(addresses_)),
            self._sql.among(table.c.external_id, sorted(externals)),
        )

    async def _climb(self, told: Mapping[tuple[AddressId, str], Told]) -> set[MessageId]:
        """A message arrived when its last part did; one part that did not is enough to say so."""
        if not told:
            return set()
        later = sends.alias("later")
        has_later = exists().where(
            later.c.message_id == sends.c.message_id, later.c.part > sends.c.part
        )
        rows = await self._sql.run(
            select(
                sends.c.address_id, sends.c.external_id, sends.c.message_id, has_later.label("more")
            ).where(self._of(sends, told))
        )
        found: dict[MessageId, Told] = {}
        for row in rows:
            one = told.get((row.address_id, row.external_id))
            if one is not None and (one.status is Status.UNDELIVERED or not row.more):
                found[row.message_id] = one
        await self._raise(found)
        return set(found)

    async def _raise(self, told: Mapping[MessageId, Told]) -> None:
        for status in {one.status for one in told.values()}:
            column = _TIMES.get(status)
            times = {column: bindparam("at", type_=column.type)} if column is not None else {}
            await self._sql.run(
                update(messages)
                .where(
                    messages.c.id == bindparam("message"),
                    one_of(messages.c.status, below(status)),
                )
                .values({messages.c.status: status, messages.c.error: bindparam("why"), **times}),
                [
                    {"message": id_, "at": one.at, "why": one.reason}
                    for id_, one in sorted(told.items())
                    if one.status is status
                ],
            )


_TIMES = {Status.DELIVERED: messages.c.delivered_at, Status.READ: messages.c.read_at}


def _unread(sql: Sql) -> Executable:
    # What was said in the messenger itself was never a send of ours: its message has the id.
    external_id = func.coalesce(sends.c.external_id, messages.c.external_id)
    return (
        select(messages.c.id, messages.c.address_id, external_id.label("external_id"))
        .outerjoin(sends, sends.c.message_id == messages.c.id)
        .where(
            sql.listed(messages.c.address_id, "of"),
            messages.c.direction == Direction.OUT,
            one_of(messages.c.status, (Status.SENT, Status.UNDELIVERED, Status.DELIVERED)),
            messages.c.created_at > bindparam("since"),
        )
    )


def _is_up_to(external_id: str, mark: int) -> bool:
    return external_id.isascii() and external_id.isdigit() and int(external_id) <= mark
