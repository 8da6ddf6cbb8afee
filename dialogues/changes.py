"""What one batch of events changes; written in bulk at its end."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from core.acts import ActRecord
from core.arrivals import Arrival, Turned
from core.consent import ConsentRecord
from core.content import Content
from core.ids import AccountId, AddressId, ContactId, MessageId, RecordId, SessionId, SiteId
from core.messages import Author, Message, MessageClass, Status
from core.people import Json, Order
from core.tokens import Link
from storage.alterations import NewAlteration
from storage.files import NewFile
from storage.ratings import Answered, Asked
from storage.receipts import Told, ToldUpTo
from storage.sends import NewSend
from storage.timers import Emitted, PendingCall, Timer

_OURS = (Author.FLOW, Author.SYSTEM)


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A press that the messenger wants answered at once. Never stored."""

    account: AccountId
    press: str
    text: str


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer to a question of a flow; `subject` is the order's ref that it is about, or ""."""

    flow: str
    step: str
    name: str
    value: Json
    subject: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one event. `status` is "taken", "duplicate", "unreachable", "unknown"; of what
    operators do also "overtaken" (by a colleague) or "unsubscribed",
    "blocked" where they have blocked the contact, a `core.switching.WhyNot` of a subscription, a
    `core.altering.Why` of an answer that shall be altered,
    and "stopped" where only the contact could do it. Of what is done to many at once also
    "already", "left" (this topic, on purpose), "held" and "full" (of tags).

    `started` are the flows it started, `messages` what it queued; `why_not` what kept the shop's
    event from doing either, "" where nothing did.
    """

    status: str
    started: tuple[str, ...] = ()
    messages: tuple[MessageId, ...] = ()
    why_not: str = ""


@dataclass(slots=True)
class Changes:
    """Only lists to be written; the people's own rows are in their dossiers."""

    messages: list[Message] = field(default_factory=list)
    sends: list[NewSend] = field(default_factory=list)
    records: list[ConsentRecord] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    calls: list[PendingCall] = field(default_factory=list)
    emitted: list[Emitted] = field(default_factory=list)
    acknowledges: list[Acknowledge] = field(default_factory=list)
    cancels: dict[AddressId, RecordId] = field(default_factory=dict)
    receipts: list[Told] = field(default_factory=list)
    read_up_to: list[ToldUpTo] = field(default_factory=list)
    shown_by_messenger: list[tuple[AddressId, int, str]] = field(default_factory=list)
    """(address, random id, external id) of sends of ours."""
    orders: list[tuple[ContactId, SiteId, Order]] = field(default_factory=list)
    shown: list[tuple[AddressId, ContactId, str]] = field(default_factory=list)
    merges: list[tuple[ContactId, ContactId]] = field(default_factory=list)
    ended: set[SessionId] = field(default_factory=set)
    files: list[NewFile] = field(default_factory=list)
    edits: list[tuple[AddressId, str, Content, datetime]] = field(default_factory=list)
    removals: list[tuple[AddressId, str, datetime]] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    turned: list[Turned] = field(default_factory=list)
    """How addresses stand to topics, each change in its order."""
    asked: list[Asked] = field(default_factory=list)
    rated: list[Answered] = field(default_factory=list)
    alterations: list[NewAlteration] = field(default_factory=list)
    linked: list[Link] = field(default_factory=list)
    """Links that were redeemed."""
    saved: list[Saved] = field(default_factory=list)
    acts: list[ActRecord] = field(default_factory=list)
    """Of operators, in conversations; their names are written beside them."""
    told: set[AddressId] = field(default_factory=set)
    """Where pages have something new to show besides messages."""
    reports: list[tuple[str, str, str]] = field(default_factory=list)
    """(flow, step, problem): for the log."""

    def cancel(self, address: AddressId, stop: RecordId) -> None:
        """End what is queued for this address, in the database and in this very batch."""
        self.cancels[address] = stop
        dropped = {
            message.id
            for message in self.messages
            if message.address == address
            and message.status is Status.QUEUED
            and (message.cls is not MessageClass.REPLY or message.author in _OURS)
        }
        if dropped:
            self.messages = [
                replace(message, status=Status.CANCELLED, error="stopped")
                if message.id in dropped
                else message
                for message in self.messages
            ]
            self.sends = [send for send in self.sends if send.message not in dropped]
