"""The queue of sends: platform messages that wait, are under way, or have an outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.content import Content
from core.ids import AccountId, AddressId, MessageId, SendId, TopicId, UserId
from core.messages import MessageClass, Status
from core.policy import Standing
from core.topics import SubscriptionState
from storage.codec import dump_content, load_content
from storage.sql import Sql
from storage.tables import addresses, contacts, messages, sends, subscriptions

# As literals, so that the planner sees that the partial indexes fit.
_IS_QUEUED = sends.c.status == literal_column("'queued'")
_IS_SENDING = sends.c.status == literal_column("'sending'")
RUNNING_ON = -1
"""The priority of the rest of a message whose first part has gone."""


@dataclass(frozen=True, slots=True)
class NewSend:
    id: SendId
    message: MessageId
    part: int
    account: AccountId
    address: AddressId
    cls: MessageClass
    due_at: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Candidate:
    """A send that could be claimed now."""

    id: SendId
    address: AddressId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A send about to be claimed, with fresh rows: what the policy judges."""

    id: SendId
    message: MessageId
    part: int
    address: AddressId
    user: UserId
    cls: MessageClass
    topic: TopicId | None
    expires_at: datetime | None
    attempts: int
    random_id: int
    content: Content
    standing: Standing


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of an attempt. `due_at` goes with QUEUED, `external_id` with SENT."""

    send: SendId
    message: MessageId
    attempt: int
    status: Status
    error: str = ""
    due_at: datetime | None = None
    external_id: str = ""
    is_free: bool = False
    """The attempt does not count: the platform asked us to wait, or it was never made."""


class Sends:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, rows: Sequence[NewSend]) -> None:
        await self._sql.insert_many(
            sends,
            [
                {
                    "id": row.id,
                    "message_id": row.message,
                    "part": row.part,
                    "account": row.account,
                    "address_id": row.address,
                    "priority": row.cls.priority,
                    "status": Status.QUEUED,
                    "due_at": row.due_at,
                    "attempts": 0,
                    "is_waiting": False,
                    # Platforms that know a repeated send by its number take 31 bits.
                    "random_id": (row.id ^ (row.id >> 31)) & 0x7FFFFFFF,
                    "external_id": "",
                    "content": dump_content(row.content),
                }
                for row in rows
            ],
        )

    async def wake(self, account: AccountId, now: datetime) -> None:
        """What waited for its time and is due takes its place in the queue again."""
        await self._sql.run(
            update(sends)
            .where(
                sends.c.account == account,
                _IS_QUEUED,
                sends.c.is_waiting,
                sends.c.due_at <= now,
            )
            .values(is_waiting=False)
        )

    async def ready(self, account: AccountId, limit: int) -> list[Candidate]:
        """What may go next, by priority and age; at most one per address.

        First in, first out per (address, class), save for what is put off or waits to be retried;
        nothing for an address with a send under way or with a message half gone.
        """
        other = sends.alias("other")
        same = and_(
            other.c.address_id == sends.c.address_id,
            other.c.id != sends.c.id,
            other.c.status.in_((literal_column("'queued'"), literal_column("'sending'"))),
        )
        under_way = exists().where(same, other.c.status == Status.SENDING)
        half_gone = exists().where(
            same, other.c.status == Status.QUEUED, other.c.priority == RUNNING_ON
        )
        before = exists().where(
            same,
            other.c.status == Status.QUEUED,
            other.c.priority == sends.c.priority,
            other.c.id < sends.c.id,
            or_(~other.c.is_waiting, other.c.message_id == sends.c.message_id),
        )
        rows = await self._sql.run(
            select(sends.c.id, sends.c.address_id)
            .where(
                sends.c.account == account,
                _IS_QUEUED,
                ~sends.c.is_waiting,
                ~under_way,
                or_(sends.c.priority == RUNNING_ON, ~half_gone),
                ~before,
            )
            .order_by(sends.c.priority, sends.c.id)
            .limit(limit)
        )
        first: dict[AddressId, Candidate] = {}
        for row in rows:
            first.setdefault(row.address_id, Candidate(row.id, row.address_id))
        return list(first.values())

    async def next_due_at(self, account: AccountId) -> datetime | None:
        """When the earliest of those that wait for a time is due; None without one."""
        rows = await self._sql.run(
            select(sends.c.due_at)
            .where(sends.c.account == account, _IS_QUEUED, sends.c.is_waiting)
            .order_by(sends.c.due_at)
            .limit(1)
        )
        return rows.scalar()

    async def has_ready(self, account: AccountId) -> bool:
        rows = await self._sql.run(
            select(sends.c.id)
            .where(sends.c.account == account, _IS_QUEUED, ~sends.c.is_waiting)
            .limit(1)
        )
        return rows.first() is not None

    async def waiting(self, ids: Iterable[SendId]) -> list[Waiting]:
        """Those still queued, by the order of `ready`. Lock their addresses before this."""
        root = contacts.alias("root")
        rows = await self._sql.run(
            select(
                sends,
                messages.c.cls,
                messages.c.topic,
                messages.c.expires_at,
                addresses.c.user,
                addresses.c.is_reachable,
                addresses.c.held_since,
                subscriptions.c.state,
                subscriptions.c.since,
                func.coalesce(root.c.timezone, contacts.c.timezone).label("timezone"),
                root.c.id.label("root_id"),
                root.c.marketing_stopped_at.label("root_stopped_at"),
                contacts.c.marketing_stopped_at.label("own_stopped_at"),
            )
            .join(messages, messages.c.id == sends.c.message_id)
            .join(addresses, addresses.c.id == sends.c.address_id)
            .join(contacts, contacts.c.id == addresses.c.contact_id)
            .outerjoin(root, root.c.id == contacts.c.merged_into)
            .outerjoin(
                subscriptions,
                and_(
                    subscriptions.c.address_id == sends.c.address_id,
                    subscriptions.c.topic == messages.c.topic,
                ),
            )
            .where(self._sql.among(sends.c.id, sorted(set(ids))), sends.c.status == Status.QUEUED)
            .order_by(sends.c.priority, sends.c.id)
        )
        return [_waiting(row) for row in rows]

    async def claim(
        self, ids: Sequence[SendId], messages_of: Iterable[MessageId], until: datetime
    ) -> None:
        """They are under way from now on; nobody else touches them before `until`."""
        if not ids:
            return
        await self._sql.run(
            update(sends)
            .where(self._sql.among(sends.c.id, ids), sends.c.status == Status.QUEUED)
            .values(
                status=Status.SENDING,
                sending_until=until,
                attempts=sends.c.attempts + 1,
                is_waiting=False,
            )
        )
        await self._sql.run(
            update(messages)
            .where(
                self._sql.among(messages.c.id, sorted(set(messages_of))),
                messages.c.status == Status.QUEUED,
            )
            .values(status=Status.SENDING)
        )

    async def has_lapsed(self, account: AccountId, now: datetime) -> bool:
        rows = await self._sql.run(
            select(sends.c.id)
            .where(
                sends.c.account == account,
                _IS_SENDING,
                sends.c.sending_until <= now,
            )
            .limit(1)
        )
        return rows.first() is not None

    async def lapsed(self, account: AccountId, now: datetime, limit: int) -> list[Waiting]:
        """Sends that an owner left under way and whose time is over: nobody knows their fate."""
        ids = [
            row.id
            for row in await self._sql.run(
                select(sends.c.id)
                .where(
                    sends.c.account == account,
                    _IS_SENDING,
                    sends.c.sending_until <= now,
                )
                .limit(limit)
            )
        ]
        if not ids:
            return []
        rows = await self._sql.run(
            select(sends, messages.c.cls)
            .join(messages, messages.c.id == sends.c.message_id)
            .where(self._sql.among(sends.c.id, ids))
        )
        nobody = Standing(True, False, None, None, None, "")
        return [
            Waiting(
                row.id, row.message_id, row.part, row.address_id, UserId(""),
                MessageClass(row.cls), None, None, row.attempts, row.random_id,
                load_content(row.content), nobody,
            )
            for row in rows
        ]  # fmt: skip

    async def record(self, outcomes: Sequence[Recorded], now: datetime) -> None:
        """Write outcomes of attempts. Always allowed: each names the attempt it belongs to."""
        if not outcomes:
            return
        await self._sql.run(
            update(sends)
            .where(
                sends.c.id == bindparam("send"),
                sends.c.attempts == bindparam("attempt"),
                _one_of(sends.c.status, (Status.SENDING, Status.QUEUED)),
            )
            .values(
                status=bindparam("new_status"),
                due_at=func.coalesce(
                    bindparam("new_due_at", type_=sends.c.due_at.type), sends.c.due_at
                ),
                external_id=bindparam("new_external_id"),
                is_waiting=bindparam("new_waiting"),
                sending_until=None,
                attempts=sends.c.attempts - bindparam("free", type_=sends.c.attempts.type),
            ),
            [
                {
                    "send": one.send,
                    "attempt": one.attempt,
                    "new_status": one.status,
                    "new_due_at": one.due_at,
                    "new_external_id": one.external_id,
                    "new_waiting": one.due_at is not None and one.due_at > now,
                    "free": int(one.is_free),
                }
                for one in outcomes
            ],
        )
        await self._settle(outcomes, now)

    async def _settle(self, outcomes: Sequence[Recorded], now: datetime) -> None:
        """What the outcomes of parts make of their messages."""
        failed = {
            one.message: one for one in outcomes if one.status not in (Status.SENT, Status.QUEUED)
        }
        if failed:
            await self._sql.run(
                update(sends)
                .where(
                    self._sql.among(sends.c.message_id, sorted(failed)),
                    sends.c.status == Status.QUEUED,
                )
                .values(status=Status.CANCELLED)
            )
        # Half of a message went: the rest goes before anything else to this address.
        went = sorted({one.message for one in outcomes if one.status is Status.SENT} - set(failed))
        rest: set[MessageId] = set()
        if went:
            waiting = await self._sql.run(
                update(sends)
                .where(self._sql.among(sends.c.message_id, went), sends.c.status == Status.QUEUED)
                .values(priority=RUNNING_ON)
                .returning(sends.c.message_id)
            )
            rest = {row.message_id for row in waiting}
        await self._settle_messages(outcomes, failed, set(went) - rest, now)

    async def _settle_messages(
        self,
        outcomes: Sequence[Recorded],
        failed: dict[MessageId, Recorded],
        complete: set[MessageId],
        now: datetime,
    ) -> None:
        values: list[dict[str, Any]] = [
            {"message": m, "new_status": one.status, "new_error": one.error, "new_sent_at": None}
            for m, one in failed.items()
        ]
        values += [
            {"message": m, "new_status": Status.SENT, "new_error": "", "new_sent_at": now}
            for m in complete
        ]
        values += [
            {
                "message": one.message,
                "new_status": Status.QUEUED,
                "new_error": one.error,
                "new_sent_at": None,
            }
            for one in outcomes
            if one.status is Status.QUEUED and one.message not in failed
        ]
        if not values:
            return
        await self._sql.run(
            update(messages)
            .where(
                messages.c.id == bindparam("message"),
                _one_of(messages.c.status, (Status.QUEUED, Status.SENDING, Status.UNKNOWN)),
            )
            .values(
                status=bindparam("new_status"),
                error=bindparam("new_error"),
                sent_at=bindparam("new_sent_at", type_=messages.c.sent_at.type),
            ),
            sorted(values, key=lambda value: value["message"]),
        )

    async def apply_receipts(self, told: Sequence[tuple[AccountId, str, Status, datetime]]) -> None:
        """Climb the messages whose last part these (account, external id) are."""
        if not told:
            return
        rows = await self._sql.run(
            select(sends.c.account, sends.c.external_id, sends.c.message_id).where(
                self._sql.among_pairs(
                    sends.c.account, sends.c.external_id, [(a, e) for a, e, _, _ in told]
                )
            )
        )
        message_of = {(row.account, row.external_id): row.message_id for row in rows}
        below = {
            Status.DELIVERED: (Status.SENT, Status.UNKNOWN, Status.FAILED, Status.SENDING),
            Status.READ: (
                Status.SENT, Status.UNKNOWN, Status.FAILED, Status.SENDING, Status.DELIVERED,
            ),
        }  # fmt: skip
        for status, lower in below.items():
            column = messages.c.delivered_at if status is Status.DELIVERED else messages.c.read_at
            values = [
                {"message": message_of[a, e], "at": at}
                for a, e, s, at in told
                if s is status and (a, e) in message_of
            ]
            if values:
                await self._sql.run(
                    update(messages)
                    .where(messages.c.id == bindparam("message"), _one_of(messages.c.status, lower))
                    .values(
                        {messages.c.status: status, column: bindparam("at", type_=column.type)}
                    ),
                    values,
                )

    async def depth(self) -> dict[tuple[AccountId, str], int]:
        """(account, status) → how many wait or are under way."""
        rows = await self._sql.run(
            select(sends.c.account, sends.c.status, func.count().label("many"))
            .where(sends.c.status.in_((Status.QUEUED, Status.SENDING)))
            .group_by(sends.c.account, sends.c.status)
        )
        return {(row.account, row.status): row.many for row in rows}


def _one_of(column: ColumnElement[str], statuses: Iterable[Status]) -> ColumnElement[bool]:
    """Like IN, which a statement for many rows at once cannot have."""
    return or_(*(column == status for status in statuses))


def _waiting(row: Any) -> Waiting:
    stopped_at = row.root_stopped_at if row.root_id is not None else row.own_stopped_at
    return Waiting(
        id=row.id,
        message=row.message_id,
        part=row.part,
        address=row.address_id,
        user=row.user,
        cls=MessageClass(row.cls),
        topic=row.topic,
        expires_at=row.expires_at,
        attempts=row.attempts,
        random_id=row.random_id,
        content=load_content(row.content),
        standing=Standing(
            is_reachable=row.is_reachable,
            is_held=row.held_since is not None,
            state=SubscriptionState(row.state) if row.state else None,
            since=row.since,
            marketing_stopped_at=stopped_at,
            timezone=row.timezone,
        ),
    )
