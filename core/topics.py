"""Topics, and an address's subscription to one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.ids import RecordId, TopicId
from core.languages import Localized


class TopicClass(StrEnum):
    SERVICE = "service"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Topic:
    """What one can subscribe to. `confirm` asks Yes or No in the messenger first.

    `consent` are the words a person agrees to; shown, and kept as evidence.
    """

    id: TopicId
    cls: TopicClass
    title: Localized
    confirm: bool = False
    consent: Localized | None = None


class SubscriptionState(StrEnum):
    PENDING = "pending"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One address and one topic.

    `taken_by` names the STOP that took it, `was` the state it had then; both None otherwise.
    """

    topic: TopicId
    state: SubscriptionState
    since: datetime
    taken_by: RecordId | None = None
    was: SubscriptionState | None = None

    @property
    def is_active(self) -> bool:
        return self.state is SubscriptionState.SUBSCRIBED
