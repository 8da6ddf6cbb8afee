"""One address's place in one flow about one subject."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.ids import FlowName, FlowVersion, SessionId
from core.people import Json


class SessionState(StrEnum):
    """What a session waits for. A session is always at rest between two turns."""

    NEW = "new"
    """Made and not entered yet: only ever seen by the first `advance`."""
    ASKING = "asking"
    """For an answer. At most one session of an address asks at a time."""
    QUEUED = "queued"
    """For its turn to ask."""
    WAITING = "waiting"
    """For a time."""
    CALLING = "calling"
    """For the answer of an HTTP request."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice as it was shown. `key` is what `save` keeps, `label` what the button said."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Where to go on when a flow that was `run` comes back."""

    flow: FlowName
    version: FlowVersion
    step: str
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Session:
    """`subject` is the `ref` of the order it is about, or "".

    `generation` grows whenever the session comes to rest: a timer, a button or the answer of a
    call that names an older one is stale. `tries` counts answers that did not fit.
    """

    id: SessionId
    flow: FlowName
    version: FlowVersion
    subject: str = ""
    state: SessionState = SessionState.NEW
    step: str = ""
    generation: int = 0
    tries: int = 0
    variables: Mapping[str, Json] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    stack: tuple[Frame, ...] = ()
    due_at: datetime | None = None
    """When the running wait or timeout ends; None without one."""
    queued_at: datetime | None = None
    """Since when it waits for its turn to ask; the oldest goes first."""
