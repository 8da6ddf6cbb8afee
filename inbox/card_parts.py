"""Pieces of the column about a person: addresses, attributes, dialogues, acts of consent."""

import json
from dataclasses import dataclass
from datetime import datetime

from core.ids import AddressId, OperatorId
from core.languages import Localized, pick
from core.people import Address, Contact
from dialogues.catalog import Catalog
from flows.session import Session, SessionState
from inbox.language import sayer
from inbox.telling import consent_words, evidence_text
from inbox.thread_view import Onlooker, topic_title
from storage.consents import StoredRecord
from storage.conversations import Listed

_MOST_ATTRIBUTES = 40
_LONGEST_VALUE = 300
_TOLD = (
    ("words_shown", "words", "words"),
    ("words_written", "words", "written"),
    ("on_page", "page", "page"),
)
"""(phrase, its value, what of the evidence it is)."""


@dataclass(frozen=True, slots=True)
class AddressShown:
    id: AddressId
    account: str
    who: str
    is_this: bool
    is_reachable: bool
    stopped_at: datetime | None
    last_inbound_at: datetime | None
    blocked_at: datetime | None
    muted_until: datetime | None
    heard: int


@dataclass(frozen=True, slots=True)
class AttributeShown:
    """`may_change`: it is a text, a number, or yes or no."""

    name: str
    value: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class RecordShown:
    """`details` are lines of the evidence; None after an erasure."""

    words: str
    account: str
    at: datetime
    details: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class SessionShown:
    id: str
    flow: str
    step: str
    state: str
    due_at: datetime | None


def address_shown(address: Address, listed: Listed, catalog: Catalog) -> AddressShown:
    account = catalog.accounts.get(address.account)
    username = address.profile.username
    return AddressShown(
        id=address.id,
        account=account.title if account else address.account,
        who=f"@{username}" if username else address.user,
        is_this=address.id == listed.conversation.address,
        is_reachable=address.is_reachable,
        stopped_at=address.stopped_at if address.stop is not None else None,
        last_inbound_at=address.last_inbound_at,
        blocked_at=address.blocked_at,
        muted_until=address.muted_until,
        heard=address.heard if address.muted_until is not None else 0,
    )


def attributes_shown(contact: Contact) -> tuple[AttributeShown, ...]:
    pairs = sorted(contact.attributes.items())[:_MOST_ATTRIBUTES]
    return tuple(_attribute(name, value) for name, value in pairs)


def _attribute(name: str, value: object) -> AttributeShown:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_short = len(text) <= _LONGEST_VALUE
    may_change = is_short and isinstance(value, str | int | float | bool)
    return AttributeShown(name, text if is_short else text[:_LONGEST_VALUE] + " …", may_change)


def record_shown(
    record: StoredRecord, name: str, account: str, catalog: Catalog, onlooker: Onlooker
) -> RecordShown:
    """`name` is the person's, `account` the address's, "" where they have only one."""
    title = topic_title(catalog, record.topic, onlooker.language)
    words = consent_words(record, name, title, onlooker.language)
    return RecordShown(words, account, record.at, _details(record, onlooker))


def _details(record: StoredRecord, onlooker: Onlooker) -> tuple[str, ...] | None:
    if record.evidence is None:
        return None
    say = sayer(onlooker.language)
    found = [
        say(phrase, **{value: text})
        for phrase, value, of in _TOLD
        if (text := evidence_text(record.evidence, of))
    ]
    operator = evidence_text(record.evidence, "operator")
    if operator.isascii() and operator.isdigit():
        found.append(say("heard_by", who=onlooker.name(OperatorId(int(operator)))))
    return tuple(found)


def session_shown(session: Session, catalog: Catalog, language: str) -> SessionShown:
    flow = catalog.versions.get(session.version) or catalog.flows.get(session.flow)
    say = sayer(language)
    state = say(f"session_{session.state}") if session.state is not SessionState.NEW else ""
    return SessionShown(
        id=str(session.id),
        flow=_title(flow.title, language, session.flow) if flow else session.flow,
        step=session.step,
        state=state,
        due_at=session.due_at,
    )


def _title(title: Localized, language: str, name: str) -> str:
    return pick(title, language) if title else name
