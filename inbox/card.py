"""The column about the person: who they are, what they ordered and agreed to, where they stand."""

from dataclasses import dataclass
from datetime import datetime

from core.ids import AddressId
from core.people import Address, Order
from dialogues.catalog import Catalog
from flows.session import SessionState
from inbox.card_parts import (
    AddressShown,
    AttributeShown,
    RecordShown,
    SessionShown,
    address_shown,
    attributes_shown,
    record_shown,
    session_shown,
)
from inbox.language import sayer
from inbox.rights import Right, may
from inbox.switches import Switch, switches_of
from inbox.thread_view import Onlooker, preview
from storage.conversations import Listed
from storage.merges import MergeShown
from storage.tx import Tx

MOST_RECORDS = 30
_MOST_ELSEWHERE = 20


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another conversation of the person."""

    id: str
    account: str
    state: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """`switches` by address; `rights` names what the reader may do here."""

    contact: str
    name: str
    customers: tuple[str, ...]
    timezone: str
    tags: tuple[str, ...]
    attributes: tuple[AttributeShown, ...]
    addresses: tuple[AddressShown, ...]
    orders: tuple[Order, ...]
    switches: tuple[tuple[AddressShown, tuple[Switch, ...]], ...]
    records: tuple[RecordShown, ...]
    earlier_records: str
    """What an earlier page of them ends before; "" where these are all."""
    sessions: tuple[SessionShown, ...]
    elsewhere: tuple[Elsewhere, ...]
    merges: tuple[MergeShown, ...]
    is_blocked: bool
    may_be_blocked: bool
    """Both where somebody who is blocked was joined with somebody who is not."""
    rights: frozenset[str]


async def read_card(tx: Tx, listed: Listed, catalog: Catalog, onlooker: Onlooker) -> Card:
    """Everything of the person behind this conversation."""
    members = await tx.contacts.members(listed.contact)
    contact, language = members[0], onlooker.language
    addresses = [address for _, address in await tx.addresses.of_people([contact.id])]
    shown = {one.id: address_shown(one, listed, catalog) for one in addresses}
    rows = await tx.subscriptions.load(shown)
    sessions = (await tx.sessions.load([listed.conversation.address])).values()
    records, earlier = await read_records(tx, addresses, None, catalog, onlooker, listed.name)
    return Card(
        contact=str(contact.id),
        name=listed.name,
        customers=tuple(one.customer for one in members if one.customer is not None),
        timezone=contact.timezone,
        tags=tuple(sorted(contact.tags)),
        attributes=attributes_shown(contact),
        addresses=tuple(shown.values()),
        orders=tuple(await tx.orders.of_contact(contact.id)),
        switches=tuple(
            (
                shown[one.id],
                switches_of(one, contact, rows.get(one.id, {}), catalog, language, listed.name),
            )
            for one in addresses
        ),
        records=records,
        earlier_records=earlier,
        sessions=tuple(
            session_shown(one, catalog, language)
            for found in sessions
            for one in found.values()
            if one.state is not SessionState.ENDED
        ),
        elsewhere=await _elsewhere(tx, listed, addresses, shown, language),
        merges=tuple(await tx.merges.into(contact.id)),
        is_blocked=any(one.blocked_at is not None for one in addresses),
        may_be_blocked=any(one.blocked_at is None for one in addresses),
        rights=frozenset(one.name.lower() for one in Right if may(onlooker.role, one)),
    )


async def read_records(
    tx: Tx,
    addresses: list[Address],
    before: int | None,
    catalog: Catalog,
    onlooker: Onlooker,
    name: str,
) -> tuple[tuple[RecordShown, ...], str]:
    """The newest acts of consent below `before`, and what an earlier page ends before."""
    ids = [address.id for address in addresses]
    records = await tx.consents.latest(ids, MOST_RECORDS + 1, before=before)
    has_more = len(records) > MOST_RECORDS
    records = records[-MOST_RECORDS:][::-1]
    has_several = len(addresses) > 1
    places = {one.id: _place(one, catalog) if has_several else "" for one in addresses}
    shown = tuple(
        record_shown(one, name, places[one.address], catalog, onlooker) for one in records
    )
    return shown, str(records[-1].id) if has_more else ""


def _place(address: Address, catalog: Catalog) -> str:
    account = catalog.accounts.get(address.account)
    return account.title if account else address.account


async def _elsewhere(
    tx: Tx,
    listed: Listed,
    addresses: list[Address],
    shown: dict[AddressId, AddressShown],
    language: str,
) -> tuple[Elsewhere, ...]:
    """A conversation is an address's, so these are on the person's other ones."""
    others = [one.id for one in addresses if one.id != listed.conversation.address]
    if not others:
        return ()
    found = await tx.conversations.of_addresses(others)
    found = sorted(found, key=lambda one: one.conversation.last_message_at, reverse=True)
    found = found[:_MOST_ELSEWHERE]
    latest = await tx.messages.latest([one.conversation.address for one in found])
    say = sayer(language)
    return tuple(
        Elsewhere(
            str(one.conversation.id),
            f"{place.account} {place.who}",
            say(f"state_{one.conversation.state}"),
            preview(latest.get(place.id), language),
            one.conversation.last_message_at,
        )
        for one in found
        if (place := shown[one.conversation.address])
    )
