"""How a person stands to each topic, judged by the very rules that judge what is sent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.consent import Act
from core.ids import TopicId
from core.messages import Message, MessageClass
from core.people import Address, Contact
from core.policy import PutOff, Send, Standing, judge
from core.topics import Subscription, SubscriptionState, Topic
from dialogues.catalog import Catalog
from inbox.contacts_rows import Place, Rows, place_of
from inbox.language import sayer
from inbox.telling import consent_words, status_words
from inbox.thread_view import preview, topic_title
from storage.consents import StoredRecord

_FEW = 3


@dataclass(frozen=True, slots=True)
class SaidOn:
    """One message on a topic, and what became of it."""

    id: str
    text: str
    status: str
    look: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TopicStanding:
    """`goes`: whether it would be sent now. `record` is the act that decided it, "" where none."""

    title: str
    is_marketing: bool
    goes: bool
    words: str
    record: str
    record_at: datetime | None
    said: tuple[SaidOn, ...]


@dataclass(frozen=True, slots=True)
class AddressStanding:
    place: Place
    conversation: str
    topics: tuple[TopicStanding, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of one person. `records` and `messages` are the newest, newest first."""

    name: str
    contact: Contact
    addresses: Sequence[Address]
    rows: Rows
    records: Sequence[StoredRecord]
    messages: Sequence[Message]
    threads: Mapping[int, str]


def standings(
    known: Known, catalog: Catalog, now: datetime, language: str
) -> list[AddressStanding]:
    return [
        AddressStanding(
            place_of(address, catalog),
            known.threads.get(address.id, ""),
            tuple(
                _standing(known, address, topic, catalog, now, language)
                for topic in catalog.topics.values()
            ),
        )
        for address in known.addresses
    ]


def _standing(
    known: Known, address: Address, topic: Topic, catalog: Catalog, now: datetime, language: str
) -> TopicStanding:
    say = sayer(language)
    row = known.rows.get(address.id, {}).get(topic.id)
    verdict = judge(MessageClass(topic.cls), None, _rows_say(known, address, row), now)
    match verdict:
        case Send():
            phrase = "topic_goes"
        case PutOff():
            phrase = "topic_held"
        case _ if verdict.reason == "unsubscribed":
            phrase = _NOT_SUBSCRIBED[row.state] if row is not None else "topic_never"
        case _:
            phrase = f"topic_{verdict.reason}"
    record = _decisive(known, address, topic.id, phrase)
    title = topic_title(catalog, record.topic, language) if record else None
    return TopicStanding(
        title=catalog.title(topic.id, language),
        is_marketing=MessageClass(topic.cls) is MessageClass.MARKETING,
        goes=isinstance(verdict, Send),
        words=say(phrase),
        record=consent_words(record, known.name, title, language) if record else "",
        record_at=record.at if record else None,
        said=tuple(
            _said(one, language)
            for one in known.messages
            if one.address == address.id and one.topic == topic.id
        )[:_FEW],
    )


_NOT_SUBSCRIBED = {
    SubscriptionState.SUBSCRIBED: "topic_goes",
    SubscriptionState.PENDING: "topic_pending",
    SubscriptionState.UNSUBSCRIBED: "topic_unsubscribed",
}


def _rows_say(known: Known, address: Address, row: Subscription | None) -> Standing:
    return Standing(
        is_reachable=address.is_reachable,
        is_held=address.held_since is not None,
        state=row.state if row else None,
        since=row.since if row else None,
        marketing_stopped_at=known.contact.marketing_stopped_at,
        timezone=known.contact.timezone,
        is_blocked=address.blocked_at is not None,
        is_operators=address.operator is not None,
    )


def _decisive(known: Known, address: Address, topic: TopicId, phrase: str) -> StoredRecord | None:
    for record in known.records:
        is_here = record.address == address.id
        about_it = record.topic is None or record.topic == topic
        match phrase:
            case "topic_unreachable":
                fits = is_here and record.act is Act.BLOCK
            case "topic_blocked_here" | "topic_operators_own":
                fits = False  # No act of theirs decided it.
            case "topic_marketing_stopped":
                fits = record.topic is None and record.act is Act.UNSUBSCRIBE
            case _:
                fits = is_here and about_it and record.act is not Act.OUT_OF_ORDER
        if fits:
            return record
    return None


def _said(message: Message, language: str) -> SaidOn:
    status, look = status_words(message, language)
    text = preview(message, language).partition(": ")[2]
    return SaidOn(str(message.id), text[:80], status, look, message.created_at)
