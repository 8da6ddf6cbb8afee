"""From seeing a button to staying: how the figures of a page, a day or a messenger add up. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from core.ids import AccountId, SiteId, TopicId

LONGEST = 366
"""Days at once."""
USUAL = 30
STAYS = (7, 30)
"""After how many days it is asked who still is subscribed."""


class By(StrEnum):
    """What a row stands for."""

    DAY = "day"
    PLACE = "place"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Of which day, page or messenger a row tells; "" in what the rows are not told apart by.

    An account "" beside others: pages are shown for all messengers at once.
    """

    day: str = ""
    source: str = ""
    place: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """`base` came long enough ago to tell; `kept` of them had not left by then."""

    base: int = 0
    kept: int = 0

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(self.base + other.base, self.kept + other.kept)

    @property
    def rate(self) -> float | None:
        return rate(self.kept, self.base)


@dataclass(frozen=True, slots=True)
class Counted:
    """`started` pressed Start by a link for the first time; `had_all` of them were subscribed to
    all of it before; `subscribed` are those whom it subscribed to something new."""

    shown: int = 0
    clicked: int = 0
    started: int = 0
    had_all: int = 0
    subscribed: int = 0
    kept_7: Kept = Kept()
    kept_30: Kept = Kept()

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.shown + other.shown,
            self.clicked + other.clicked,
            self.started + other.started,
            self.had_all + other.had_all,
            self.subscribed + other.subscribed,
            self.kept_7 + other.kept_7,
            self.kept_30 + other.kept_30,
        )


@dataclass(frozen=True, slots=True)
class Left:
    """How many left a topic that they had come to from this page."""

    source: str
    place: str
    topic: TopicId
    many: int


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in UTC, the last one included. `site` None: of all."""

    first: date
    last: date
    site: SiteId | None = None

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """Not included."""
        return datetime.combine(self.last, time(), UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Funnel:
    """`rows` are the greatest first, days in their order; `left_out` of them are not listed."""

    rows: tuple[tuple[Key, Counted], ...]
    total: Counted
    left_out: int = 0


def rate(part: int, whole: int) -> float | None:
    """A share, to a hundredth of a percent. None: there is nothing to have a share of."""
    return round(part / whole, 4) if whole > 0 else None


def span_of(
    since: date | None, until: date | None, today: date, site: SiteId | None = None
) -> Span | str:
    """The days asked for, the last 30 if none are; else what is wrong, in words."""
    last = until or today
    first = since or last - timedelta(days=USUAL - 1)
    if first > last:
        return "since must not be later than until"
    if (last - first).days >= LONGEST:
        return f"ask for at most {LONGEST} days at once"
    return Span(first, last, site)


def funnel_of(parts: Iterable[tuple[Key, Counted]], by: By, limit: int) -> Funnel:
    """Add up what was counted here and there."""
    found: dict[Key, Counted] = {}
    for key, counted in parts:
        found[key] = found.get(key, Counted()) + counted
    total = sum(found.values(), Counted())
    rows = sorted(found.items(), key=lambda row: row[0] if by is By.DAY else _greatest(row))
    return Funnel(tuple(rows[:limit]), total, max(0, len(rows) - limit))


def _greatest(row: tuple[Key, Counted]) -> tuple[int, int, int, int, Key]:
    key, one = row
    return (-one.subscribed, -one.started, -one.clicked, -one.shown, key)


@dataclass(frozen=True, slots=True)
class Changed:
    """How many subscriptions began and ended on one day with one messenger."""

    day: date
    account: AccountId
    began: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Growth:
    """How many subscriptions there were at the end of each day, by account."""

    days: tuple[date, ...]
    accounts: Mapping[AccountId, tuple[int, ...]] = field(default_factory=dict)


def growth_of(
    changed: Iterable[Changed], now_open: Mapping[AccountId, int], days: tuple[date, ...]
) -> Growth:
    """Counted back from what there is now: `changed` holds all changes of these days."""
    nets: dict[tuple[AccountId, date], int] = {}
    for one in changed:
        key = (one.account, one.day)
        nets[key] = nets.get(key, 0) + one.began - one.ended
    accounts = sorted({account for account, _ in nets} | set(now_open))
    lines: dict[AccountId, tuple[int, ...]] = {}
    for account in accounts:
        many, line = now_open.get(account, 0), []
        for day in reversed(days):
            line.append(many)
            many -= nets.get((account, day), 0)
        lines[account] = tuple(reversed(line))
    return Growth(days, lines)
