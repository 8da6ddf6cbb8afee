"""Spans of time and times of day, as flows write them."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(?:\d{1,9}\s*[smhdw]\s*)+")
_PART = re.compile(r"(\d{1,9})\s*([smhdw])")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
LONGEST = timedelta(days=366)


def parse_span(text: str) -> timedelta:
    """`90s`, `15m`, `24h`, `7d`, `2w`, `1d 12h`.

    Raises:
        ValueError: it is no span, or longer than a year.
    """
    folded = text.strip().lower()
    if not _SPAN.fullmatch(folded):
        raise ValueError("a span is written as 30s, 15m, 24h, 7d, 2w or 1d 12h")
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(folded))
    if not 0 < seconds <= LONGEST.total_seconds():
        raise ValueError("a span is between 1s and 366d")
    return timedelta(seconds=seconds)


def parse_clock(text: str) -> time:
    """`9:00`, `18:30`.

    Raises:
        ValueError: it is no time of day.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError("a time of day is written as 9:00 or 18:30")
    return time(int(match[1]), int(match[2]))


def next_at(clock: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment after `after` when clocks of the zone show this time, in UTC.

    A time that a change of clocks skips comes as much later; one that comes twice, the first time.
    """
    day = after.astimezone(zone).date()
    for ahead in range(3):
        local = datetime.combine(day + timedelta(days=ahead), clock, tzinfo=zone)
        # Two times of one zone would be compared by their clocks, not as moments.
        moment = local.astimezone(UTC)
        if moment > after:
            return moment
    return after + timedelta(days=1)
