"""Words for telling operators who are away from the desk that somebody waits."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from core.ids import AccountId, ConversationId, OperatorId


class Way(StrEnum):
    """How an operator is reached."""

    PUSH = "push"
    """A notification of a browser or phone."""
    MESSENGER = "messenger"
    """A message of one of our own bots."""
    MAIL = "mail"


class Kind(StrEnum):
    """What an alert tells; a later one of these says more."""

    MESSAGE = "message"
    """Somebody has just written."""
    LATE = "late"
    """Nobody has answered for as long as this operator waits."""
    ESCALATED = "escalated"
    """Nobody has answered for so long that it concerns those who supervise."""


MOST_TRIES = 3
"""How often an alert is sent that fails."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in which somebody waits for an answer, `since` their first message.

    `latest_at`: when they last wrote.
    """

    conversation: ConversationId
    account: AccountId
    since: datetime
    latest_at: datetime
    is_unread: bool
    assignee: OperatorId | None = None
    escalated_at: datetime | None = None

    @property
    def is_escalated(self) -> bool:
        """In this wait, not in an earlier one."""
        return self.escalated_at is not None and self.escalated_at >= self.since


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What holds for operators who chose nothing else. `escalate_after` None: nothing is."""

    after: timedelta = timedelta(minutes=10)
    ways: frozenset[Way] = frozenset(Way)
    escalate_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an operator wants to be told. None: as the configuration says.

    `email` is theirs once it is confirmed; `shows_text`: notifications tell who wrote, and what.
    `language` is that of the page on which they said so, "" where they never did.
    """

    operator: OperatorId
    ways: frozenset[Way] | None = None
    after: int | None = None
    only_mine: bool = False
    any_hour: bool = False
    shows_text: bool = False
    email: str = ""
    email_confirmed_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser that takes notifications, as it gave itself; `digest` stands for its endpoint.

    `session` is the sign-in that it belongs to.
    """

    digest: str
    operator: OperatorId
    session: str
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    browser: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """An operator. `ways` are those that they chose and that lead somewhere.

    `after`: how long a conversation waits before they are told by more than a notification.
    """

    operator: OperatorId
    ways: frozenset[Way]
    after: timedelta
    is_present: bool = False
    is_supervisor: bool = False
    only_mine: bool = False
    any_hour: bool = False


Key: TypeAlias = tuple[ConversationId, OperatorId, Way, Kind]


@dataclass(frozen=True, slots=True)
class Told:
    """What was last claimed of a key. `mark` is the wait, or the message, that it told of.

    `due_at`: when it is tried again; None where it is done or given up.
    """

    mark: datetime
    at: datetime
    attempts: int = 1
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing told to one operator by one way; the conversation that waits longest first."""

    operator: OperatorId
    way: Way
    kind: Kind
    about: tuple[Waiting, ...]

    def claims(self) -> list[tuple[Key, datetime]]:
        """Each with the mark that it is claimed for."""
        return [
            ((one.conversation, self.operator, self.way, self.kind), mark_of(one, self.kind))
            for one in self.about
        ]


def mark_of(waiting: Waiting, kind: Kind) -> datetime:
    return waiting.latest_at if kind is Kind.MESSAGE else waiting.since
