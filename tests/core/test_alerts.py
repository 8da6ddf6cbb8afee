"""Who is told what, how and when, while away from the desk."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from core.alert_rules import concerning, due, to_escalate, waits
from core.alerts import MOST_TRIES, Alert, Kind, Person, Told, Waiting, Way
from core.hours import Stretch, WorkingHours
from core.ids import AccountId, ConversationId, OperatorId
from tests.world import NOW

VERA, BORIS = OperatorId(1), OperatorId(2)
ALL = frozenset(Way)
# NOW is a Sunday, 12:00 UTC.
OPEN = WorkingHours("UTC", {6: (Stretch(time(11, 55), time(18)),)})
BREAK = WorkingHours("UTC", {6: (Stretch(time(11), time(12)), Stretch(time(12, 50), time(18)))})
ALWAYS = WorkingHours("UTC", {day: (Stretch(time(0), time.min),) for day in range(7)})
SHUT = WorkingHours("UTC", {0: (Stretch(time(9), time(18)),)})


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def waiting(since: float = 30, latest: float | None = None, **other: Any) -> Waiting:
    """Somebody who has waited for so many minutes, and wrote again `latest` minutes ago."""
    values: dict[str, Any] = {
        "conversation": ConversationId(7),
        "account": AccountId("shop-tg"),
        "since": NOW - minutes(since),
        "latest_at": NOW - minutes(since if latest is None else latest),
        "is_unread": True,
    }
    return Waiting(**{**values, **other})


def person(**other: Any) -> Person:
    values: dict[str, Any] = {"operator": VERA, "ways": ALL, "after": minutes(10)}
    return Person(**{**values, **other})


def told_of(alerts: list[Alert]) -> set[tuple[Way, Kind]]:
    return {(one.way, one.kind) for one in alerts}


LATE = {(way, Kind.LATE) for way in Way}
NEWS = {(Way.PUSH, Kind.MESSAGE)}


@pytest.mark.parametrize(
    ("one", "who", "hours", "expected"),
    [
        pytest.param(waiting(1), person(), None, NEWS, id="a new message: a notification, at once"),
        pytest.param(waiting(10), person(), None, LATE, id="unanswered for long: by every way"),
        pytest.param(
            waiting(60, latest=1), person(), None, LATE | NEWS, id="who waits writes once more"
        ),
        pytest.param(
            waiting(1, is_unread=False), person(), None, set(), id="somebody has read it just now"
        ),
        pytest.param(
            waiting(30, is_unread=False), person(), None, LATE, id="read, and still not answered"
        ),
        pytest.param(waiting(30), person(is_present=True), None, set(), id="the page is open"),
        pytest.param(waiting(30), person(ways=frozenset()), None, set(), id="nothing is chosen"),
        pytest.param(
            waiting(30), person(ways=frozenset({Way.MAIL})), None, {(Way.MAIL, Kind.LATE)},
            id="by the ways that are chosen alone",
        ),
        pytest.param(waiting(30, assignee=VERA), person(only_mine=True), None, LATE, id="mine"),
        pytest.param(waiting(30), person(only_mine=True), None, set(), id="only mine"),
        pytest.param(waiting(30, assignee=BORIS), person(), None, set(), id="a colleague's"),
        pytest.param(waiting(30), person(), SHUT, set(), id="the desk is closed"),
        pytest.param(waiting(30), person(any_hour=True), SHUT, LATE, id="at any hour, if chosen"),
        pytest.param(
            waiting(300), person(), OPEN, set(), id="only minutes since opening count"
        ),
        pytest.param(waiting(300), person(after=minutes(5)), OPEN, LATE, id="five since opening"),
        pytest.param(waiting(30), person(after=minutes(31)), None, set(), id="a patient operator"),
        pytest.param(
            waiting(30, assignee=BORIS, escalated_at=NOW), person(), None, set(),
            id="escalated, which is nothing to an operator",
        ),
        pytest.param(
            waiting(30, assignee=BORIS, escalated_at=NOW), person(is_supervisor=True), None,
            {(way, Kind.ESCALATED) for way in Way}, id="escalated to who supervises",
        ),
        pytest.param(
            waiting(30, assignee=BORIS, escalated_at=NOW - minutes(31)),
            person(is_supervisor=True), None, set(), id="an earlier wait was escalated",
        ),
    ],
)  # fmt: skip
def test_whom_it_concerns(
    one: Waiting, who: Person, hours: WorkingHours | None, expected: set[tuple[Way, Kind]]
) -> None:
    assert told_of(concerning([one], [who], NOW, hours)) == expected


def alert(*about: Waiting, way: Way = Way.MAIL, kind: Kind = Kind.LATE) -> Alert:
    return Alert(VERA, way, kind, about or (waiting(),))


def told(one: Alert, **other: Any) -> dict[Any, Told]:
    """All of it was told of before, an hour ago."""
    values: dict[str, Any] = {"at": NOW - minutes(60), **other}
    return {key: Told(values.pop("mark", mark), **values) for key, mark in one.claims()}


@pytest.mark.parametrize(
    ("known", "is_due"),
    [
        pytest.param({}, False, id="told: once a wait"),
        pytest.param({"mark": NOW - minutes(90)}, True, id="told in an earlier wait"),
        pytest.param({"due_at": NOW}, True, id="it failed, and it is time to try again"),
        pytest.param({"due_at": NOW + minutes(1)}, False, id="it failed just now, or is under way"),
        pytest.param({"due_at": NOW, "attempts": MOST_TRIES}, False, id="it failed too often"),
        pytest.param(
            {"mark": NOW - minutes(90), "at": NOW - minutes(0.5)}, False, id="told of a minute ago"
        ),
    ],
)
def test_what_was_told_before(known: dict[str, Any], is_due: bool) -> None:
    one = alert()
    assert bool(due([one], told(one, **known), {}, NOW)) == is_due


def several(count: int) -> list[Waiting]:
    return [waiting(30 - n, conversation=ConversationId(n)) for n in range(count)]


@pytest.mark.parametrize(
    ("way", "count", "sizes"),
    [
        pytest.param(Way.MAIL, 5, [5], id="a mail gathers"),
        pytest.param(Way.MESSENGER, 2, [2], id="a message gathers"),
        pytest.param(Way.PUSH, 3, [1, 1, 1], id="a few notifications stand each for itself"),
        pytest.param(Way.PUSH, 4, [4], id="many would be a flood"),
    ],
)
def test_several_that_wait_are_gathered(way: Way, count: int, sizes: list[int]) -> None:
    alerts = due([alert(*several(count), way=way)], {}, {}, NOW)
    assert [len(one.about) for one in alerts] == sizes


@pytest.mark.parametrize(
    ("ago", "is_due"),
    [pytest.param(14, False, id="too soon"), pytest.param(15, True, id="a quarter of an hour on")],
)
def test_mails_keep_a_distance(ago: float, is_due: bool) -> None:
    last = {(VERA, Way.MAIL, Kind.LATE): NOW - minutes(ago)}
    assert bool(due([alert()], {}, last, NOW)) == is_due


def test_a_try_that_failed_does_not_wait_for_the_distance() -> None:
    failed, new = several(2)
    last = {(VERA, Way.MAIL, Kind.LATE): NOW - minutes(2)}
    known = told(alert(failed), due_at=NOW, at=NOW - minutes(2))
    [one] = due([alert(failed, new)], known, last, NOW)
    assert one.about == (failed,)


def test_who_waits_longest_stands_first() -> None:
    new, old = waiting(20, conversation=ConversationId(1)), waiting(40)
    [one] = concerning([new, old], [person(ways=frozenset({Way.MAIL}))], NOW, None)
    assert one.about == (old, new)


@pytest.mark.parametrize(
    ("one", "hours", "is_due"),
    [
        pytest.param(waiting(30), None, True, id="for half an hour"),
        pytest.param(waiting(29), None, False, id="not yet"),
        pytest.param(waiting(300), SHUT, False, id="while the desk is closed"),
        pytest.param(waiting(300), OPEN, False, id="the desk has opened five minutes ago"),
        pytest.param(waiting(40, escalated_at=NOW), None, False, id="once a wait"),
        pytest.param(waiting(40, escalated_at=NOW - minutes(50)), None, True, id="another wait"),
    ],
)
def test_what_goes_to_those_who_supervise(
    one: Waiting, hours: WorkingHours | None, is_due: bool
) -> None:
    assert to_escalate([one], minutes(30), hours, NOW) == ([one] if is_due else [])


@pytest.mark.parametrize(
    ("hours", "at", "waited"),
    [
        pytest.param(OPEN, datetime.combine(NOW, time(11), NOW.tzinfo), None, id="closed"),
        pytest.param(OPEN, NOW, minutes(5), id="since it opened"),
        pytest.param(OPEN, NOW + minutes(30), minutes(35), id="and on"),
        pytest.param(BREAK, NOW + minutes(70), minutes(80), id="but for a break"),
        pytest.param(ALWAYS, NOW + minutes(780), minutes(1380), id="over midnight"),
    ],
)
def test_a_wait_is_counted_while_the_desk_is_open(
    hours: WorkingHours, at: datetime, waited: timedelta | None
) -> None:
    assert waits(hours, at)(NOW - minutes(600)) == waited


def test_a_conversation_that_was_answered_and_waits_again_is_told_again() -> None:
    first = alert(way=Way.PUSH)
    again = replace(first, about=(replace(first.about[0], since=NOW),))
    assert due([again], told(first), {}, NOW + minutes(10)) == [again]
