"""Everybody: people found by what is known of them, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, select

from core.ids import AccountId, ContactId, TopicId
from core.people import Contact
from core.topics import SubscriptionState
from storage.contacts import contact_of
from storage.search import Search, Word
from storage.sql import Sql
from storage.tables import addresses, contact_tags, contacts, subscriptions

_MOST_TAGS = 500


class TopicState(StrEnum):
    """How an address stands to a topic; NEVER: it never had anything to do with it."""

    SUBSCRIBED = SubscriptionState.SUBSCRIBED
    PENDING = SubscriptionState.PENDING
    UNSUBSCRIBED = SubscriptionState.UNSUBSCRIBED
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is looked for; None is anybody, and no words, no accounts are nobody.

    What concerns an address holds for one and the same. `is_reachable` False: at none of these.
    `since`: they wrote then or later.
    """

    words: tuple[Word, ...] | None = None
    accounts: tuple[AccountId, ...] | None = None
    topic: TopicId | None = None
    state: TopicState = TopicState.SUBSCRIBED
    tag: str | None = None
    is_reachable: bool | None = None
    since: datetime | None = None

    @property
    def is_nobody(self) -> bool:
        return self.words == () or self.accounts == ()


class Directory:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def page(
        self, sought: Sought, limit: int, before: ContactId | None = None
    ) -> list[Contact]:
        """Those with an id below `before`, the newest first."""
        if sought.is_nobody:
            return []
        statement = self._found(sought, select(contacts))
        if before is not None:
            statement = statement.where(contacts.c.id < before)
        rows = await self._sql.run(statement.order_by(contacts.c.id.desc()).limit(limit))
        return [contact_of(row) for row in rows]

    async def chosen(self, ids: Sequence[ContactId], before: ContactId) -> list[Contact]:
        """Of these, those who are still there and have an id below `before`, the newest first."""
        rows = await self._sql.run(
            select(contacts)
            .where(
                self._sql.among(contacts.c.id, sorted(set(ids))),
                contacts.c.merged_into.is_(None),
                contacts.c.id < before,
            )
            .order_by(contacts.c.id.desc())
        )
        return [contact_of(row) for row in rows]

    async def count(self, sought: Sought, most: int) -> int:
        """How many there are; one more than `most` stands for any number above it."""
        if sought.is_nobody:
            return 0
        some = self._found(sought, select(literal(1)).select_from(contacts)).limit(most + 1)
        counted = await self._sql.run(select(func.count()).select_from(some.subquery()))
        return int(counted.scalar_one())

    async def tags(self) -> list[str]:
        """Every tag that somebody has, by name."""
        # One step per tag; DISTINCT would read the tags of everybody.
        first = select(func.min(contact_tags.c.tag).label("tag")).cte("each", recursive=True)
        following = (
            select(func.min(contact_tags.c.tag))
            .where(contact_tags.c.tag > first.c.tag)
            .scalar_subquery()
        )
        every = first.union_all(select(following).where(first.c.tag.is_not(None)))
        rows = await self._sql.run(
            select(every.c.tag).where(every.c.tag.is_not(None)).limit(_MOST_TAGS)
        )
        return [row.tag for row in rows]

    def _found(self, sought: Sought, statement: Select[Any]) -> Select[Any]:
        statement = statement.where(contacts.c.merged_into.is_(None))
        if sought.tag is not None:
            tagged = select(contact_tags.c.contact_id).where(contact_tags.c.tag == sought.tag)
            statement = statement.where(contacts.c.id.in_(tagged))
        conditions = self._of_address(sought)
        if conditions:
            statement = statement.where(contacts.c.id.in_(_people_at(conditions)))
        if sought.is_reachable is False:
            reachable = [addresses.c.is_reachable, *self._at(sought)]
            statement = statement.where(contacts.c.id.not_in(_people_at(reachable)))
        return statement

    def _of_address(self, sought: Sought) -> list[ColumnElement[bool]]:
        conditions = self._at(sought)
        if sought.words is not None:
            called = Search(self._sql).called(sought.words)
            conditions.append(addresses.c.id.in_(called))
        if sought.is_reachable is not None:
            conditions.append(addresses.c.is_reachable.is_(sought.is_reachable))
        if sought.since is not None:
            conditions.append(addresses.c.last_inbound_at >= sought.since)
        if sought.topic is not None:
            conditions.append(_stands(sought.topic, sought.state))
        return conditions

    def _at(self, sought: Sought) -> list[ColumnElement[bool]]:
        if sought.accounts is None:
            return []
        return [self._sql.among(addresses.c.account, sought.accounts)]


def _people_at(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Whose addresses these are, also by contacts merged into them."""
    whose = contacts.alias("whose")
    return (
        select(func.coalesce(whose.c.merged_into, whose.c.id))
        .select_from(addresses)
        .join(whose, whose.c.id == addresses.c.contact_id)
        .where(*conditions)
    )


def _stands(topic: TopicId, state: TopicState) -> ColumnElement[bool]:
    if state is TopicState.NEVER:
        any_row = exists().where(
            subscriptions.c.address_id == addresses.c.id, subscriptions.c.topic == topic
        )
        return ~any_row
    those = select(subscriptions.c.address_id).where(
        subscriptions.c.topic == topic, subscriptions.c.state == state
    )
    return addresses.c.id.in_(those)
