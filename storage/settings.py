"""What administrators set in the inbox's pages; what the server's runner sets is in a file."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from storage.sql import Sql
from storage.tables import settings


class Settings:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def second_factor_since(self) -> datetime | None:
        """Since when everybody needs a second factor; None when nobody does."""
        value = await self._value("second_factor_since")
        return datetime.fromisoformat(value) if value else None

    async def demand_second_factor(self, since: datetime | None, now: datetime) -> None:
        value = since.isoformat() if since is not None else None
        await self._set("second_factor_since", value, now)

    async def push_key(self) -> tuple[str, str] | None:
        """What `keep_push_key` kept, if anything."""
        value = await self._value("push_key")
        return (value["public"], value["sealed"]) if value else None

    async def keep_push_key(
        self, public: str, sealed: str, now: datetime, *, instead: str = ""
    ) -> tuple[str, str]:
        """The key pair that push services know us by: the first one that was kept stays.

        `instead`: the public key that this one takes the place of.
        """
        if instead:
            current = settings.c.name == "push_key"
            held = await self._sql.run(select(settings.c.value).where(current).with_for_update())
            row = held.first()
            if row is not None and row.value["public"] == instead:
                await self._set("push_key", None, now)
        value = {"public": public, "sealed": sealed}
        await self._sql.run(
            self._sql.insert(settings)
            .values(name="push_key", value=value, changed_at=now)
            .on_conflict_do_nothing()
        )
        kept = await self.push_key()
        assert kept is not None
        return kept

    async def _value(self, name: str) -> Any:
        rows = await self._sql.run(select(settings.c.value).where(settings.c.name == name))
        row = rows.first()
        return row.value if row else None

    async def _set(self, name: str, value: Any, now: datetime) -> None:
        if value is None:
            await self._sql.run(delete(settings).where(settings.c.name == name))
            return
        values = {"value": value, "changed_at": now}
        await self._sql.run(
            self._sql.insert(settings)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=[settings.c.name], set_=values)
        )
