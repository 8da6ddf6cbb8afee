"""The shapes of what sites are told by webhooks: a closed list, one class for each type.

They stand in the API's document and in docs/webhooks-out.md; a change here is one that shops see.
Ids are texts, times UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from core.hooks import HookType

Class = Annotated[str, Field(serialization_alias="class")]


@dataclass(frozen=True, slots=True)
class ToldContact:
    """A person: the site's own id of them as `customer`, where it is known, and ours as `id`."""

    id: str
    site: str | None
    customer: str | None


@dataclass(frozen=True, slots=True)
class ToldAddress:
    """Where in a messenger it happened."""

    id: str
    account: str
    channel: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """They get these topics at this address from now on. `source`: link, keyword, button, widget,
    preferences, api, import or operator."""

    contact: ToldContact
    address: ToldAddress
    topics: list[str]
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """They get these topics at this address no more. `everything`: they said STOP, which also ends
    marketing at all their other addresses. `source` "platform": they blocked the bot."""

    contact: ToldContact
    address: ToldAddress
    topics: list[str]
    everything: bool
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ContactLinked:
    """Somebody came by a link of this site: from now on this address is this contact's.

    `code` is the link's, `order` the site's own id of the order in its token.
    """

    contact: ToldContact
    address: ToldAddress
    code: str
    source: str
    order: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ToldAttachment:
    """`kind`: photo, video, document, voice, audio, sticker, location or contact. Files are got by
    the API: GET /api/v1/messages/{id}/attachments/{number}."""

    kind: str
    name: str = ""
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ToldMessage:
    id: str
    text: str
    attachments: list[ToldAttachment]


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A contact wrote, or pressed a button, whose label is then the text."""

    contact: ToldContact
    address: ToldAddress
    message: ToldMessage
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What became of a message of ours. `key` is the one that your own call gave it.

    The status only climbs: sent, delivered, read; failed and unknown may still turn into sent.
    """

    contact: ToldContact
    address: ToldAddress
    message: str
    status: Literal[
        "sent",
        "delivered",
        "read",
        "undelivered",
        "failed",
        "suppressed",
        "cancelled",
        "unknown",
    ]
    error: str
    cls: Class
    topic: str | None
    author: str
    key: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """A contact answered a question of a flow. `order` is the site's own id of the order that it
    is about, where it is about one."""

    contact: ToldContact
    address: ToldAddress
    flow: str
    step: str
    name: str
    value: Any
    order: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FlowEvent:
    """What a step `emit` of a flow tells."""

    contact: ToldContact
    address: ToldAddress
    id: str
    name: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ConversationOpened:
    """A thread came before the operators: somebody waits for an answer there."""

    contact: ToldContact
    address: ToldAddress
    conversation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConversationClosed:
    contact: ToldContact
    address: ToldAddress
    conversation: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConversationRated:
    """How a contact liked a conversation: 1 to 5."""

    contact: ToldContact
    address: ToldAddress
    conversation: str | None
    rating: int
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Test:
    """Sent by hand to see whether an endpoint answers."""

    __test__ = False  # It is none of pytest's.

    site: str
    message: str
    at: datetime


SHAPES: Mapping[HookType, type] = {
    HookType.SUBSCRIBED: Subscribed,
    HookType.UNSUBSCRIBED: Unsubscribed,
    HookType.CONTACT_LINKED: ContactLinked,
    HookType.MESSAGE_RECEIVED: MessageReceived,
    HookType.MESSAGE_STATUS: MessageStatus,
    HookType.FLOW_ANSWER: FlowAnswer,
    HookType.FLOW_EVENT: FlowEvent,
    HookType.CONVERSATION_OPENED: ConversationOpened,
    HookType.CONVERSATION_CLOSED: ConversationClosed,
    HookType.CONVERSATION_RATED: ConversationRated,
    HookType.TEST: Test,
}
_KINDS = {shape: kind for kind, shape in SHAPES.items()}
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def kind_of(told: object) -> HookType:
    return _KINDS[type(told)]


def dump(told: object) -> str:
    """As it stands in `data`."""
    shape = type(told)
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape].dump_json(told, by_alias=True).decode()


def body_of(kind: str, at: datetime, payload: str) -> bytes:
    """What goes out; the same bytes at every try."""
    when = at.isoformat().replace("+00:00", "Z")
    return f'{{"type":"{kind}","timestamp":"{when}","data":{payload}}}'.encode()
