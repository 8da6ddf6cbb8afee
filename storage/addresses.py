"""Addresses: making them, locking them in one order, writing them back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, and_, func, or_, select

from core.ids import AccountId, AddressId, ContactId, OperatorId, UserId
from core.people import Address, Profile
from storage.sql import Sql
from storage.tables import addresses, contacts, operators

Where = tuple[AccountId, UserId]


class Addresses:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, new: Sequence[Address], now: datetime) -> None:
        """Each with a contact of its own. One that another node just made is left as it is."""
        if not new:
            return
        await self._sql.insert_many(
            contacts,
            [{"id": a.contact, "attributes": {}, "tags": [], "created_at": now} for a in new],
        )
        ordered = sorted(new, key=lambda address: (address.account, address.user))
        await self._sql.add_many(
            addresses, [{**_columns(address), "created_at": now} for address in ordered]
        )

    async def lock(self, where: Iterable[Where]) -> dict[Where, Address]:
        """Lock them, sorted by id; those that exist, fresh as of the lock."""
        wanted = sorted(set(where))
        if not wanted:
            return {}
        rows = await self._sql.ask(_locked_by_user, where=wanted)
        return {(row.account, row.user): _address(row) for row in rows}

    async def lock_ids(self, ids: Iterable[AddressId]) -> dict[AddressId, Address]:
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        rows = await self._sql.ask(_locked_by_id, ids=wanted)
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
        person, wanted = func.coalesce(contacts.c.merged_into, contacts.c.id), sorted(set(ids))
        # Each side has an index; what both of them make together has none.
        is_theirs = or_(
            self._sql.among(contacts.c.merged_into, wanted),
            and_(contacts.c.merged_into.is_(None), self._sql.among(contacts.c.id, wanted)),
        )
        rows = await self._sql.run(
            select(person.label("person"), addresses)
            .join(contacts, contacts.c.id == addresses.c.contact_id)
            .where(is_theirs)
            .order_by(addresses.c.id)
            .limit(1000)
        )
        return [(row.person, _address(row)) for row in rows]

    async def of_operators(self, operator: OperatorId | None = None) -> list[Address]:
        """Operators' own messengers: of all of them, or of this one."""
        statement = select(addresses).where(addresses.c.operator_id.is_not(None))
        if operator is not None:
            statement = statement.where(addresses.c.operator_id == operator)
        rows = await self._sql.run(statement.order_by(addresses.c.id).limit(1000))
        return [_address(row) for row in rows]

    async def of_disabled_operators(self) -> list[Address]:
        """Those of them who may not sign in any more."""
        rows = await self._sql.run(
            select(addresses)
            .join(operators, operators.c.id == addresses.c.operator_id)
            .where(addresses.c.operator_id.is_not(None), operators.c.disabled_at.is_not(None))
            .order_by(addresses.c.id)
            .limit(100)
        )
        return [_address(row) for row in rows]

    async def blocked_people(self, ids: Iterable[ContactId]) -> set[ContactId]:
        """Which of these people operators have blocked: at some address at least."""
        person, wanted = func.coalesce(contacts.c.merged_into, contacts.c.id), sorted(set(ids))
        is_theirs = or_(
            self._sql.among(contacts.c.merged_into, wanted), self._sql.among(contacts.c.id, wanted)
        )
        rows = await self._sql.run(
            select(person.label("person"))
            .join(addresses, addresses.c.contact_id == contacts.c.id)
            .where(is_theirs, addresses.c.blocked_at.is_not(None))
            .distinct()
        )
        return {row.person for row in rows}

    async def save(self, changed: Iterable[tuple[Address, Address]]) -> None:
        """Write what differs between each (before, after); most often only when they last wrote."""
        # Naming an indexed column makes SQLite rewrite its index, also where it stays the same.
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for before, after in changed:
            old, new = _changing(before), _changing(after)
            row = {name: value for name, value in new.items() if old[name] != value}
            if row:
                shapes.setdefault(tuple(row), []).append({"id": after.id, **row})
        for rows in shapes.values():
            await self._sql.update_many(addresses, rows)


def _locked_by_user(sql: Sql) -> Executable:
    return (
        select(addresses)
        .where(sql.listed_pairs(addresses.c.account, addresses.c.user, "where"))
        .order_by(addresses.c.id)
        .with_for_update(key_share=True)
    )


def _locked_by_id(sql: Sql) -> Executable:
    return (
        select(addresses)
        .where(sql.listed(addresses.c.id, "ids"))
        .order_by(addresses.c.id)
        .with_for_update(key_share=True)
    )


def _columns(address: Address) -> dict[str, Any]:
    return {
        "id": address.id,
        "account": address.account,
        "user": address.user,
        **_changing(address),
    }


def _changing(address: Address) -> dict[str, Any]:
    return {
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
        "opened_with": address.opened_with,
        "opened_at": address.opened_at,
        "read_up_to": address.read_up_to,
        "operator_id": address.operator,
        "blocked_at": address.blocked_at,
        "heard_since": address.heard_since,
        "heard": address.heard,
        "muted_until": address.muted_until,
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
        opened_with=row.opened_with,
        opened_at=row.opened_at,
        read_up_to=row.read_up_to,
        operator=row.operator_id,
        blocked_at=row.blocked_at,
        heard_since=row.heard_since,
        heard=row.heard,
        muted_until=row.muted_until,
    )
