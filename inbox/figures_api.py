"""GET /api/v1/figures/funnel: what becomes of those who see a subscribe button."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from api.errors import ApiError
from api.keys import Scope, require_site
from api.routing import Call, Reply, Route, request_body
from core.funnel import By, Counted, Kept, Key, Left, Span, funnel_of, rate, span_of
from core.ids import AccountId, SiteId
from dialogues.catalog import Catalog
from storage.database import Database

_DEFAULT, _MOST = 100, 500


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichFigures:
    """Whole days in UTC, both included: the last 30 without them, at most 366."""

    site: Annotated[str, Field(max_length=64)] | None = None
    since: date | None = None
    until: date | None = None
    by: By = By.PLACE
    limit: Annotated[int, Field(ge=1, le=_MOST)] = _DEFAULT


@dataclass(frozen=True, slots=True)
class ShownKept:
    """`base` subscribed long enough ago to tell, `kept` of them were still subscribed then."""

    base: int
    kept: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class ShownStage:
    """`already` of those who started had all of it before; `rates` are of the stage before."""

    shown: int
    clicked: int
    started: int
    already: int
    subscribed: int
    kept_7: ShownKept
    kept_30: ShownKept
    click_rate: float | None
    start_rate: float | None
    subscribe_rate: float | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """Of a `day`, of a `source` and `place`, or of an `account`; null in the others.

    An `account` null beside others: pages that were shown for all messengers at once.
    """

    day: date | None
    source: str | None
    place: str | None
    account: str | None
    figures: ShownStage


@dataclass(frozen=True, slots=True)
class ShownLeft:
    """How many left this topic in these days; `source` and `place` of where they had come from,
    "" where it was by no link."""

    source: str
    place: str
    topic: str
    many: int


@dataclass(frozen=True, slots=True)
class ShownFunnel:
    """`left_out` rows are in `total` and not in `items`."""

    since: date
    until: date
    site: str | None
    by: By
    items: list[ShownRow]
    total: ShownStage
    left_out: int
    unsubscriptions: list[ShownLeft]


class FiguresApi:
    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    def table(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/figures/funnel",
                handler=self.funnel,
                summary="Shown, clicked, started, subscribed, stayed; by page, day or messenger",
                scope=Scope.READ,
                tag="figures",
                query=WhichFigures,
                answers={200: ShownFunnel},
                errors=(404,),
            )
        ]

    async def funnel(self, call: Call) -> Reply:
        query: WhichFigures = call.query
        span = self._span(call, query)
        async with self._database.read() as tx:
            parts = await tx.funnels.seen(span, query.by)
            parts += await tx.funnels.came(span, query.by, call.now)
            left = await tx.funnels.left(span)
        funnel = funnel_of(parts, query.by, query.limit)
        shown = ShownFunnel(
            since=span.first,
            until=span.last,
            site=span.site,
            by=query.by,
            items=[_row(key, counted, query.by) for key, counted in funnel.rows],
            total=stage_of(funnel.total),
            left_out=funnel.left_out,
            unsubscriptions=[_left(one) for one in left[: query.limit]],
        )
        return Reply(200, shown)

    def _span(self, call: Call, query: WhichFigures) -> Span:
        if query.site is not None:
            require_site(call.key, query.site)
            if SiteId(query.site) not in self._catalog.sites:
                raise ApiError(404, "not_found", f"there is no site {query.site!r}")
        site = SiteId(query.site) if query.site is not None else call.key.site
        span = span_of(query.since, query.until, call.now.date(), site)
        if isinstance(span, str):
            raise ApiError(422, "invalid", span, [{"place": "since", "message": span}])
        return span


def _row(key: Key, counted: Counted, by: By) -> ShownRow:
    is_place = by is By.PLACE
    return ShownRow(
        day=date.fromisoformat(key.day) if key.day else None,
        source=key.source if is_place else None,
        place=key.place if is_place else None,
        account=AccountId(key.account) if key.account else None,
        figures=stage_of(counted),
    )


def stage_of(counted: Counted) -> ShownStage:
    return ShownStage(
        shown=counted.shown,
        clicked=counted.clicked,
        started=counted.started,
        already=counted.had_all,
        subscribed=counted.subscribed,
        kept_7=_kept(counted.kept_7),
        kept_30=_kept(counted.kept_30),
        click_rate=rate(counted.clicked, counted.shown),
        start_rate=rate(counted.started, counted.clicked),
        subscribe_rate=rate(counted.subscribed, counted.started),
    )


def _kept(kept: Kept) -> ShownKept:
    return ShownKept(kept.base, kept.kept, kept.rate)


def _left(one: Left) -> ShownLeft:
    return ShownLeft(one.source, one.place, one.topic, one.many)
