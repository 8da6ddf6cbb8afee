"""Addresses: making them, locking them in one order, writing them back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from core.ids import AccountId, AddressId, ContactId, UserId
from core.people import Address, Profile
from storage.sql import Sql
from storage.tables import addresses, contacts

Where = tuple[AccountId, UserId]


class Addresses:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def known(self, where: Iterable[Where]) -> set[Where]:
        rows = await self._sql.run(
            select(addresses.c.account, addresses.c.user).where(
                self._sql.among_pairs(addresses.c.account, addresses.c.user, where)
            )
        )
        return {(row.account, row.user) for row in rows}

    async def add(self, new: Sequence[Address], now: datetime) -> None:
        """Each with a contact of its own. One that another node just made is left as it is."""
        if not new:
            return
        await self._sql.insert_many(
            contacts,
            [{"id": a.contact, "attributes": {}, "tags": [], "created_at": now} for a in new],
        )
        ordered = sorted(new, key=lambda address: (address.account, address.user))
        statement = self._sql.insert(addresses).on_conflict_do_nothing()
        await self._sql.run(statement, [{**_columns(a), "created_at": now} for a in ordered])

    async def lock(self, where: Iterable[Where]) -> dict[Where, Address]:
        """Lock them, sorted by id; those that exist, fresh as of the lock."""
        rows = await self._sql.run(
            select(addresses)
            .where(self._sql.among_pairs(addresses.c.account, addresses.c.user, where))
            .order_by(addresses.c.id)
            .with_for_update(key_share=True)
        )
        return {(row.account, row.user): _address(row) for row in rows}

    async def lock_ids(self, ids: Iterable[AddressId]) -> dict[AddressId, Address]:
        rows = await self._sql.run(
            select(addresses)
            .where(self._sql.among(addresses.c.id, sorted(set(ids))))
            .order_by(addresses.c.id)
            .with_for_update(key_share=True)
        )
        return {row.id: _address(row) for row in rows}

    async def load(self, ids: Iterable[AddressId]) -> dict[AddressId, Address]:
        rows = await self._sql.run(
            select(addresses).where(self._sql.among(addresses.c.id, sorted(set(ids))))
        )
        return {row.id: _address(row) for row in rows}

    async def find(self, where: Iterable[Where]) -> dict[Where, Address]:
        """Those that exist, without a lock."""
        rows = await self._sql.run(
            select(addresses).where(
                self._sql.among_pairs(addresses.c.account, addresses.c.user, where)
            )
        )
        return {(row.account, row.user): _address(row) for row in rows}

    async def of_people(self, ids: Iterable[ContactId]) -> list[tuple[ContactId, Address]]:
        """Every address of these people, also by contacts merged into them: (person, address)."""
        person = func.coalesce(contacts.c.merged_into, contacts.c.id)
        rows = await self._sql.run(
            select(person.label("person"), addresses)
            .join(contacts, contacts.c.id == addresses.c.contact_id)
            .where(self._sql.among(person, sorted(set(ids))))
            .order_by(addresses.c.id)
            .limit(1000)
        )
        return [(row.person, _address(row)) for row in rows]

    async def save(self, changed: Sequence[Address]) -> None:
        if not changed:
            return
        table = addresses
        rows = [_columns(address) for address in changed]
        names = [name for name in rows[0] if name not in ("id", "account", "user")]
        await self._sql.run(
            table.update()
            .where(table.c.id == bindparam("key"))
            .values({name: bindparam(f"new_{name}") for name in names}),
            [{"key": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows],
        )


def _columns(address: Address) -> dict[str, Any]:
    return {
        "id": address.id,
        "account": address.account,
        "user": address.user,
        "contact_id": address.contact,
        "first_name": address.profile.first_name,
        "last_name": address.profile.last_name,
        "username": address.profile.username,
        "locale": address.profile.locale,
        "is_reachable": address.is_reachable,
        "last_inbound_at": address.last_inbound_at,
        "stopped_at": address.stopped_at,
        "stop": address.stop,
        "stop_confirmed_at": address.stop_confirmed_at,
        "held_since": address.held_since,
        "is_proven": address.is_proven,
    }


def _address(row: Row[Any]) -> Address:
    return Address(
        id=row.id,
        account=row.account,
        user=row.user,
        contact=row.contact_id,
        profile=Profile(row.first_name, row.last_name, row.username, row.locale),
        is_reachable=row.is_reachable,
        last_inbound_at=row.last_inbound_at,
        stopped_at=row.stopped_at,
        stop=row.stop,
        stop_confirmed_at=row.stop_confirmed_at,
        held_since=row.held_since,
        is_proven=row.is_proven,
    )
