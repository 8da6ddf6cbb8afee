"""Acts of consent: what each does to subscriptions, and the record that it leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from core.ids import AddressId, RecordId, TopicId
from core.people import Json
from core.topics import Subscription, SubscriptionState


class Act(StrEnum):
    SUBSCRIBE = "subscribe"
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    BLOCK = "block"
    RESUBSCRIBE = "resubscribe"
    IMPORT = "import"
    OUT_OF_ORDER = "out_of_order"


class Source(StrEnum):
    LINK = "link"
    KEYWORD = "keyword"
    BUTTON = "button"
    WIDGET = "widget"
    API = "api"
    IMPORT = "import"
    OPERATOR = "operator"
    PLATFORM = "platform"
    FLOW = "flow"
    PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A line of evidence. `topic` None stands for every topic. `evidence` is personal."""

    id: RecordId
    address: AddressId
    topic: TopicId | None
    act: Act
    source: Source
    at: datetime
    evidence: Mapping[str, Json] = field(default_factory=dict)


def subscribe(
    current: Subscription | None, topic: TopicId, at: datetime, *, pending: bool
) -> Subscription:
    """A deliberate opt-in. One who is subscribed already stays so, since then."""
    if current is not None and current.state is SubscriptionState.SUBSCRIBED:
        return current
    state = SubscriptionState.PENDING if pending else SubscriptionState.SUBSCRIBED
    return Subscription(topic, state, at)


def unsubscribe(current: Subscription, at: datetime) -> Subscription:
    """Leaving one topic on purpose: no START brings it back."""
    if current.state is SubscriptionState.UNSUBSCRIBED and current.taken_by is None:
        return current
    return Subscription(current.topic, SubscriptionState.UNSUBSCRIBED, at)


def stop_all(
    subscriptions: Iterable[Subscription], stop: RecordId, at: datetime
) -> list[Subscription]:
    """The rows that a STOP takes, pending ones too, each remembering its state."""
    return [
        Subscription(row.topic, SubscriptionState.UNSUBSCRIBED, at, taken_by=stop, was=row.state)
        for row in subscriptions
        if row.state is not SubscriptionState.UNSUBSCRIBED
    ]


def restore(
    subscriptions: Iterable[Subscription], stop: RecordId, at: datetime
) -> list[Subscription]:
    """The rows that this STOP took, back in the state they had."""
    return [
        replace(row, state=row.was, since=at, taken_by=None, was=None)
        for row in subscriptions
        if row.taken_by == stop and row.was is not None
    ]
