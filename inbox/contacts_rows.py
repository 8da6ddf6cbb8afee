"""People as a list shows them: who they are, where they can be reached, what they agreed to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.ids import AddressId, ContactId, TopicId
from core.people import Address, Contact
from core.topics import Subscription, SubscriptionState
from dialogues.catalog import Catalog
from storage.tx import Tx

Rows = Mapping[AddressId, Mapping[TopicId, Subscription]]


@dataclass(frozen=True, slots=True)
class Place:
    """One address of theirs. `who` is their name there, "" where the messenger told none."""

    account: str
    who: str
    is_reachable: bool
    is_stopped: bool


@dataclass(frozen=True, slots=True)
class TopicShown:
    title: str
    is_pending: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`conversation` is the one that they wrote to last, "" where there is none."""

    id: ContactId
    name: str
    customer: str
    site: str
    places: tuple[Place, ...]
    topics: tuple[TopicShown, ...]
    tags: tuple[str, ...]
    last_wrote: datetime | None
    conversation: str


async def read_people(
    tx: Tx, people: Sequence[Contact], catalog: Catalog, language: str
) -> list[PersonRow]:
    """In the order in which they are given."""
    if not people:
        return []
    where: dict[ContactId, list[Address]] = {}
    for person, address in await tx.addresses.of_people([one.id for one in people]):
        where.setdefault(person, []).append(address)
    ids = [address.id for found in where.values() for address in found]
    rows = await tx.subscriptions.load(ids)
    listed = await tx.conversations.of_addresses(ids)
    threads = {one.conversation.address: str(one.conversation.id) for one in listed}
    return [_row(one, where.get(one.id, []), rows, threads, catalog, language) for one in people]


def _row(
    person: Contact,
    addresses: Sequence[Address],
    rows: Rows,
    threads: Mapping[AddressId, str],
    catalog: Catalog,
    language: str,
) -> PersonRow:
    wrote = [one.last_inbound_at for one in addresses if one.last_inbound_at is not None]
    latest = sorted(
        (one for one in addresses if one.id in threads),
        key=lambda one: (one.last_inbound_at is not None, one.last_inbound_at, one.id),
    )
    return PersonRow(
        id=person.id,
        name=name_of(person, addresses),
        customer=person.customer or "",
        site=person.site or "",
        places=tuple(place_of(one, catalog) for one in addresses),
        topics=_topics(addresses, rows, catalog, language),
        tags=tuple(sorted(person.tags)),
        last_wrote=max(wrote, default=None),
        conversation=threads[latest[-1].id] if latest else "",
    )


def name_of(person: Contact, addresses: Sequence[Address]) -> str:
    """As a conversation calls them; an id where nobody told a name."""
    if person.name:
        return person.name
    for one in addresses:
        own = " ".join(part for part in (one.profile.first_name, one.profile.last_name) if part)
        if own:
            return own
    return addresses[0].user if addresses else str(person.id)


def place_of(address: Address, catalog: Catalog) -> Place:
    account = catalog.accounts.get(address.account)
    username = address.profile.username
    return Place(
        account=account.title if account else address.account,
        who=f"@{username}" if username else "",
        is_reachable=address.is_reachable,
        is_stopped=address.stop is not None,
    )


def _topics(
    addresses: Sequence[Address], rows: Rows, catalog: Catalog, language: str
) -> tuple[TopicShown, ...]:
    """What they get, and what waits for their Yes; each once, wherever it is."""
    shown: dict[TopicId, TopicShown] = {}
    for address in addresses:
        for topic, row in rows.get(address.id, {}).items():
            if row.state is SubscriptionState.UNSUBSCRIBED:
                continue
            before = shown.get(topic)
            is_pending = not row.is_active and (before is None or before.is_pending)
            shown[topic] = TopicShown(catalog.title(topic, language), is_pending)
    return tuple(sorted(shown.values(), key=lambda one: (one.is_pending, one.title)))
