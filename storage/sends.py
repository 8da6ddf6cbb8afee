"""The queue of sends: platform messages that wait, are under way, or have an outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core.content import Content
from core.ids import AccountId, AddressId, MessageId, SendId, TopicId, UserId
from core.messages import Author, MessageClass, Status
from core.policy import Standing
from core.topics import SubscriptionState
from storage import send_statements as statements
from storage.attempts import Attempt, Attempts
from storage.codec import dump_content, load_content
from storage.sql import Sql
from storage.tables import messages, sends


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
class Outlook:
    """What there is for a sender to do. `due_at`: when the earliest of those that wait is due.

    `alter_at` is when the earliest alteration of an answer may be claimed.
    """

    is_ready: bool
    has_lapsed: bool
    due_at: datetime | None
    alter_at: datetime | None = None


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
    under_way_until: datetime | None = None
    """Of one whose owner ended: until when it was to be done."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of an attempt. `due_at` goes with QUEUED, `external_id` with SENT."""

    send: SendId
    message: MessageId
    address: AddressId
    attempt: int
    status: Status
    error: str = ""
    due_at: datetime | None = None
    external_id: str = ""
    is_free: bool = False
    """The attempt does not count: the platform asked us to wait, or it was never made."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A send whose files the messenger has; `attempt` is the one that brought them."""

    send: SendId
    attempt: int
    content: Content


