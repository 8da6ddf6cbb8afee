"""Conversations, for dialogues that change them and operators who list them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, Select, func, select

from core.conversations import Conversation, ConversationState
from core.ids import AccountId, AddressId, ContactId, ConversationId, UserId
from storage.sql import Sql
from storage.tables import addresses, answer_times, contacts, conversations

_OWN = tuple(conversations.c[name] for name in (
    "id", "address_id", "state", "opened_at", "last_message_at", "assignee_id", "unread",
    "is_handed_over", "note", "waiting_since", "account", "first_answer_at", "snoozed_until",
    "closed_at", "close_reason", "away_told_at", "answer_id", "answerer_id", "escalated_at",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation as a list shows it. `contact` is the one that stands for the person."""

    conversation: Conversation
    account: AccountId
    user: UserId
    contact: ContactId
    name: str
    is_reachable: bool
    is_held: bool
    blocked_at: datetime | None = None
    muted_until: datetime | None = None
    heard: int = 0

    @property
    def may_be_told(self) -> bool:
        """Whether something can be said there."""
        return self.is_reachable and self.blocked_at is None


class Conversations:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def load(self, ids: Iterable[AddressId]) -> dict[AddressId, Conversation]:
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_of_addresses, ids=wanted) if wanted else ()
        return {row.address_id: _conversation(row) for row in rows}

    async def save(self, rows: Sequence[Conversation]) -> None:
        await self._sql.upsert_many(
            conversations,
            [
                {
                    "id": row.id,
                    "address_id": row.address,
                    "state": row.state,
                    "opened_at": row.opened_at,
                    "last_message_at": row.last_message_at,
                    "assignee_id": row.assignee,
                    "unread": row.unread,
                    "is_handed_over": row.is_handed_over,
                    "note": row.note,
                    "waiting_since": row.waiting_since,
                    "account": row.account,
                    "first_answer_at": row.first_answer_at,
                    "snoozed_until": row.snoozed_until,
                    "closed_at": row.closed_at,
                    "close_reason": row.close_reason,
                    "away_told_at": row.away_told_at,
                    "answer_id": row.answer,
                    "answerer_id": row.answerer,
                    "escalated_at": row.escalated_at,
                }
                for row in sorted(rows, key=lambda row: row.address)
            ],
            keys=("id",),
            fixed=("address_id", "account"),
        )

    async def answered(self, rows: Sequence[Conversation]) -> None:
        """A person has just answered these for the first time since they were opened."""
        await self._sql.add_many(
            answer_times,
            [
                {
                    "conversation_id": row.id,
                    "opened_at": row.opened_at,
                    "answered_at": row.first_answer_at,
                }
                for row in sorted(rows, key=lambda row: row.id)
            ],
        )

    async def find(self, ids: Iterable[ConversationId]) -> list[Listed]:
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_found, ids=wanted) if wanted else ()
        return [listed_of(row) for row in rows]

    async def of_addresses(self, ids: Iterable[AddressId]) -> list[Listed]:
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_found_by_address, ids=wanted) if wanted else ()
        return [listed_of(row) for row in rows]

    async def due(self, now: datetime, limit: int, accounts: Iterable[AccountId]) -> list[Listed]:
        """Snoozed ones whose time has come, the longest due first."""
        rows = await self._sql.run(
            listing()
            .where(
                conversations.c.snoozed_until <= now,
                self._sql.among(conversations.c.account, sorted(accounts) or [""]),
            )
            .order_by(conversations.c.snoozed_until)
            .limit(limit)
        )
        return [listed_of(row) for row in rows]

    async def counts(self) -> dict[str, int]:
        """State → how many."""
        rows = await self._sql.run(
            select(conversations.c.state, func.count().label("many")).group_by(
                conversations.c.state
            )
        )
        return {row.state: row.many for row in rows}


def _of_addresses(sql: Sql) -> Executable:
    return select(conversations).where(sql.listed(conversations.c.address_id, "ids"))


def _found(sql: Sql) -> Executable:
    return listing().where(sql.listed(conversations.c.id, "ids"))


def _found_by_address(sql: Sql) -> Executable:
    return listing().where(sql.listed(conversations.c.address_id, "ids"))


def listing() -> Select[Any]:
    """Selects what `listed_of` reads."""
    root = contacts.alias("root")
    return (
        select(
            *_OWN,
            addresses.c.user,
            addresses.c.first_name,
            addresses.c.last_name,
            addresses.c.is_reachable,
            addresses.c.held_since,
            addresses.c.blocked_at,
            addresses.c.muted_until,
            addresses.c.heard,
            func.coalesce(contacts.c.merged_into, contacts.c.id).label("root_id"),
            func.coalesce(root.c.name, contacts.c.name).label("contact_name"),
        )
        .join(addresses, addresses.c.id == conversations.c.address_id)
        .join(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(root, root.c.id == contacts.c.merged_into)
    )


def listed_of(row: Row[Any]) -> Listed:
    """A row that `listing` selected."""
    own_name = " ".join(part for part in (row.first_name, row.last_name) if part)
    return Listed(
        conversation=_conversation(row),
        account=row.account,
        user=row.user,
        contact=row.root_id,
        name=row.contact_name or own_name or row.user,
        is_reachable=row.is_reachable,
        is_held=row.held_since is not None,
        blocked_at=row.blocked_at,
        muted_until=row.muted_until,
        heard=row.heard,
    )


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        address=row.address_id,
        account=row.account,
        state=ConversationState(row.state),
        opened_at=row.opened_at,
        last_message_at=row.last_message_at,
        assignee=row.assignee_id,
        unread=row.unread,
        is_handed_over=row.is_handed_over,
        note=row.note,
        waiting_since=row.waiting_since,
        first_answer_at=row.first_answer_at,
        snoozed_until=row.snoozed_until,
        closed_at=row.closed_at,
        close_reason=row.close_reason,
        away_told_at=row.away_told_at,
        answer=row.answer_id,
        answerer=row.answerer_id,
        escalated_at=row.escalated_at,
    )
