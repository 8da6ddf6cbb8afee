"""What happens at an address: events from a messenger, from the shop, from ourselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.altering import Alteration
from core.content import Content
from core.ids import (
    AccountId,
    AddressId,
    AlterationId,
    EventKey,
    FlowName,
    MessageId,
    OperatorId,
    SendId,
    SessionId,
    TimerId,
    TopicId,
    UserId,
)
from core.languages import Localized
from core.messages import Author, Message
from core.people import Json, Order, Profile
from core.topics import TopicClass


@dataclass(frozen=True, slots=True)
class Started:
    """The messenger's Start was pressed. `param` is the deep link's parameter, "" without one."""

    param: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The chat was opened by a deep link, which permits nothing yet (Viber).

    `param` is kept and redeemed at the first `Started` or `Said` that brings none of its own.
    """

    param: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the contact. `link` is a deep link's parameter where one rides on a message."""

    content: Content
    external_id: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under a message of ours was pressed; `value` may be forged.

    `press` is what the platform wants answered, "" where it wants nothing. `made_at` is when the
    button's message was sent, None where the platform does not tell. `external_id` is the id of
    that message, "" where it is not told.
    """

    value: str
    press: str
    external_id: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The contact changed an earlier message of theirs."""

    external_id: str
    content: Content


@dataclass(frozen=True, slots=True)
class Removed:
    """The contact took an earlier message of theirs away."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """The contact blocked us. `is_dead` is True where the account behind the address is gone."""

    reason: str = ""
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Unblocked:
    pass


@dataclass(frozen=True, slots=True)
class Delivered:
    external_id: str


@dataclass(frozen=True, slots=True)
class Read:
    external_id: str


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """Everything of ours up to this id was read: for messengers whose ids are growing numbers."""

    external_id: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The messenger took a send of ours and says later that it could not bring it."""

    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Echoed:
    """A send of ours as the messenger shows it: proof that it arrived, whatever was answered."""

    random_id: int
    external_id: str


@dataclass(frozen=True, slots=True)
class SaidElsewhere:
    """A person of ours answered in the messenger itself, past Parley."""

    content: Content
    external_id: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that a messenger tells and we knowingly do nothing about. `kind` is its name."""

    kind: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: TimerId


@dataclass(frozen=True, slots=True)
class ShopMessage:
    """What the shop wants said at once, to those who subscribed to the topic."""

    topic: TopicId
    texts: Localized
    buttons: tuple[tuple[Localized, str], ...] = ()
    """(label, URL)."""


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """POST /api/v1/events about this contact. `order` is what it tells of an order, if it does."""

    name: str
    data: Mapping[str, Json]
    order: Order | None = None
    message: ShopMessage | None = None


@dataclass(frozen=True, slots=True)
class ContactTold:
    """What the shop tells of the person. None leaves a value as it is; an attribute that is None
    goes away."""

    name: str | None = None
    locale: str | None = None
    timezone: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    tags_on: frozenset[str] = frozenset()
    tags_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """An HTTP request of a `call` step came back. `status` 0 means that no answer came."""

    session: SessionId
    generation: int
    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    operator: OperatorId | None
    content: Content
    message: MessageId
    """The id the message shall have, chosen by the caller so that a retry finds it."""
    message_key: str | None = None
    author: Author = Author.OPERATOR
    """Or API."""
    seen: MessageId | None = None
    """The newest answer of a person that the writer had before them, 0 for none: where a colleague
    has answered since, this one is not said. None says it whatever happened."""


class ConversationAct(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    READ = "read"
    GIVE_BACK = "give_back"
    """The bot may speak again."""
    TAKE_OVER = "take_over"
    """The bot keeps still."""
    SNOOZE = "snooze"
    WAKE = "wake"
    """What was put off is due."""
    ESCALATE = "escalate"
    """Nobody has answered for too long."""
    BLOCK = "block"
    """Nothing is heard from this address and nothing said there: see `core.hearing`."""
    UNBLOCK = "unblock"
    UNMUTE = "unmute"


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """By an operator, or (None) by the API or by itself.

    `is_automatic`: an assignment that gives way to any that a person made. `until` belongs to
    SNOOZE, `reason` to CLOSE.
    """

    act: ConversationAct
    operator: OperatorId | None
    assignee: OperatorId | None = None
    is_automatic: bool = False
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OperatorResent:
    """A message that did not arrive shall be said once more, as `message`, with the same class
    and topic: whoever did not want it then does not get it now."""

    original: Message
    operator: OperatorId | None
    message: MessageId
    message_key: str


@dataclass(frozen=True, slots=True)
class OperatorStarted:
    """An operator starts a flow for the contact: not the contact's own act."""

    flow: FlowName
    operator: OperatorId | None


