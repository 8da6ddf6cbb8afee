"""What a shop tells by POST /api/v1/events, and what it is answered."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.paging import DEFAULT, MOST
from api.routing import request_body
from dialogues.contact_body import ContactChange

Key = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9._:-]+$")]


Language = Annotated[str, Field(max_length=35)]
Texts = Annotated[
    dict[Language, Annotated[str, Field(min_length=1, max_length=4000)]],
    Field(min_length=1, max_length=20),
]
Labels = Annotated[
    dict[Language, Annotated[str, Field(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=20),
]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class EventButton:
    """Opens a page. `label` by language."""

    label: Labels
    url: Annotated[str, Field(min_length=1, max_length=2000)]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """Said at once, as a service message, at each address that is subscribed to the topic, which
    must be of class service. `text` by language, such as {"en": …, "ru": …}."""

    topic: Annotated[str, Field(min_length=1, max_length=64)]
    text: Texts
    buttons: Annotated[list[EventButton], Field(max_length=10)] = field(default_factory=list)


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """`order` as in a site token. Without `customer` the order says whose event it is. What the
    order says and `contact` says is kept, whether a flow starts or not.

    `key` makes the event one of a kind: repeat a request that got no answer with the same one.
    """

    site: Annotated[str, Field(max_length=64)]
    name: Name
    key: Key
    customer: str | int | None = None
    order: dict[str, Any] | None = None
    message: EventMessage | None = None
    contact: ContactChange | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartedFlow:
    flow: str
    address: str
    account: str


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    message: str
    address: str
    account: str


@dataclass(frozen=True, slots=True)
class AddressOutcome:
    """`reason` tells what did not happen there: no_flow, unsubscribed, stopped, unreachable,
    not_their_order (they came by no token of this order), blocked_here (by operators),
    operators_own, repeated, account_gone (no account of this configuration)."""

    address: str
    account: str
    outcome: Literal["started", "sent", "not_sent"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EventTaken:
    """What will happen: flows that started, messages that wait to be sent; and at which address
    what. Whether a message may go is judged once more when its turn comes."""

    started: list[StartedFlow]
    sent: list[QueuedMessage]
    addresses: list[AddressOutcome] = field(default_factory=list)


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichEvents:
    """`after` is the `next` of the page before; keep it, and nothing is told twice."""

    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT


@dataclass(frozen=True, slots=True)
class ToldEvent:
    id: str
    name: str
    contact: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class EventsTold:
    """`next` stands behind the last item: ask with it later for what came since."""

    items: list[ToldEvent]
    next: str | None
