"""The column about the person: who they are, what they ordered and agreed to, where they stand."""

import json
from dataclasses import dataclass
from datetime import datetime

from core.languages import Localized, pick
from core.people import Address, Contact, Order
from core.topics import Subscription
from dialogues.catalog import Catalog
from flows.session import Session, SessionState
from inbox.language import sayer
from inbox.telling import consent_words, evidence_text
from inbox.thread_view import topic_title
from storage.consents import StoredRecord
from storage.conversations import Listed
from storage.tx import Tx

MOST_RECORDS = 30
_MOST_ATTRIBUTES = 40
_LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class AddressShown:
    account: str
    who: str
    is_this: bool
    is_reachable: bool
    stopped_at: datetime | None
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionShown:
    """`account` is "" where the person has only one address."""

    title: str
    account: str
    state: str
    is_active: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class RecordShown:
    """`details` are lines of the evidence; None after an erasure."""

    words: str
    account: str
    at: datetime
    details: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class SessionShown:
    flow: str
    step: str
    state: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    customer: str
    timezone: str
    tags: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    addresses: tuple[AddressShown, ...]
    orders: tuple[Order, ...]
    subscriptions: tuple[SubscriptionShown, ...]
    records: tuple[RecordShown, ...]
    has_more_records: bool
    sessions: tuple[SessionShown, ...]


async def read_card(tx: Tx, listed: Listed, catalog: Catalog, language: str) -> Card:
    """Everything of the person behind this conversation."""
    contact = (await tx.contacts.load([listed.contact]))[listed.contact]
    addresses = [address for _, address in await tx.addresses.of_people([contact.id])]
    ids = [address.id for address in addresses]
    subscriptions = await tx.subscriptions.load(ids)
    records = await tx.consents.latest(ids, MOST_RECORDS + 1)
    sessions = (await tx.sessions.load([listed.conversation.address])).values()
    accounts = {address.id: _account(address, catalog) for address in addresses}
    has_several = len(addresses) > 1
    return Card(
        name=listed.name,
        customer=contact.customer or "",
        timezone=contact.timezone,
        tags=tuple(sorted(contact.tags)),
        attributes=_attributes(contact),
        addresses=tuple(_address(one, listed, catalog) for one in addresses),
        orders=tuple(await tx.orders.of_contact(contact.id)),
        subscriptions=tuple(
            _subscription(row, accounts[id_] if has_several else "", catalog, language)
            for id_ in ids
            for row in subscriptions.get(id_, {}).values()
        ),
        records=tuple(
            _record(one, listed.name, accounts[one.address] if has_several else "",
                    topic_title(catalog, one.topic, language), language)
            for one in records[-MOST_RECORDS:][::-1]
        ),
        has_more_records=len(records) > MOST_RECORDS,
        sessions=tuple(
            _session(one, catalog, language)
            for found in sessions
            for one in found.values()
            if one.state is not SessionState.ENDED
        ),
    )  # fmt: skip


def _account(address: Address, catalog: Catalog) -> str:
    account = catalog.accounts.get(address.account)
    return account.title if account else address.account


def _address(address: Address, listed: Listed, catalog: Catalog) -> AddressShown:
    username = address.profile.username
    return AddressShown(
        account=_account(address, catalog),
        who=f"@{username}" if username else address.user,
        is_this=address.id == listed.conversation.address,
        is_reachable=address.is_reachable,
        stopped_at=address.stopped_at if address.stop is not None else None,
        last_inbound_at=address.last_inbound_at,
    )


def _subscription(
    row: Subscription, account: str, catalog: Catalog, language: str
) -> SubscriptionShown:
    return SubscriptionShown(
        title=catalog.title(row.topic, language),
        account=account,
        state=sayer(language)(f"state_{row.state}"),
        is_active=row.is_active,
        since=row.since,
    )


def _record(
    record: StoredRecord, name: str, account: str, title: str | None, language: str
) -> RecordShown:
    say = sayer(language)
    details: tuple[str, ...] | None = None
    if record.evidence is not None:
        told = (
            ("words_shown", "words"),
            ("words_written", "written"),
            ("on_page", "page"),
        )
        found = [(phrase, evidence_text(record.evidence, name)) for phrase, name in told]
        details = tuple(say(phrase, **{_VALUES[phrase]: text}) for phrase, text in found if text)
    return RecordShown(consent_words(record, name, title, language), account, record.at, details)


_VALUES = {"words_shown": "words", "words_written": "words", "on_page": "page"}


def _session(session: Session, catalog: Catalog, language: str) -> SessionShown:
    flow = catalog.versions.get(session.version) or catalog.flows.get(session.flow)
    say = sayer(language)
    state = say(f"session_{session.state}") if session.state is not SessionState.NEW else ""
    return SessionShown(
        flow=_title(flow.title, language, session.flow) if flow else session.flow,
        step=session.step,
        state=state,
        due_at=session.due_at,
    )


def _title(title: Localized, language: str, name: str) -> str:
    return pick(title, language) if title else name


def _attributes(contact: Contact) -> tuple[tuple[str, str], ...]:
    pairs = sorted(contact.attributes.items())[:_MOST_ATTRIBUTES]
    return tuple((name, _text(value)) for name, value in pairs)


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + " …"
