"""From seeing a button to staying, counted: arrivals, their subscriptions, and tallies."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    Table,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from core.funnel import STAYS, By, Changed, Counted, Kept, Key, Left, Span
from core.ids import AccountId, SiteId, TopicId
from storage.figures import cut
from storage.sql import Sql
from storage.tables import arrival_topics, arrivals, tallies
from storage.tallies import Seen

_MOST = 5000
"""Rows of one answer; of more places those with the most are told."""
_NAMES: Mapping[By, tuple[str, ...]] = {
    By.DAY: ("day",),
    By.PLACE: ("source", "place"),
    By.ACCOUNT: ("account",),
}


class Funnels:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def seen(self, span: Span, by: By) -> list[tuple[Key, Counted]]:
        """How often buttons were shown and pressed."""
        many = tallies.c.many
        shown = func.sum(case((tallies.c.what == Seen.SHOWN, many), else_=0))
        clicked = func.sum(case((tallies.c.what == Seen.CLICKED, many), else_=0))
        first, last = span.first.isoformat(), span.last.isoformat()
        columns = _columns(tallies, by)
        statement = (
            select(*columns, shown.label("shown"), clicked.label("clicked"))
            .where(tallies.c.day >= first, tallies.c.day <= last)
            .group_by(*columns)
            .order_by(shown.desc(), *columns)
            .limit(_MOST)
        )
        rows = await self._sql.run(_of_site(statement, tallies, span.site))
        return [(_key(row, by), Counted(int(row.shown), int(row.clicked))) for row in rows]

    async def came(self, span: Span, by: By, now: datetime) -> list[tuple[Key, Counted]]:
        """Who started, whom it subscribed, and who of those that came long enough ago stayed."""
        each = self._each(span).subquery()
        columns = _columns(each, by)
        many = func.count()
        statement = (
            select(
                *columns,
                many.label("started"),
                func.sum(cast(each.c.had_all, Integer)).label("had_all"),
                func.count(each.c.since).label("subscribed"),
                *self._stays(each, now),
            )
            .group_by(*columns)
            .order_by(many.desc(), *columns)
            .limit(_MOST)
        )
        return [(_key(row, by), _counted(row)) for row in await self._sql.run(statement)]

    def _each(self, span: Span) -> Select[Any]:
        """One row an arrival: since when it is subscribed to something, until when to anything."""
        chosen = _of_site(
            select(
                arrivals.c.id,
                cut(self._sql, arrivals.c.at, "day").label("day"),
                arrivals.c.source,
                arrivals.c.place,
                arrivals.c.account,
                arrivals.c.had_all,
            ).where(arrivals.c.at >= span.since, arrivals.c.at < span.until),
            arrivals,
            span.site,
        )
        one, topic = chosen.cte("came").prefix_with("MATERIALIZED"), arrival_topics
        # Ids grow with time: their stretches are one piece of the index, read in its order, which
        # takes half as long as looking for those of each arrival.
        least = select(func.min(one.c.id)).scalar_subquery()
        most = select(func.max(one.c.id)).scalar_subquery()
        stretches = (
            select(
                topic.c.arrival_id,
                func.min(topic.c.subscribed_at).label("since"),
                func.max(topic.c.ended_at).label("until"),
                func.sum(case((topic.c.ended_at.is_(None), 1), else_=0)).label("going_on"),
            )
            .where(topic.c.arrival_id.between(least, most), topic.c.subscribed_at.is_not(None))
            .group_by(topic.c.arrival_id)
            .subquery()
        )
        return select(one, stretches.c.since, stretches.c.until, stretches.c.going_on).outerjoin(
            stretches, stretches.c.arrival_id == one.c.id
        )

    def _stays(self, each: Subquery, now: datetime) -> list[ColumnElement[Any]]:
        """For each of the spans after which it is asked: how many can be asked, how many stayed."""
        made: list[ColumnElement[Any]] = []
        for days in STAYS:
            is_old = each.c.since <= now - timedelta(days=days)
            stays = (each.c.going_on > 0) | (each.c.until >= self._later(each.c.since, days))
            made.append(func.sum(case((is_old, 1), else_=0)).label(f"base_{days}"))
            made.append(func.sum(case((and_(is_old, stays), 1), else_=0)).label(f"kept_{days}"))
        return made

    def _later(self, column: ColumnElement[Any], days: int) -> ColumnElement[Any]:
        if self._sql.is_postgres:
            return column + literal_column(f"interval '{days} days'")
        # SQLite's texts of times compare as times do, also where one has no fractions.
        return func.datetime(type_coerce(column, String()), f"+{days} days", type_=column.type)

    async def left(self, span: Span) -> list[Left]:
        """Who left in these days what they had come to by a page; the most first."""
        table = arrival_topics
        columns = (table.c.source, table.c.place, table.c.topic)
        statement = (
            select(*columns, func.count().label("many"))
            .where(
                table.c.ended_at >= span.since,
                table.c.ended_at < span.until,
                table.c.subscribed_at.is_not(None),
            )
            .group_by(*columns)
            .order_by(func.count().desc(), *columns)
            .limit(_MOST)
        )
        rows = await self._sql.run(_of_site(statement, table, span.site))
        return [Left(row.source, row.place, TopicId(row.topic), row.many) for row in rows]

    async def open(self) -> dict[AccountId, int]:
        """How many subscriptions there are now, by account."""
        table = arrival_topics
        rows = await self._sql.run(
            select(table.c.account, func.count().label("many"))
            .where(table.c.ended_at.is_(None), table.c.subscribed_at.is_not(None))
            .group_by(table.c.account)
        )
        return {AccountId(row.account): row.many for row in rows}

    async def changed(self, since: datetime) -> list[Changed]:
        """How many subscriptions began and ended, by day and account."""
        found = [
            Changed(date.fromisoformat(row.day), AccountId(row.account), began=row.many)
            for row in await self._sql.run(self._by_day("subscribed_at", since))
        ]
        found += [
            Changed(date.fromisoformat(row.day), AccountId(row.account), ended=row.many)
            for row in await self._sql.run(self._by_day("ended_at", since))
        ]
        return found

    def _by_day(self, what: str, since: datetime) -> Select[Any]:
        table = arrival_topics
        each = (
            select(cut(self._sql, table.c[what], "day").label("day"), table.c.account)
            .where(table.c[what] >= since, table.c.subscribed_at.is_not(None))
            .subquery()
        )
        return select(each.c.day, each.c.account, func.count().label("many")).group_by(
            each.c.day, each.c.account
        )


def _columns(table: Table | Subquery, by: By) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in _NAMES[by]]


def _key(row: Any, by: By) -> Key:
    return Key(**{name: row._mapping[name] for name in _NAMES[by]})


def _of_site(statement: Select[Any], table: Table, site: SiteId | None) -> Select[Any]:
    return statement if site is None else statement.where(table.c.site == site)


def _counted(row: Any) -> Counted:
    return Counted(
        started=row.started,
        had_all=int(row.had_all),
        subscribed=row.subscribed,
        kept_7=Kept(int(row.base_7), int(row.kept_7)),
        kept_30=Kept(int(row.base_30), int(row.kept_30)),
    )
