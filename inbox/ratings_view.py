"""What people thought of their conversations, as numbers: a plot, and tables. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ids import OperatorId
from inbox.overview import DAYS, Plot
from storage.ratings import BEST, Comment, Rated


@dataclass(frozen=True, slots=True)
class Share:
    """How many gave one score; `percent` of all."""

    score: int
    many: int
    percent: int


@dataclass(frozen=True, slots=True)
class OfOperator:
    name: str
    many: int
    average: float


@dataclass(frozen=True, slots=True)
class RatingsShown:
    """`average` None: nobody answered. `asked` counts those who did not answer, too."""

    asked: int
    answered: int
    average: float | None
    shares: tuple[Share, ...]
    operators: tuple[OfOperator, ...]
    answers: Plot
    averages: Plot
    comments: tuple[tuple[Comment, str], ...]


def ratings_of(
    rated: Iterable[Rated],
    asked: int,
    comments: Iterable[Comment],
    names: Mapping[OperatorId | None, str],
    words: tuple[str, str],
    now: datetime,
) -> RatingsShown:
    """Of the last thirty days. `names` has one for nobody, too; `words` are those of the plots."""
    rows = list(rated)
    answered = sum(one.many for one in rows)
    return RatingsShown(
        asked=asked,
        answered=answered,
        average=_average(rows),
        shares=tuple(
            Share(score, many, round(100 * many / answered) if answered else 0)
            for score in range(BEST, 0, -1)
            for many in [sum(one.many for one in rows if one.score == score)]
        ),
        operators=_operators(rows, names),
        answers=_per_day(rows, names, words[0], now),
        averages=_average_per_day(rows, words[1], now),
        comments=tuple((one, names.get(one.operator, "")) for one in comments),
    )


def _average(rows: Iterable[Rated]) -> float | None:
    listed = list(rows)
    many = sum(one.many for one in listed)
    return round(sum(one.score * one.many for one in listed) / many, 2) if many else None


def _operators(
    rows: Iterable[Rated], names: Mapping[OperatorId | None, str]
) -> tuple[OfOperator, ...]:
    theirs: dict[OperatorId | None, list[Rated]] = {}
    for one in rows:
        theirs.setdefault(one.operator, []).append(one)
    shown = [
        OfOperator(
            names.get(operator, names.get(None, "")),
            sum(one.many for one in found),
            _average(found) or 0.0,
        )
        for operator, found in theirs.items()
    ]
    return tuple(sorted(shown, key=lambda one: (-one.many, one.name)))


def _days(now: datetime) -> tuple[datetime, ...]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return tuple(today - timedelta(days=DAYS - 1 - number) for number in range(DAYS))


def _per_day(
    rows: Iterable[Rated], names: Mapping[OperatorId | None, str], whole: str, now: datetime
) -> Plot:
    """Answers a day, one series an operator; all together where there is one."""
    found: dict[tuple[str, datetime], float] = {}
    for one in rows:
        key = (names.get(one.operator, names.get(None, "")), one.day)
        found[key] = found.get(key, 0) + one.many
    times = _days(now)
    people = sorted({name for name, _ in found})
    return Plot(
        times,
        tuple(
            (name if len(people) > 1 else whole, tuple(found.get((name, at), 0) for at in times))
            for name in people
        ),
    )


def _average_per_day(rows: Iterable[Rated], word: str, now: datetime) -> Plot:
    by_day: dict[datetime, list[Rated]] = {}
    for one in rows:
        by_day.setdefault(one.day, []).append(one)
    times = _days(now)
    return Plot(times, ((word, tuple(_average(by_day.get(at, ())) for at in times)),))
