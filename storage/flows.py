"""Every source of a flow that some session may still be walking through."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from core.ids import FlowName, FlowVersion
from storage.sql import Sql
from storage.tables import flow_sources


class Flows:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def keep(
        self, sources: Sequence[tuple[FlowName, FlowVersion, str]], now: datetime
    ) -> None:
        if sources:
            await self._sql.run(
                self._sql.insert(flow_sources).on_conflict_do_nothing(),
                [
                    {"name": name, "version": version, "source": source, "loaded_at": now}
                    for name, version, source in sources
                ],
            )

    async def load(self, versions: Iterable[FlowVersion]) -> dict[FlowVersion, str]:
        rows = await self._sql.run(
            select(flow_sources.c.version, flow_sources.c.source).where(
                self._sql.among(flow_sources.c.version, sorted(set(versions)))
            )
        )
        return {row.version: row.source for row in rows}

    async def prune(self, needed: Iterable[FlowVersion], before: datetime) -> None:
        """Drop what nobody needs and was loaded before that time."""
        await self._sql.run(
            delete(flow_sources).where(
                ~self._sql.among(flow_sources.c.version, sorted(set(needed))),
                flow_sources.c.loaded_at < before,
            )
        )
