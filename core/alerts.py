"""Who is away from the desk, and is told that somebody waits: whom, of what, how and when. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from core.hours import WorkingHours
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


FRESH = timedelta(minutes=10)
"""So long a message is news: whoever leaves the desk knows of what came before."""
MOST_TRIES = 3
MOST_APART = 3
"""So many notifications may come at once; more conversations than these share one."""
_GAPS = {
    (Way.PUSH, Kind.MESSAGE): timedelta(seconds=20),
    (Way.PUSH, Kind.LATE): timedelta(minutes=1),
    (Way.MESSENGER, Kind.LATE): timedelta(minutes=5),
    (Way.MAIL, Kind.LATE): timedelta(minutes=15),
    (Way.PUSH, Kind.ESCALATED): timedelta(seconds=20),
    (Way.MESSENGER, Kind.ESCALATED): timedelta(minutes=5),
    (Way.MAIL, Kind.ESCALATED): timedelta(minutes=5),
}
"""Between two alerts to one operator; what falls due meanwhile is gathered into the next."""
_SAME_CONVERSATION = timedelta(minutes=1)


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


def concerning(
    waiting: Iterable[Waiting], people: Iterable[Person], now: datetime, hours: WorkingHours | None
) -> list[Alert]:
    """Whom each conversation concerns now, gathered, whatever they were told before."""
    at_desk = waits(hours, now)
    found = [_Wait(one, now - one.since, at_desk(one.since)) for one in waiting]
    return [alert for person in people for alert in _for(person, found, now)]


def due(
    alerts: Iterable[Alert],
    told: Mapping[Key, Told],
    last: Mapping[tuple[OperatorId, Way, Kind], datetime],
    now: datetime,
) -> list[Alert]:
    """Of what concerns people, what they are to be told now: once a wait, and not in a flood.

    `last` is when each was last told anything by that way; a try that failed does not wait for it.
    """
    return [part for alert in alerts for part in _due(alert, told, last, now)]


def to_escalate(
    waiting: Iterable[Waiting], after: timedelta, hours: WorkingHours | None, now: datetime
) -> list[Waiting]:
    """What nobody has answered for so long, in working time, and what is not escalated yet."""
    at_desk = waits(hours, now)
    return [
        one
        for one in waiting
        if not one.is_escalated and (waited := at_desk(one.since)) is not None and waited >= after
    ]


def waits(hours: WorkingHours | None, now: datetime) -> Callable[[datetime], timedelta | None]:
    """Tells how long one has waited since a time, while the desk was open; None: it is closed.

    Without hours it is always open. What is longer ago than a month does not count.
    """
    if hours is None:
        return lambda since: now - since
    if not hours.is_open(now):
        return lambda _since: None
    worked = hours.worked(now)

    def waited(since: datetime) -> timedelta:
        parts = (end - max(start, since) for start, end in worked if end > since)
        return sum(parts, timedelta(0))

    return waited


@dataclass(frozen=True, slots=True)
class _Wait:
    """How long it has lasted on the clock, and in working time (None: the desk is closed)."""

    one: Waiting
    on_clock: timedelta
    at_desk: timedelta | None


def _for(person: Person, all_waits: Sequence[_Wait], now: datetime) -> Iterator[Alert]:
    if person.is_present or not person.ways:
        return
    gathered: dict[Kind, list[Waiting]] = {kind: [] for kind in Kind}
    for wait in all_waits:
        # Who wants to hear at any hour hears of a wait as it is on the clock.
        waited = wait.on_clock if person.any_hour else wait.at_desk
        if waited is not None:
            for kind in _kinds(person, wait.one, waited, now):
                gathered[kind].append(wait.one)
    for way in sorted(person.ways):
        for kind, about in gathered.items():
            if about and (way is Way.PUSH or kind is not Kind.MESSAGE):
                ordered = sorted(about, key=lambda one: (one.since, one.conversation))
                yield Alert(person.operator, way, kind, tuple(ordered))


def _kinds(person: Person, one: Waiting, waited: timedelta, now: datetime) -> Iterator[Kind]:
    is_theirs = one.assignee == person.operator
    if is_theirs or (one.assignee is None and not person.only_mine):
        if one.is_unread and now - one.latest_at < FRESH:
            yield Kind.MESSAGE
        if waited >= person.after:
            yield Kind.LATE
    if one.is_escalated and person.is_supervisor:
        yield Kind.ESCALATED


def _due(
    alert: Alert,
    told: Mapping[Key, Told],
    last: Mapping[tuple[OperatorId, Way, Kind], datetime],
    now: datetime,
) -> Iterator[Alert]:
    again, new = [], []
    for one, (key, mark) in zip(alert.about, alert.claims(), strict=True):
        known = told.get(key)
        if known is None or known.mark < mark:
            is_too_soon = known is not None and now - known.at < _SAME_CONVERSATION
            if not is_too_soon:
                new.append(one)
        elif _is_tried_again(known, now):
            again.append(one)
    gap = _GAPS[alert.way, alert.kind]
    last_at = last.get((alert.operator, alert.way, alert.kind))
    if last_at is not None and now - last_at < gap:
        new = []
    about = tuple(one for one in alert.about if one in again or one in new)
    if alert.way is Way.PUSH and len(about) <= MOST_APART:
        for one in about:
            yield Alert(alert.operator, alert.way, alert.kind, (one,))
    elif about:
        yield Alert(alert.operator, alert.way, alert.kind, about)


def _is_tried_again(known: Told, now: datetime) -> bool:
    return known.due_at is not None and known.due_at <= now and known.attempts < MOST_TRIES