@dataclass(frozen=True, slots=True)
class SendStory:
    """One part of a message. `claimed_at` None: it never was, or before this was kept."""

    id: SendId
    part: int
    status: Status
    claimed_at: datetime | None
    due_at: datetime


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
                    "random_id": _number(row.id),
                    "external_id": "",
                    "content": dump_content(row.content),
                }
                for row in rows
            ],
        )

    async def wake(self, account: AccountId, now: datetime) -> None:
        """What waited for its time and is due takes its place in the queue again."""
        await self._sql.ask(statements.wake, of=account, now=now)

    async def ready(self, account: AccountId, limit: int) -> list[Candidate]:
        """What may go next, by priority and age; at most one per address.

        First in, first out per (address, class), save for what is put off or waits to be retried;
        nothing for an address with a send under way or with a message half gone.
        """
        rows = await self._sql.ask(statements.ready, of=account, most=limit)
        first: dict[AddressId, Candidate] = {}
        for row in rows:
            first.setdefault(row.address_id, Candidate(row.id, row.address_id))
        return list(first.values())

    async def next_due_at(self, account: AccountId) -> datetime | None:
        """When the earliest of those that wait for a time is due; None without one."""
        rows = await self._sql.ask(statements.next_due_at, of=account)
        return rows[0].due_at if rows else None

    async def outlook(self, account: AccountId, now: datetime) -> Outlook:
        """In one statement, since senders ask it whenever they wake."""
        rows = await self._sql.ask(statements.outlook, of=account, now=now)
        row = rows[0]
        return Outlook(bool(row.is_ready), bool(row.has_lapsed), row.due_at, row.alter_at)

    async def waiting(self, ids: Iterable[SendId]) -> list[Waiting]:
        """Those still queued, by the order of `ready`. Lock their addresses before this."""
        wanted = sorted(set(ids))
        rows = await self._sql.ask(statements.fresh, ids=wanted) if wanted else ()
        return [_waiting(row) for row in rows]

    async def claim(
        self,
        ids: Sequence[SendId],
        messages_of: Iterable[MessageId],
        now: datetime,
        until: datetime,
    ) -> None:
        """They are under way from now on; nobody else touches them before `until`."""
        if not ids:
            return
        await self._sql.ask(statements.claim, ids=list(ids), now=now, until=until)
        await self._sql.ask(statements.claim_messages, ids=sorted(set(messages_of)))

    async def number(self, numbers: Sequence[tuple[SendId, int]]) -> None:
        """Give these sends, claimed and not yet made, another random id."""
        rows = [{"send": send, "number": number} for send, number in numbers]
        await self._sql.ask_many(statements.number, rows)

    async def rename(self, contents: Sequence[tuple[SendId, Content]]) -> None:
        """Write these contents, with the messenger's names for their files."""
        rows = [{"id": send, "content": dump_content(content)} for send, content in contents]
        await self._sql.update_many(sends, rows)

    async def prepared(self, done: Sequence[Prepared]) -> None:
        """They wait for their turn again; the attempt does not count."""
        await self._sql.ask_many(
            statements.prepared,
            [
                {"send": one.send, "attempt": one.attempt, "ready": dump_content(one.content)}
                for one in done
            ],
        )

    async def lapsed(self, account: AccountId, now: datetime, limit: int) -> list[Waiting]:
        """Sends that an owner left under way and whose time is over: nobody knows their fate."""
        ids = [
            row.id
            for row in await self._sql.run(
                select(sends.c.id)
                .where(
                    sends.c.account == account,
                    statements.IS_SENDING,
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
                load_content(row.content), nobody, row.sending_until,
            )
            for row in rows
        ]  # fmt: skip

    async def record(self, outcomes: Sequence[Recorded], now: datetime) -> None:
        """Write outcomes of attempts. Always allowed: each names the attempt it belongs to."""
        if not outcomes:
            return
        await self._sql.ask_many(
            statements.record,
            [
                {
                    "send": one.send,
                    "attempt": one.attempt,
                    "new_status": one.status,
                    "new_due_at": one.due_at,
                    "new_external_id": one.external_id,
                    "new_waiting": one.due_at is not None and one.due_at > now,
                    "free": int(one.is_free),
                    # What was surely not taken shares no number with others any more.
                    "own": _number(one.send) if one.is_free and one.attempt == 1 else None,
                }
                for one in outcomes
            ],
        )
        await self._tell_of(outcomes, now)
        await self._settle(outcomes, now)

    async def _tell_of(self, outcomes: Sequence[Recorded], now: datetime) -> None:
        """Of what was sent its message tells all; only what came otherwise is kept apart."""
        await Attempts(self._sql).add(
            [
                Attempt(one.send, one.message, now, one.attempt, one.status, one.error, one.due_at)
                for one in outcomes
                if one.status is not Status.SENT
            ]
        )

    async def story(self, message: MessageId) -> list[SendStory]:
        """Its parts, in their order."""
        rows = await self._sql.run(
            select(sends).where(sends.c.message_id == message).order_by(sends.c.part).limit(100)
        )
        return [
            SendStory(row.id, row.part, Status(row.status), row.claimed_at, row.due_at)
            for row in rows
        ]

    async def _settle(self, outcomes: Sequence[Recorded], now: datetime) -> None:
        """What the outcomes of parts make of their messages."""
        failed = {
            one.message: one for one in outcomes if one.status not in (Status.SENT, Status.QUEUED)
        }
        if failed:
            await self._sql.ask(statements.cancel_rest, ids=sorted(failed))
        # Half of a message went: the rest goes before anything else to this address.
        went = sorted({one.message for one in outcomes if one.status is Status.SENT} - set(failed))
        rest: set[MessageId] = set()
        if went:
            waiting = await self._sql.ask(statements.run_on, ids=went)
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
        await self._sql.ask_many(
            statements.settle_message,
            sorted(values, key=lambda value: value["message"]),
        )

    async def confirm(
        self, shown: Sequence[tuple[AddressId, int, str]], now: datetime
    ) -> set[MessageId]:
        """The messenger shows (address, random id, external id): what we gave up on did arrive.

        The messages that were sent by that.

        One that is under way is left alone: its own answer comes, or its time ends.
        """
        if not shown:
            return set()
        externals = {(address, random_id): external for address, random_id, external in shown}
        rows = await self._sql.run(
            select(sends.c.id, sends.c.address_id, sends.c.random_id, sends.c.message_id).where(
                self._sql.among(sends.c.address_id, sorted({a for a, _ in externals})),
                sends.c.external_id == "",
                statements.one_of(sends.c.status, (Status.UNKNOWN, Status.FAILED, Status.QUEUED)),
                sends.c.attempts > 0,
            )
        )
        found = [row for row in rows if (row.address_id, row.random_id) in externals]
        if not found:
            return set()
        await self._sql.ask_many(
            statements.confirm,
            [
                {"send": row.id, "known_as": externals[row.address_id, row.random_id]}
                for row in found
            ],
        )
        went = sorted({row.message_id for row in found})
        waiting = await self._sql.ask(statements.run_on, ids=went)
        complete = set(went) - {row.message_id for row in waiting}
        await self._sql.ask_many(
            statements.confirm_message, [{"message": id_, "at": now} for id_ in sorted(complete)]
        )
        return complete

    async def depth(self) -> dict[tuple[AccountId, str], int]:
        """(account, status) → how many wait or are under way."""
        rows = await self._sql.run(
            select(sends.c.account, sends.c.status, func.count().label("many"))
            .where(sends.c.status.in_((Status.QUEUED, Status.SENDING)))
            .group_by(sends.c.account, sends.c.status)
        )
        return {(row.account, row.status): row.many for row in rows}


def _number(send: SendId) -> int:
    """A send's own random id; platforms that know a repeated send by it take 31 bits."""
    return (send ^ (send >> 31)) & 0x7FFFFFFF


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
            is_before_stop=(
                row.stop is not None
                and row.message_id < row.stop
                and row.author not in (Author.OPERATOR, Author.API)
            ),
            is_blocked=row.blocked_at is not None,
            # The only thing that we say by ourselves, without a flow, and not as a reply.
            is_question=row.author == Author.SYSTEM and row.cls != MessageClass.REPLY,
            is_of_flow=row.author == Author.FLOW,
            is_operators=row.operator_id is not None,
        ),
    )
