"""When somebody is at the desk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.languages import Localized

_LONGEST_CLOSED = 31
"""Days that are looked at: who is closed for longer is closed all the time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a time of day to a later one of the same day; `end` midnight is the day's end."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """`days`: weekday (Monday is 0) → its stretches, in order. `zone` is an IANA name."""

    zone: str
    days: Mapping[int, tuple[Stretch, ...]]
    holidays: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self._around(at, 1))

    def worked(self, until: datetime) -> list[tuple[datetime, datetime]]:
        """(from, to) of all work in the month before `until`, what goes on then cut there."""
        return [
            (start.astimezone(UTC), min(end, until).astimezone(UTC))
            for start, end in self._around(until, _LONGEST_CLOSED)
            if start < until
        ]

    def closed_since(self, at: datetime) -> datetime:
        """When the work that was last before `at` ended; a month before where there was none."""
        ends = [end for _, end in self._around(at, _LONGEST_CLOSED) if end <= at]
        return max(ends, default=at - timedelta(days=_LONGEST_CLOSED))

    def opens_at(self, at: datetime) -> datetime | None:
        """When work begins next; None where it does not within a month."""
        starts = [start for start, _ in self._around(at, _LONGEST_CLOSED) if start > at]
        return min(starts, default=None)

    def _around(self, at: datetime, days: int) -> list[tuple[datetime, datetime]]:
        today = at.astimezone(ZoneInfo(self.zone)).date()
        found = []
        for number in range(-days, days + 1):
            day = today + timedelta(days=number)
            if day not in self.holidays:
                found += [self._on(day, one) for one in self.days.get(day.weekday(), ())]
        return found

    def _on(self, day: date, stretch: Stretch) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.zone)
        is_whole = stretch.end == time.min
        last = day + timedelta(days=1) if is_whole else day
        return (
            datetime.combine(day, stretch.start, zone),
            datetime.combine(last, stretch.end, zone),
        )


@dataclass(frozen=True, slots=True)
class Away:
    """What is said outside the working hours."""

    hours: WorkingHours
    text: Localized
