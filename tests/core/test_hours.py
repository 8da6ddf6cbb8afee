"""When somebody is at the desk, on the desk's own clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.hours import Stretch, WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")
DAY = (Stretch(time(9), time(13)), Stretch(time(14), time(18)))
HOURS = WorkingHours(
    "Europe/Moscow",
    {**dict.fromkeys(range(5), DAY), 5: (Stretch(time(20), time.min),)},
    frozenset({date(2026, 11, 25)}),
)


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026, whose 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param(moscow(23, 9), True, id="at the first minute"),
        pytest.param(moscow(23, 8, 59), False, id="a minute before"),
        pytest.param(moscow(23, 13), False, id="at noon's break"),
        pytest.param(moscow(23, 17, 59), True, id="at the last minute"),
        pytest.param(moscow(23, 18), False, id="when it ends"),
        pytest.param(moscow(25, 10), False, id="on a holiday"),
        pytest.param(moscow(28, 23, 59), True, id="until midnight"),
        pytest.param(moscow(29, 0), False, id="not after midnight"),
        pytest.param(datetime(2026, 11, 23, 6, 0, tzinfo=UTC), True, id="by the desk's own zone"),
    ],
)
def test_open(at: datetime, is_open: bool) -> None:
    assert HOURS.is_open(at) is is_open


@pytest.mark.parametrize(
    ("at", "since", "opens"),
    [
        pytest.param(moscow(23, 13, 30), moscow(23, 13), moscow(23, 14), id="at noon"),
        pytest.param(moscow(24, 20), moscow(24, 18), moscow(26, 9), id="over a holiday"),
        pytest.param(moscow(29, 12), moscow(29, 0), moscow(30, 9), id="over a Sunday"),
    ],
)
def test_the_stretch_between(at: datetime, since: datetime, opens: datetime) -> None:
    assert HOURS.closed_since(at) == since
    assert HOURS.opens_at(at) == opens


def test_a_desk_that_never_opens() -> None:
    never = WorkingHours("UTC", {})
    assert never.opens_at(moscow(23, 9)) is None
    assert never.closed_since(moscow(23, 9)) < moscow(1, 1)
