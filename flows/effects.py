"""What a turn orders. The shell carries it out; answers come back later as happenings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from core.content import Content
from core.ids import TopicId
from core.messages import MessageClass
from core.people import Json
from flows.session import Session


@dataclass(frozen=True, slots=True)
class Say:
    """`topic` is None exactly when `cls` is REPLY and the flow has no topic.

    `step` says it: only to be told later why.
    """

    content: Content
    cls: MessageClass
    topic: TopicId | None
    step: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`words` are those of consent that the contact was shown, "" where the topic has none."""

    topic: TopicId
    words: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    topic: TopicId


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """On the contact, for good."""

    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class Tag:
    name: str


@dataclass(frozen=True, slots=True)
class Untag:
    name: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Silence the bot and put the conversation before the operators."""

    note: str


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request to be made after the commit; its answer names `generation`."""

    generation: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Emit:
    """An event for the shop."""

    name: str
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WakeAt:
    """A timer: TimedOut(generation) is due then."""

    at: datetime
    generation: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The button belongs to a question that is over; tell the person so, quietly."""


@dataclass(frozen=True, slots=True)
class Report:
    """Something in the flow is wrong (a loop that never waits, a template that failed)."""

    problem: str
    step: str


Effect: TypeAlias = (
    Say
    | Subscribe
    | Unsubscribe
    | SetAttribute
    | Tag
    | Untag
    | HandOver
    | Call
    | Emit
    | WakeAt
    | Stale
    | Report
)


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer that a question keeps as `name`."""

    flow: str
    step: str
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class Turn:
    """The session after the turn (ENDED when it is over), and the effects in order."""

    session: Session
    effects: tuple[Effect, ...] = ()
    saved: tuple[Saved, ...] = field(default=(), compare=False)
    """Only to be told to others: the session has it."""
