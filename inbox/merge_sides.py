"""What each of two contacts has, to be compared before they are joined; and who it might be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.ids import ContactId
from core.people import Address, Contact, Order
from dialogues.catalog import Catalog
from inbox.language import sayer
from inbox.search_words import asked
from storage.conversations import Listed
from storage.search import Word
from storage.tx import Tx

_MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Side:
    """`addresses` and `subscriptions` in words, each one line."""

    contact: ContactId
    names: tuple[str, ...]
    customers: tuple[str, ...]
    addresses: tuple[str, ...]
    orders: tuple[Order, ...]
    subscriptions: tuple[str, ...]
    tags: tuple[str, ...]
    attributes: tuple[str, ...]
    stopped_at: datetime | None

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who might be the same person."""

    contact: ContactId
    name: str
    account: str
    user: str


async def read_side(
    tx: Tx, contact: Contact, addresses: Sequence[Address], catalog: Catalog, language: str
) -> Side:
    members = await tx.contacts.members(contact.id)
    rows = await tx.subscriptions.load(one.id for one in addresses)
    say = sayer(language)
    subscriptions = [
        f"{catalog.title(row.topic, language)} ({_place(one, catalog)}): "
        + say(f"state_{row.state}")
        for one in addresses
        for row in rows.get(one.id, {}).values()
    ]
    own = (f"{one.profile.first_name} {one.profile.last_name}".strip() for one in addresses)
    names = dict.fromkeys(name for name in (*(one.name for one in members), *own) if name)
    return Side(
        contact=contact.id,
        names=tuple(names),
        customers=tuple(one.customer for one in members if one.customer is not None),
        addresses=tuple(
            f"{_place(one, catalog)} {_who(one)}"
            + (f" ({say('blocked_by_us')})" if one.blocked_at is not None else "")
            for one in addresses
        ),
        orders=tuple(await tx.orders.of_contact(contact.id)),
        subscriptions=tuple(subscriptions),
        tags=tuple(sorted(contact.tags)),
        attributes=tuple(sorted(contact.attributes)),
        stopped_at=contact.marketing_stopped_at,
    )


def _place(address: Address, catalog: Catalog) -> str:
    account = catalog.accounts.get(address.account)
    return account.title if account else address.account


def _who(address: Address) -> str:
    username = address.profile.username
    return f"@{username}" if username else address.user


async def look_for(tx: Tx, typed: str, listed: Listed, catalog: Catalog) -> list[Found]:
    """People who are called or have ordered like that, each once, without the one at hand."""
    words = [Word(one.stem, one.begins) for one in asked(typed)]
    places = await tx.search.people(words, _MOST_FOUND)
    found: dict[ContactId, Found] = {}
    for one in await tx.conversations.of_addresses(places):
        account = catalog.accounts.get(one.account)
        title = account.title if account else one.account
        found.setdefault(one.contact, Found(one.contact, one.name, title, one.user))
    found.pop(listed.contact, None)
    return list(found.values())
