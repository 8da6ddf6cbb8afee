"""Orders, and which addresses may see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, bindparam, func, or_, select

from core.ids import AddressId, ContactId, OrderId, SiteId
from core.people import Order
from storage.codec import dump_items, load_items
from storage.sql import Sql
from storage.tables import address_orders, addresses, contacts, orders

_MOST = 50
"""Orders of one person that a dialogue may speak about, the newest."""


class Orders:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def visible(self, ids: Iterable[AddressId]) -> dict[AddressId, tuple[Order, ...]]:
        """Per address the orders of its own tokens, and all of the contact's once proven."""
        wanted = sorted(set(ids))
        found: dict[AddressId, dict[OrderId, Order]] = {id_: {} for id_ in wanted}
        for row in await self._sql.ask(_shown, ids=wanted) if wanted else ():
            found[row.address_id][row.id] = _order(row)
        return {id_: tuple(rows.values())[-_MOST:] for id_, rows in found.items()}

    async def of_proven(self, ids: Iterable[AddressId]) -> dict[AddressId, tuple[Order, ...]]:
        """All orders of the contacts behind these (proven) addresses."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        found: dict[AddressId, list[Order]] = {}
        for row in await self._sql.ask(_of_people, ids=wanted):
            found.setdefault(row.address_id, []).append(_order(row))
        return {id_: tuple(rows[-_MOST:]) for id_, rows in found.items()}

    async def save(
        self, told: Sequence[tuple[ContactId, SiteId, Order]], now: datetime
    ) -> dict[tuple[ContactId, str], OrderId]:
        """Insert or update by (contact, ref); whose id is whose.

        Where a contact that was merged into this one has the order, that one keeps it.
        """
        if not told:
            return {}
        latest = {(contact, order.ref): (site, order) for contact, site, order in told}
        holders = await self._holders(latest)
        keys = sorted(latest, key=lambda key: (holders.get(key, key[0]), key[1]))
        rows = [_columns(holders.get(key, key[0]), *latest[key], now) for key in keys]
        statement = self._sql.insert(orders)
        changing = [name for name in rows[0] if name not in ("id", "contact_id", "ref")]
        await self._sql.run(
            statement.on_conflict_do_update(
                index_elements=[orders.c.contact_id, orders.c.ref],
                set_={name: statement.excluded[name] for name in changing},
            ),
            rows,
        )
        stored = await self._sql.run(
            select(orders.c.id, orders.c.contact_id, orders.c.ref).where(
                self._sql.among(orders.c.contact_id, sorted({row["contact_id"] for row in rows})),
                self._sql.among(orders.c.ref, sorted({ref for _, ref in keys})),
            )
        )
        ids = {(row.contact_id, row.ref): row.id for row in stored}
        return {key: ids[holders.get(key, key[0]), key[1]] for key in keys}

    async def _holders(
        self, keys: Iterable[tuple[ContactId, str]]
    ) -> dict[tuple[ContactId, str], ContactId]:
        """(person, ref) → the one of their contacts that has this order, where another one has."""
        people, refs = sorted({who for who, _ in keys}), sorted({ref for _, ref in keys})
        rows = await self._sql.run(
            select(contacts.c.merged_into, orders.c.contact_id, orders.c.ref)
            .join(orders, orders.c.contact_id == contacts.c.id)
            .where(
                self._sql.among(contacts.c.merged_into, people),
                self._sql.among(orders.c.ref, refs),
            )
            .order_by(orders.c.id)
        )
        return {(row.merged_into, row.ref): row.contact_id for row in rows}

    async def show(self, pairs: Iterable[tuple[AddressId, OrderId]]) -> None:
        """From now on these addresses may see these orders."""
        rows = [{"address_id": a, "order_id": o} for a, o in sorted(set(pairs))]
        await self._sql.add_many(address_orders, rows)

    async def owner(self, site: SiteId, ref: str) -> ContactId | None:
        """The contact whose order this is, the newest where a shop used an id twice."""
        rows = await self._sql.run(
            select(func.coalesce(contacts.c.merged_into, contacts.c.id))
            .join(orders, orders.c.contact_id == contacts.c.id)
            .where(orders.c.site == site, orders.c.ref == ref)
            .order_by(orders.c.id.desc())
            .limit(1)
        )
        return rows.scalar()

    async def of_contact(self, contact: ContactId) -> list[Order]:
        """Of this person, whichever of the contacts merged into one has them."""
        return [_order(row) for row in await self._sql.ask(_of_contact, contact=contact)]


def _of_contact(_sql: Sql) -> Executable:
    person: ColumnElement[int] = bindparam("contact")
    is_theirs = or_(contacts.c.id == person, contacts.c.merged_into == person)
    members = select(contacts.c.id).where(is_theirs)
    return (
        select(orders)
        .where(orders.c.contact_id.in_(members))
        .order_by(orders.c.id.desc())
        .limit(_MOST)
    )


def _shown(sql: Sql) -> Executable:
    return (
        select(address_orders.c.address_id, orders)
        .join(orders, orders.c.id == address_orders.c.order_id)
        .where(sql.listed(address_orders.c.address_id, "ids"))
        .order_by(orders.c.id)
    )


def _of_people(sql: Sql) -> Executable:
    member = contacts.alias("member")
    person = func.coalesce(contacts.c.merged_into, contacts.c.id)
    return (
        select(addresses.c.id.label("address_id"), orders)
        .join(contacts, contacts.c.id == addresses.c.contact_id)
        .join(member, or_(member.c.id == person, member.c.merged_into == person))
        .join(orders, orders.c.contact_id == member.c.id)
        .where(sql.listed(addresses.c.id, "ids"))
        .order_by(orders.c.id)
    )


def _columns(contact: ContactId, site: SiteId, order: Order, now: datetime) -> dict[str, Any]:
    return {
        "id": order.id,
        "contact_id": contact,
        "site": site,
        "ref": order.ref,
        "number": order.number,
        "status": order.status,
        "total": order.total,
        "currency": order.currency,
        "url": order.url,
        "items": dump_items(order.items),
        "updated_at": now,
    }


def _order(row: Row[Any]) -> Order:
    items = load_items(row.items)
    return Order(row.id, row.ref, row.number, row.status, row.total, row.currency, row.url, items)
