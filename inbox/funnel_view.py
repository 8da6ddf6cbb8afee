"""The funnel as the overview shows it: bars for the greatest pages, tables behind them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from core.funnel import Counted, Funnel, Growth, Kept, Key, Left, rate
from core.ids import AccountId, TopicId
from inbox.language import Say
from inbox.overview import Plot

MOST_DRAWN = 6
MOST_LISTED = 50
_SOURCES = ("go", "widget", "page", "api")


@dataclass(frozen=True, slots=True)
class Bar:
    """`length` in percent of the longest of its page; `share` in percent of the stage before."""

    name: str
    many: int
    length: int
    share: int | None
    base: int | None = None
    """Of those who came long enough ago; None where all count."""


@dataclass(frozen=True, slots=True)
class PageShown:
    """`source` and `place` as a person calls them; `path` leads to a landing page's form."""

    source: str
    place: str
    path: str
    counted: Counted
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class LeftShown:
    source: str
    place: str
    topic: str
    many: int


@dataclass(frozen=True, slots=True)
class FunnelShown:
    drawn: tuple[PageShown, ...]
    listed: tuple[PageShown, ...]
    more: int
    left: tuple[LeftShown, ...]


def funnel_shown(
    funnel: Funnel, left: Sequence[Left], titles: Mapping[TopicId, str], say: Say
) -> FunnelShown:
    pages = tuple(_page(key, counted, say) for key, counted in funnel.rows)
    # A page that was seen and nothing more says little in a picture.
    drawn = [one for one in pages if one.counted.started or one.counted.clicked]
    if len(drawn) > 1:
        bars = bars_of(funnel.total, say, of_all=True)
        whole = PageShown(say("funnel_all"), "", "", funnel.total, bars)
        drawn.insert(0, whole)
    return FunnelShown(
        tuple(drawn[: MOST_DRAWN + 1]),
        pages,
        funnel.left_out,
        tuple(_left(one, titles, say) for one in left[:MOST_LISTED]),
    )


def _page(key: Key, counted: Counted, say: Say) -> PageShown:
    path = f"/pages/{key.place}" if key.source == "page" else ""
    return PageShown(_source(key.source, say), key.place, path, counted, bars_of(counted, say))


def _left(one: Left, titles: Mapping[TopicId, str], say: Say) -> LeftShown:
    topic = titles.get(one.topic, one.topic)
    return LeftShown(_source(one.source, say), one.place, topic, one.many)


def _source(source: str, say: Say) -> str:
    if not source:
        return say("source_none")
    return say(f"source_{source}") if source in _SOURCES else source


def bars_of(counted: Counted, say: Say, *, of_all: bool = False) -> tuple[Bar, ...]:
    """What nobody counts, such as how often a shop's own button is seen, has no bar.

    Of all pages together those who started are no share of those who clicked, therefore.
    """
    longest = max(counted.shown, counted.clicked, counted.started, 1)
    stages = [
        ("shown", counted.shown, None),
        ("clicked", counted.clicked, counted.shown),
        ("started", counted.started, None if of_all else counted.clicked),
        ("subscribed", counted.subscribed, counted.started),
    ]
    bars = [
        Bar(say(f"funnel_{name}"), many, round(100 * many / longest), _percent(many, whole))
        for name, many, whole in stages
        if many or name in ("started", "subscribed")
    ]
    return (
        *bars,
        *(
            _stayed(say(f"funnel_kept_{days}"), kept, counted.subscribed, longest)
            for days, kept in ((7, counted.kept_7), (30, counted.kept_30))
            if kept.base
        ),
    )


def _stayed(name: str, kept: Kept, subscribed: int, longest: int) -> Bar:
    """As long as it would be if those who came lately stayed like the others."""
    share = kept.rate or 0
    length = round(100 * share * subscribed / longest)
    return Bar(name, kept.kept, length, _percent(kept.kept, kept.base), kept.base)


def _percent(part: int, whole: int | None) -> int | None:
    share = rate(part, whole) if whole is not None else None
    return None if share is None else round(100 * share)


def growth_plot(growth: Growth, titles: Mapping[AccountId, str]) -> Plot:
    """One series a messenger; those of accounts that are not configured any more are left out."""
    return Plot(
        tuple(_begin(day) for day in growth.days),
        tuple(
            (title, tuple(float(many) for many in growth.accounts[account]))
            for account, title in titles.items()
            if any(growth.accounts.get(account, ()))
        ),
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
