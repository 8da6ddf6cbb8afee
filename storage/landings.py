"""Landing pages. None is ever removed: its name stands on what was printed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from core.ids import FlowName, OperatorId, SiteId, TopicId
from core.landings import LandingPage
from storage.sql import Sql
from storage.tables import landing_pages

MOST = 1000
"""Archived ones too."""


class Landings:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def all(self) -> list[LandingPage]:
        """The newest first, archived ones last."""
        rows = await self._sql.run(
            select(landing_pages)
            .order_by(
                landing_pages.c.archived_at.is_not(None),
                landing_pages.c.created_at.desc(),
                landing_pages.c.name,
            )
            .limit(MOST)
        )
        return [_page(row) for row in rows]

    async def find(self, name: str) -> LandingPage | None:
        row = (
            await self._sql.run(select(landing_pages).where(landing_pages.c.name == name))
        ).first()
        return _page(row) if row else None

    async def add(self, page: LandingPage) -> bool:
        """False: the name is taken, or there are as many as there may be."""
        count = select(func.count()).select_from(landing_pages)
        if ((await self._sql.run(count)).scalar() or 0) >= MOST:
            return False
        rows = await self._sql.run(
            self._sql.insert(landing_pages)
            .values(
                name=page.name,
                made_by=page.made_by,
                created_at=page.created_at,
                **_content(page),
            )
            .on_conflict_do_nothing()
            .returning(landing_pages.c.name)
        )
        return rows.first() is not None

    async def change(self, page: LandingPage) -> None:
        """All but the name, and who made it when."""
        await self._sql.run(
            update(landing_pages).where(landing_pages.c.name == page.name).values(**_content(page))
        )

    async def archive(self, name: str, at: datetime | None) -> bool:
        """At this time, or (None) bring it back. False: it was so already."""
        was = landing_pages.c.archived_at
        rows = await self._sql.run(
            update(landing_pages)
            .where(landing_pages.c.name == name, was.is_(None) if at else was.is_not(None))
            .values(archived_at=at)
            .returning(landing_pages.c.name)
        )
        return rows.first() is not None


def _content(page: LandingPage) -> Mapping[str, Any]:
    return {
        "site": page.site,
        "title": dict(page.title),
        "words": dict(page.words),
        "topics": list(page.topics),
        "flow": page.flow or "",
        "note": page.note,
        "changed_at": page.changed_at,
    }


def _page(row: Row[Any]) -> LandingPage:
    return LandingPage(
        name=row.name,
        site=SiteId(row.site),
        title=row.title,
        words=row.words,
        topics=tuple(TopicId(topic) for topic in row.topics),
        flow=FlowName(row.flow) if row.flow else None,
        note=row.note,
        made_by=OperatorId(row.made_by),
        created_at=row.created_at,
        changed_at=row.changed_at,
        archived_at=row.archived_at,
    )
