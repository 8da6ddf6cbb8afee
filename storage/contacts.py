"""Contacts. One that was merged into another stays, and points to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, or_, select, update

from core.ids import ContactId, CustomerId, SiteId
from core.people import Contact
from storage.sql import Sql
from storage.tables import contact_tags, contacts


class Contacts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def ensure_customers(
        self, new: Sequence[Contact], now: datetime
    ) -> dict[tuple[SiteId, CustomerId], ContactId]:
        """Make the contacts of these customers where there are none yet; whose id is whose."""
        wanted: dict[tuple[SiteId, CustomerId], Contact] = {}
        for contact in new:
            if contact.site is not None and contact.customer is not None:
                wanted.setdefault((contact.site, contact.customer), contact)
        if not wanted:
            return {}
        rows = [{**_columns(wanted[key]), "created_at": now} for key in sorted(wanted)]
        await self._sql.add_many(contacts, rows)
        return await self.find_customers(wanted)

    async def find_customers(
        self, customers: Iterable[tuple[SiteId, CustomerId]]
    ) -> dict[tuple[SiteId, CustomerId], ContactId]:
        """The contact that stands for each customer, also where it was merged into another."""
        table = contacts
        rows = await self._sql.run(
            select(table.c.site, table.c.customer, table.c.id, table.c.merged_into).where(
                self._sql.among_pairs(table.c.site, table.c.customer, customers)
            )
        )
        return {(row.site, row.customer): row.merged_into or row.id for row in rows}

    async def lock(self, ids: Iterable[ContactId]) -> dict[ContactId, Contact]:
        """Lock and load, sorted. A merged one's entry is the contact that stands for it."""
        wanted = sorted(set(ids))
        found = await self._locked(wanted)
        merged = {c.merged_into for c in found.values() if c.merged_into} - set(found)
        # A merge always points at a root, so this goes one step and no further.
        roots = found | (await self._locked(sorted(merged)) if merged else {})
        return {
            id_: roots[contact.merged_into] if contact.merged_into else contact
            for id_, contact in roots.items()
        }

    async def _locked(self, ids: list[ContactId]) -> dict[ContactId, Contact]:
        rows = await self._sql.ask(_locked, ids=ids) if ids else ()
        return {row.id: contact_of(row) for row in rows}

    async def load(self, ids: Iterable[ContactId]) -> dict[ContactId, Contact]:
        """As they are, without following merges and without a lock."""
        rows = await self._sql.run(
            select(contacts).where(self._sql.among(contacts.c.id, sorted(set(ids))))
        )
        return {row.id: contact_of(row) for row in rows}

    async def merged_into(self, contact: ContactId) -> list[ContactId]:
        """The contact itself and all that were merged into it."""
        rows = await self._sql.run(
            select(contacts.c.id).where(contacts.c.merged_into == contact).limit(500)
        )
        return [contact, *(row.id for row in rows)]

    async def members(self, person: ContactId) -> list[Contact]:
        """All rows that are this person now: the one that stands for them, then the others."""
        rows = await self._sql.run(
            select(contacts)
            .where(or_(contacts.c.id == person, contacts.c.merged_into == person))
            .order_by(contacts.c.merged_into.is_not(None), contacts.c.id)
            .limit(500)
        )
        return [contact_of(row) for row in rows]

    async def part(self, gone: ContactId, moved: Sequence[ContactId], person: ContactId) -> None:
        """`gone`, merged into `person`, stands for itself again, and for those it had brought."""
        await self._sql.run(update(contacts).where(contacts.c.id == gone).values(merged_into=None))
        theirs = self._sql.among(contacts.c.id, moved)
        await self._sql.run(
            update(contacts)
            .where(theirs, contacts.c.merged_into == person)
            .values(merged_into=gone)
        )

    async def save(self, changed: Sequence[Contact]) -> None:
        if not changed:
            return
        await self._sql.update_many(contacts, [_columns(contact) for contact in changed])
        await self._sql.ask(_untagged, ids=[contact.id for contact in changed])
        await self._sql.add_many(
            contact_tags,
            [
                {"tag": tag, "contact_id": contact.id}
                for contact in changed
                for tag in sorted(contact.tags)
            ],
        )

    async def merge(self, pairs: Sequence[tuple[ContactId, ContactId]]) -> None:
        """The first of each pair from now on is the second; those merged into it follow."""
        if not pairs:
            return
        values = [{"old": old, "new": new} for old, new in sorted(pairs)]
        is_part = (contacts.c.id == bindparam("old")) | (contacts.c.merged_into == bindparam("old"))
        await self._sql.run(
            update(contacts).where(is_part).values(merged_into=bindparam("new")), values
        )


def _untagged(sql: Sql) -> Executable:
    return delete(contact_tags).where(sql.listed(contact_tags.c.contact_id, "ids"))


def _locked(sql: Sql) -> Executable:
    return (
        select(contacts)
        .where(sql.listed(contacts.c.id, "ids"))
        .order_by(contacts.c.id)
        .with_for_update(key_share=True)
    )


def _columns(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "site": contact.site,
        "customer": contact.customer,
        "name": contact.name,
        "locale": contact.locale,
        "timezone": contact.timezone,
        "attributes": dict(contact.attributes),
        "tags": sorted(contact.tags),
        "marketing_stopped_at": contact.marketing_stopped_at,
        "marketing_stopped_by": contact.marketing_stopped_by,
    }


def contact_of(row: Row[Any]) -> Contact:
    return Contact(
        id=row.id,
        site=row.site,
        customer=row.customer,
        name=row.name,
        locale=row.locale,
        timezone=row.timezone,
        attributes=row.attributes,
        tags=frozenset(row.tags),
        merged_into=row.merged_into,
        marketing_stopped_at=row.marketing_stopped_at,
        marketing_stopped_by=row.marketing_stopped_by,
    )
