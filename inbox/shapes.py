"""What the API shows of people, conversations and messages. Ids are texts, times UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, assert_never

from pydantic import Field

from core.content import (
    AskContactButton,
    AskLocationButton,
    Attachment,
    Button,
    ContactCard,
    Location,
    Media,
    PressButton,
    UrlButton,
)
from core.messages import Message
from core.people import Order
from core.topics import Subscription, Topic
from storage.conversations import Listed

Class = Annotated[str, Field(serialization_alias="class")]


@dataclass(frozen=True, slots=True)
class ShownSubscription:
    topic: str
    cls: Class
    state: str
    since: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ShownAddress:
    id: str
    account: str
    channel: str
    user: str
    reachable: bool
    stopped_at: datetime | None
    last_inbound_at: datetime | None
    subscriptions: list[ShownSubscription]


@dataclass(frozen=True, slots=True)
class ShownItem:
    name: str
    quantity: float
    price: str


@dataclass(frozen=True, slots=True)
class ShownOrder:
    id: str
    number: str
    status: str
    total: str
    currency: str
    url: str
    items: list[ShownItem]


@dataclass(frozen=True, slots=True)
class ShownContact:
    id: str
    site: str | None
    customer: str | None
    name: str
    locale: str
    timezone: str
    attributes: dict[str, Any]
    tags: list[str]
    orders: list[ShownOrder]
    addresses: list[ShownAddress]
    subscriptions: list[ShownSubscription]


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One line of consent evidence. `topic` null: every topic. `evidence` null: erased."""

    id: str
    at: datetime
    address: str
    topic: str | None
    act: str
    source: str
    evidence: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """`url` is served to keys of scope inbox only; null for a place or a card."""

    kind: str
    url: str | None = None
    name: str = ""
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ShownButton:
    label: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ShownMessage:
    id: str
    direction: str
    cls: Class
    text: str
    attachments: list[ShownAttachment]
    buttons: list[ShownButton]
    status: str
    error: str
    author: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    edited_at: datetime | None
    removed_at: datetime | None
    """Whoever wrote it took it away: its text is gone, or was meant to be."""


@dataclass(frozen=True, slots=True)
class ShownConversation:
    id: str
    contact: str
    name: str
    address: str
    account: str
    state: str
    assignee: str | None
    unread: int
    handed_over: bool
    note: str
    opened_at: datetime
    last_message_at: datetime
    waiting_since: datetime | None


def show_subscription(
    row: Subscription, topics: dict[Any, Topic], address: str | None = None
) -> ShownSubscription:
    known = topics.get(row.topic)
    cls = known.cls if known else "marketing"
    return ShownSubscription(row.topic, cls, row.state, row.since, address)


def show_order(order: Order) -> ShownOrder:
    items = [ShownItem(item.name, item.quantity, item.price) for item in order.items]
    return ShownOrder(
        order.ref, order.number, order.status, order.total, order.currency, order.url, items
    )


def show_message(message: Message, base_url: str) -> ShownMessage:
    content = message.content
    return ShownMessage(
        id=str(message.id),
        direction=message.direction,
        cls=message.cls,
        text=content.text,
        attachments=[
            _attachment(one, f"{base_url}/api/v1/messages/{message.id}/attachments/{number}")
            for number, one in enumerate(content.attachments)
        ],
        buttons=[_button(one) for one in content.buttons],
        status=message.status,
        error=message.error,
        author=message.author,
        created_at=message.created_at,
        sent_at=message.sent_at,
        delivered_at=message.delivered_at,
        read_at=message.read_at,
        edited_at=message.edited_at,
        removed_at=message.removed_at,
    )


def show_conversation(listed: Listed) -> ShownConversation:
    one = listed.conversation
    return ShownConversation(
        id=str(one.id),
        contact=str(listed.contact),
        name=listed.name,
        address=str(one.address),
        account=listed.account,
        state=one.state,
        assignee=str(one.assignee) if one.assignee else None,
        unread=one.unread,
        handed_over=one.is_handed_over,
        note=one.note,
        opened_at=one.opened_at,
        last_message_at=one.last_message_at,
        waiting_since=one.waiting_since,
    )


def _attachment(attachment: Attachment, url: str) -> ShownAttachment:
    match attachment:
        case Media(kind, _, name, _, size):
            return ShownAttachment(kind, url, name, size)
        case Location(latitude, longitude):
            return ShownAttachment("location", latitude=latitude, longitude=longitude)
        case ContactCard(phone, name, _):
            return ShownAttachment("contact", name=name, phone=phone)
        case _:
            assert_never(attachment)


def _button(button: Button) -> ShownButton:
    match button:
        case UrlButton(label, url):
            return ShownButton(label, url)
        case PressButton(label) | AskContactButton(label) | AskLocationButton(label):
            return ShownButton(label)
        case _:
            assert_never(button)
