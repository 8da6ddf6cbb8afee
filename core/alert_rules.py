"""Who is away from the desk is told that somebody waits: who, of what, how and when. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.alerts import MOST_TRIES, Alert, Key, Kind, Person, Told, Waiting, Way
from core.hours import WorkingHours
from core.ids import OperatorId

FRESH = timedelta(minutes=10)
"""So long a message is news: whoever leaves the desk knows of what came before."""
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
