"""The overview as numbers: series for the plots, and the same as tables behind them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median, quantiles

from core.consent import Act
from core.ids import AccountId
from core.messages import Direction
from storage.figures import Acts, Answered, Told

Titles = Mapping[AccountId, str]
Found = dict[tuple[AccountId, datetime], float]
HOURS = 48
DAYS = 30
_JOINED = {Act.SUBSCRIBE, Act.CONFIRM, Act.RESUBSCRIBE}
_LEFT = {Act.UNSUBSCRIBE, Act.BLOCK}


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns of numbers over times; None where there is nothing to tell."""

    times: tuple[datetime, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]

    @property
    def total(self) -> float:
        return sum(value or 0 for _, values in self.series for value in values)

    @property
    def rows(self) -> list[tuple[datetime, tuple[float | None, ...]]]:
        """As a table, the latest first, without rows of nothing."""
        rows = [
            (time, tuple(values[place] for _, values in self.series))
            for place, time in enumerate(self.times)
        ]
        return [row for row in reversed(rows) if any(row[1])]


def per_hour(told: Iterable[Told], titles: Titles, direction: Direction, now: datetime) -> Plot:
    """Messages of the last 48 hours, one series a messenger."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    times = tuple(start + timedelta(hours=number) for number in range(HOURS))
    found: Found = {(one.account, one.hour): one.many for one in told if one.direction is direction}
    return _plot(times, found, titles)


def per_day(acts: Iterable[Acts], titles: Titles, now: datetime, *, joined: bool) -> Plot:
    """Who joined, or left, on each of the last 30 days, one series a messenger."""
    wanted = _JOINED if joined else _LEFT
    found: Found = {}
    for one in acts:
        if one.act in wanted:
            key = (one.account, one.day)
            found[key] = found.get(key, 0) + one.many
    return _plot(_days(now), found, titles)


def answer_times(answered: Sequence[Answered], now: datetime, names: tuple[str, str]) -> Plot:
    """Minutes to the first answer: the usual one of each day, and that of the slowest tenth."""
    by_day: dict[date, list[float]] = {}
    for one in answered:
        by_day.setdefault(one.at.date(), []).append(one.seconds / 60)
    times = _days(now)
    usual, slow = [], []
    for time in times:
        minutes = by_day.get(time.date())
        usual.append(round(median(minutes), 1) if minutes else None)
        slow.append(round(_slowest_tenth(minutes), 1) if minutes else None)
    return Plot(times, ((names[0], tuple(usual)), (names[1], tuple(slow))))


def _slowest_tenth(minutes: Sequence[float]) -> float:
    return minutes[0] if len(minutes) == 1 else quantiles(minutes, n=10, method="inclusive")[-1]


def _days(now: datetime) -> tuple[datetime, ...]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(today - timedelta(days=DAYS - 1 - number) for number in range(DAYS))


def _plot(
    times: tuple[datetime, ...],
    found: Found,
    titles: Titles,
) -> Plot:
    accounts = [account for account in titles if any(key[0] == account for key in found)]
    return Plot(
        times,
        tuple(
            (titles[account], tuple(found.get((account, time), 0) for time in times))
            for account in accounts
        ),
    )
