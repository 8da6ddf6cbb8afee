"""What can happen to a session, as the engine sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from core.content import Content
from core.people import Json


class Trigger(StrEnum):
    """What starts a flow: the closed list of `enter`."""

    SUBSCRIBED = "subscribed"
    STARTED = "started"
    RESUBSCRIBED = "resubscribed"
    KEYWORD = "keyword"
    EVENT = "event"
    MESSAGE = "message"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Entered:
    """The session begins. `data` is the shop event's, for `event.data` in templates.

    `text` is the message that was a keyword, `name` the event's: they tell which of a flow's
    `enter` it was, hence at which step it begins. "" begins at the first.
    """

    trigger: Trigger
    data: Mapping[str, Json] = field(default_factory=dict)
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The contact said something while this session asks."""

    content: Content


@dataclass(frozen=True, slots=True)
class Chosen:
    """A button of this session was pressed; `option` is the index of what was shown."""

    generation: int
    option: int


@dataclass(frozen=True, slots=True)
class TimedOut:
    generation: int


@dataclass(frozen=True, slots=True)
class Called:
    """The answer of a `call`. `status` 0: none came. `body` is parsed JSON, or text."""

    generation: int
    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class TurnCame:
    """No other session asks any more: a queued one may put its question."""


Happening: TypeAlias = Entered | Answered | Chosen | TimedOut | Called | TurnCame


def is_contacts_act(happening: Happening) -> bool:
    """Whether what is said in this turn answers something the contact just did."""
    match happening:
        case Entered(trigger):
            return trigger not in (Trigger.EVENT, Trigger.CLOSED)
        case Answered() | Chosen():
            return True
        case _:
            return False