@dataclass(frozen=True, slots=True)
class OperatorAlerted:
    """An operator is told something in their own messenger, which this address still is."""

    operator: OperatorId
    text: str


@dataclass(frozen=True, slots=True)
class OperatorUnlinked:
    """This address is not the operator's own messenger any more."""

    operator: OperatorId


@dataclass(frozen=True, slots=True)
class OperatorEnded:
    """An operator ends a dialogue that the bot has with the contact."""

    session: SessionId
    operator: OperatorId | None


@dataclass(frozen=True, slots=True)
class OperatorEdited:
    """An operator changes what is known of the contact: a tag, or an attribute by its name.

    `value` None takes the attribute away. `is_tag`: `name` is a tag, put on where `value` is not
    None.
    """

    name: str
    value: Json
    operator: OperatorId | None
    is_tag: bool = False


@dataclass(frozen=True, slots=True)
class OperatorAltered:
    """An answer that was sent shall be edited, to `text`, or deleted.

    `may_all`: the operator may alter what colleagues wrote. `alteration` is the id it shall have.
    """

    message: MessageId
    act: Alteration
    operator: OperatorId | None
    alteration: AlterationId
    text: str = ""
    may_all: bool = False


@dataclass(frozen=True, slots=True)
class SendRefused:
    """A messenger answered a send of ours with "blocked" or "no such person"."""

    send: SendId
    reason: str
    is_dead: bool


@dataclass(frozen=True, slots=True)
class OptedByPage:
    """A signed page or an operator changed subscriptions on the contact's word."""

    topic: str | None
    subscribe: bool
    source: str
    evidence: Mapping[str, Json]
    cls: TopicClass | None = None
    operator: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """An operator puts a tag on the person, or takes it off."""

    tag: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class AddedToTopic:
    """One of many whom an operator adds to a topic, on words that are kept as the evidence.

    Whoever has left it, or everything, is left out: nobody looked at each of them.
    """

    topic: TopicId
    evidence: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TakenFromTopic:
    """One of many whom an operator unsubscribes."""

    topic: TopicId
    evidence: Mapping[str, Json]


InBulk: TypeAlias = Tagged | AddedToTopic | TakenFromTopic
FromMessenger: TypeAlias = (
    Started
    | Opened
    | Said
    | Pressed
    | Edited
    | Removed
    | Blocked
    | Unblocked
    | Delivered
    | Read
    | ReadUpTo
    | Undelivered
    | Echoed
    | SaidElsewhere
    | Ignored
)
FromOurselves: TypeAlias = (
    TimerFired
    | ShopEvent
    | ContactTold
    | CallAnswered
    | OperatorSaid
    | OperatorActed
    | OperatorResent
    | OperatorStarted
    | OperatorAlerted
    | OperatorUnlinked
    | OperatorEnded
    | OperatorEdited
    | OperatorAltered
    | SendRefused
    | OptedByPage
    | InBulk
)
Event: TypeAlias = FromMessenger | FromOurselves


@dataclass(frozen=True, slots=True)
class Inbound:
    """One event at one address. `at` is the platform's time, ours for what we start ourselves.

    `user` "" belongs to no address (a platform's notice): only counted.
    """

    account: AccountId
    user: UserId
    key: EventKey
    at: datetime
    event: Event
    profile: Profile | None = None
    address: AddressId | None = None
    """Set for what comes from ourselves; such an event makes no address."""
