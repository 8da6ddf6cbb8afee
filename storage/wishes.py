"""How operators want to be told that somebody waits, while they are away from the desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.alerts import Way, Wishes
from core.ids import OperatorId
from storage.sql import Sql
from storage.tables import wishes


class WishRows:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(self, operator: OperatorId) -> Wishes:
        """Those of nobody who ever said any are the usual ones."""
        rows = await self._sql.run(select(wishes).where(wishes.c.operator_id == operator))
        row = rows.first()
        return _wishes(row) if row else Wishes(operator)

    async def all(self) -> dict[OperatorId, Wishes]:
        """Of those who said any."""
        rows = await self._sql.run(select(wishes).order_by(wishes.c.operator_id).limit(1000))
        return {row.operator_id: _wishes(row) for row in rows}

    async def save(self, one: Wishes) -> None:
        """The e-mail address with it, confirmed or not."""
        values = {
            "ways": sorted(one.ways) if one.ways is not None else None,
            "after": one.after,
            "only_mine": one.only_mine,
            "any_hour": one.any_hour,
            "shows_text": one.shows_text,
            "email": one.email,
            "email_confirmed_at": one.email_confirmed_at,
            "language": one.language,
        }
        await self._sql.run(
            self._sql.insert(wishes)
            .values(operator_id=one.operator, **values)
            .on_conflict_do_update(index_elements=[wishes.c.operator_id], set_=values)
        )

    async def forget_email(self, operator: OperatorId) -> None:
        await self._sql.run(
            update(wishes)
            .where(wishes.c.operator_id == operator)
            .values(email="", email_confirmed_at=None)
        )

    async def confirm_email(self, operator: OperatorId, email: str, now: datetime) -> bool:
        """False when it is not the address that they gave last."""
        result = await self._sql.run(
            update(wishes)
            .where(wishes.c.operator_id == operator, wishes.c.email == email)
            .values(email_confirmed_at=now)
        )
        return result.rowcount > 0


def _wishes(row: Any) -> Wishes:
    return Wishes(
        operator=row.operator_id,
        ways=frozenset(Way(one) for one in row.ways) if row.ways is not None else None,
        after=row.after,
        only_mine=row.only_mine,
        any_hour=row.any_hour,
        shows_text=row.shows_text,
        email=row.email,
        email_confirmed_at=row.email_confirmed_at,
        language=row.language,
    )
