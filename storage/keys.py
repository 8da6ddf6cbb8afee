"""API keys, of which only digests are kept, and answers to events of the API by their key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.ids import SiteId
from storage.sql import Sql
from storage.tables import api_events, api_keys


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`site` None: every site. `scopes` are of links, events, read, inbox, admin."""

    id: int
    name: str
    site: SiteId | None
    scopes: frozenset[str]
    digest: str
    created_at: datetime
    revoked_at: datetime | None = None


class Keys:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, key: ApiKey) -> None:
        await self._sql.run(
            api_keys.insert().values(
                id=key.id,
                name=key.name,
                site=key.site,
                scopes=sorted(key.scopes),
                digest=key.digest,
                created_at=key.created_at,
            )
        )

    async def find(self, digest: str) -> ApiKey | None:
        """Only one that is not revoked."""
        rows = await self._sql.run(
            select(api_keys).where(api_keys.c.digest == digest, api_keys.c.revoked_at.is_(None))
        )
        row = rows.first()
        return _key(row) if row else None

    async def all(self) -> list[ApiKey]:
        rows = await self._sql.run(select(api_keys).order_by(api_keys.c.id).limit(1000))
        return [_key(row) for row in rows]

    async def revoke(self, name_or_id: str, now: datetime) -> int:
        """How many were revoked."""
        is_it = api_keys.c.name == name_or_id
        if name_or_id.isdigit() and len(name_or_id) < 19:
            is_it = is_it | (api_keys.c.id == int(name_or_id))
        result = await self._sql.run(
            update(api_keys).where(is_it, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        return result.rowcount

    async def answered(self, site: SiteId, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """(digest of the request, the answer) of an earlier event with this key."""
        rows = await self._sql.run(
            select(api_events).where(api_events.c.site == site, api_events.c.key == key)
        )
        row = rows.first()
        return (row.digest, row.answer) if row else None

    async def remember(
        self, site: SiteId, key: str, digest: str, answer: Mapping[str, Any], now: datetime
    ) -> bool:
        """False when another request with this key came first."""
        rows = await self._sql.run(
            self._sql.insert(api_events)
            .values(site=site, key=key, digest=digest, answer=dict(answer), at=now)
            .on_conflict_do_nothing()
            .returning(api_events.c.key)
        )
        return rows.first() is not None


def _key(row: Any) -> ApiKey:
    values: Sequence[str] = row.scopes
    return ApiKey(
        row.id, row.name, row.site, frozenset(values), row.digest, row.created_at, row.revoked_at
    )
