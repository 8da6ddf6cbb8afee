"""Lists of conversations as operators read them: filtered, in three orders, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Executable, Select, func, literal, select, tuple_

from core.conversations import ConversationState
from core.ids import AccountId, ConversationId, OperatorId, TopicId
from core.topics import SubscriptionState
from storage.conversations import Listed, listed_of, listing
from storage.sql import Sql
from storage.tables import conversation_labels, conversations, labels, subscriptions

MOST_COUNTED = 1000
"""Where there are more, nobody wants to know how many, and counting them would take too long."""


class Order(StrEnum):
    LATEST = "latest"
    UNREAD = "unread"
    """What has something unread first, then the others; each the latest first."""
    WAITING = "waiting"
    """Only those where somebody waits, the longest first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations. None everywhere: all of them."""

    state: ConversationState | None = None
    assignee: OperatorId | None = None
    is_unassigned: bool = False
    accounts: tuple[AccountId, ...] | None = None
    label: int | None = None
    topic: TopicId | None = None
    order: Order = Order.LATEST


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation's place in a list; `is_unread` matters where unread ones come first."""

    at: datetime
    id: int
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    name: str
    color: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Each up to MOST_COUNTED + 1; `theirs` of each operator who has open ones."""

    open: int
    unassigned: int
    snoozed: int
    theirs: Mapping[OperatorId, int]


_Found: TypeAlias = Sequence[Listed]


class Lists:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def page(self, wanted: Wanted, after: Place | None, limit: int) -> list[Listed]:
        """The next `limit` of them after a place, from the top without one."""
        if wanted.accounts is not None and not wanted.accounts:
            return []
        if wanted.order is Order.WAITING:
            return list(await self._waiting(wanted, after, limit))
        if wanted.order is Order.LATEST:
            return list(await self._latest(wanted, after, limit, None))
        found: list[Listed] = []
        if after is None or after.is_unread:
            found += await self._latest(wanted, after, limit, conversations.c.unread > 0)
            after = None
        if len(found) < limit:
            read = conversations.c.unread == 0
            found += await self._latest(wanted, after, limit - len(found), read)
        return found

    async def _latest(
        self, wanted: Wanted, after: Place | None, limit: int, more: ColumnElement[bool] | None
    ) -> _Found:
        statement = self._filtered(wanted)
        if more is not None:
            statement = statement.where(more)
        place = tuple_(conversations.c.last_message_at, conversations.c.id)
        if after is not None:
            statement = statement.where(place < _literal(after))
        ordered = statement.order_by(
            conversations.c.last_message_at.desc(), conversations.c.id.desc()
        )
        return [listed_of(row) for row in await self._sql.run(ordered.limit(limit))]

    async def _waiting(self, wanted: Wanted, after: Place | None, limit: int) -> _Found:
        table = conversations.c
        statement = self._filtered(wanted).where(table.waiting_since.is_not(None))
        if after is not None:
            statement = statement.where(tuple_(table.waiting_since, table.id) > _literal(after))
        ordered = statement.order_by(table.waiting_since, table.id)
        return [listed_of(row) for row in await self._sql.run(ordered.limit(limit))]

    def _filtered(self, wanted: Wanted) -> Select[Any]:
        statement, table = listing(), conversations.c
        if wanted.state is not None:
            statement = statement.where(table.state == wanted.state)
        if wanted.assignee is not None:
            statement = statement.where(table.assignee_id == wanted.assignee)
        if wanted.is_unassigned:
            statement = statement.where(table.assignee_id.is_(None))
        if wanted.accounts is not None:
            one, *others = wanted.accounts
            # One account is the index's own order; several are not.
            is_theirs = (
                self._sql.among(table.account, wanted.accounts) if others else table.account == one
            )
            statement = statement.where(is_theirs)
        if wanted.label is not None:
            labelled = select(conversation_labels.c.conversation_id).where(
                conversation_labels.c.label_id == wanted.label
            )
            statement = statement.where(table.id.in_(labelled))
        if wanted.topic is not None:
            subscribed = select(literal(1)).where(
                subscriptions.c.address_id == table.address_id,
                subscriptions.c.topic == wanted.topic,
                subscriptions.c.state == SubscriptionState.SUBSCRIBED,
            )
            statement = statement.where(subscribed.exists())
        return statement

    async def counts(self, operators: Iterable[OperatorId]) -> Counts:
        [row] = await self._sql.ask(_counts)
        wanted = sorted(set(operators))
        rows = await self._sql.ask(_theirs, ids=wanted) if wanted else ()
        mine = {one.assignee_id: one.many for one in rows}
        return Counts(row.open, row.unassigned, row.snoozed, mine)

    async def labels(self) -> list[Label]:
        rows = await self._sql.ask(_labels)
        return [Label(row.id, row.name, row.color) for row in rows]

    async def labels_of(
        self, ids: Iterable[ConversationId]
    ) -> dict[ConversationId, tuple[Label, ...]]:
        """Of each of these conversations that has any, by name."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        rows = await self._sql.ask(_labels_of, ids=wanted)
        found: dict[ConversationId, tuple[Label, ...]] = {}
        for row in rows:
            label = Label(row.id, row.name, row.color)
            found[row.conversation_id] = (*found.get(row.conversation_id, ()), label)
        return found


def _labels(_sql: Sql) -> Executable:
    return select(labels).order_by(labels.c.name).limit(500)


def _labels_of(sql: Sql) -> Executable:
    return (
        select(conversation_labels.c.conversation_id, labels)
        .join(labels, labels.c.id == conversation_labels.c.label_id)
        .where(sql.listed(conversation_labels.c.conversation_id, "ids"))
        .order_by(labels.c.name)
    )


def _literal(place: Place) -> Any:
    types = (conversations.c.last_message_at.type, conversations.c.id.type)
    return tuple_(literal(place.at, types[0]), literal(place.id, types[1]))


def _counts(_sql: Sql) -> Executable:
    table = conversations.c
    is_open = table.state == ConversationState.OPEN
    return select(
        _counted(is_open).label("open"),
        _counted(is_open, table.assignee_id.is_(None)).label("unassigned"),
        _counted(table.state == ConversationState.SNOOZED).label("snoozed"),
    )


def _theirs(sql: Sql) -> Executable:
    table = conversations.c
    return (
        select(table.assignee_id, func.count().label("many"))
        .where(sql.listed(table.assignee_id, "ids"), table.state == ConversationState.OPEN)
        .group_by(table.assignee_id)
    )


def _counted(*conditions: ColumnElement[bool]) -> Any:
    some = select(literal(1)).select_from(conversations).where(*conditions)
    capped = some.limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()
