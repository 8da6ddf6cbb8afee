"""Messages: their class, their author, the ladder of their status."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.content import Content
from core.ids import AddressId, FlowName, MessageId, OperatorId, SessionId, TopicId


class MessageClass(StrEnum):
    REPLY = "reply"
    SERVICE = "service"
    MARKETING = "marketing"

    @property
    def priority(self) -> int:
        """0 goes first."""
        return _PRIORITY[self]


_PRIORITY = {MessageClass.REPLY: 0, MessageClass.SERVICE: 1, MessageClass.MARKETING: 2}


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Author(StrEnum):
    CONTACT = "contact"
    FLOW = "flow"
    OPERATOR = "operator"
    SYSTEM = "system"
    API = "api"


class Status(StrEnum):
    """RECEIVED is an inbound message's only one; the rest are a ladder with ends aside.

    UNDELIVERED: the messenger took it and told later that it could not bring it.
    """

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    READ = "read"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


_RANK = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.UNKNOWN: 2,
    Status.FAILED: 3,
    Status.SUPPRESSED: 3,
    Status.CANCELLED: 3,
    Status.SENT: 4,
    Status.UNDELIVERED: 5,
    Status.DELIVERED: 6,
    Status.READ: 7,
}
RESENDABLE = frozenset({Status.FAILED, Status.UNDELIVERED, Status.UNKNOWN})
"""What a person may want to say once more."""
ENDED = frozenset(_RANK) - {Status.QUEUED, Status.SENDING}
"""What no sender will touch again."""


def climb(current: Status, told: Status) -> Status:
    """The status after hearing `told`, in whatever order it is heard: the greater of the two.

    A receipt proves that a send we gave up on did arrive, so SENT stands above FAILED.
    """
    return told if _RANK[told] > _RANK[current] else current


def below(status: Status) -> tuple[Status, ...]:
    """From which a message climbs to this one."""
    return tuple(one for one, rank in _RANK.items() if rank < _RANK[status])


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, in or out.

    `key` makes an outbound message one of a kind. `topic` None counts as no topic: a reply.
    `expires_at` None never expires. `quoted` is a platform's id of the message it belongs to.
    """

    id: MessageId
    address: AddressId
    direction: Direction
    cls: MessageClass
    author: Author
    content: Content
    status: Status
    created_at: datetime
    topic: TopicId | None = None
    key: str | None = None
    external_id: str = ""
    operator: OperatorId | None = None
    session: SessionId | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    error: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    edited_at: datetime | None = None
    removed_at: datetime | None = None
    """When whoever said it took it away again."""
    files_at: datetime | None = None
    """When one of its files last came, or did not."""
    flow: FlowName | None = None
    """The flow that said it, at its `step`: its session may be gone."""
    step: str = ""
    altering: str = ""
    """The `core.altering.Alteration` that an operator asked for and the messenger has not done."""
    alter_error: str = ""
    """Why it was not done: a `core.altering.Why`, after ": " the messenger's words. "" while it is
    under way."""
