"""Webhooks to sites as people look after them: what was told, how it went, sending it again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, select, update

from core.hooks import DeliveryState
from core.ids import ContactId, SiteId
from storage.deliveries import MOST_AT_ONCE
from storage.delivery_statements import IS_WAITING, some
from storage.ids import floor
from storage.sql import Sql
from storage.tables import deliveries, delivery_tries, hook_endpoints

EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Try:
    number: int
    at: datetime
    status: int
    error: str
    answer: str
    millis: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """As pages and the API show it. `status` of the last try: None before the first."""

    id: int
    event: int
    site: SiteId
    endpoint: str
    type: str
    contact: ContactId | None
    payload: str = field(repr=False)
    at: datetime
    state: DeliveryState
    due_at: datetime
    tried: int
    error: str
    settled_at: datetime | None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    key: str
    failing_since: datetime | None = None
    last_ok_at: datetime | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Of one endpoint."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class WantedDeliveries:
    """A filter; None and () leave all in."""

    state: DeliveryState | None = None
    type: str | None = None
    endpoints: tuple[str, ...] | None = None
    site: SiteId | None = None


class DeliveryLog:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def enable(self, endpoint: str) -> bool:
        """Whether it was disabled."""
        changed = await self._sql.run(
            update(hook_endpoints)
            .where(hook_endpoints.c.key == endpoint, hook_endpoints.c.disabled_at.is_not(None))
            .values(disabled_at=None, failing_since=None)
        )
        return bool(changed.rowcount)

    async def states(self, keys: Iterable[str]) -> dict[str, EndpointState]:
        rows = await self._sql.run(
            select(hook_endpoints).where(self._sql.among(hook_endpoints.c.key, sorted(set(keys))))
        )
        return {row.key: EndpointState(**row._mapping) for row in rows}

    async def figures(self, keys: Iterable[str]) -> dict[str, QueueFigures]:
        """How much waits at each of these endpoints, and since when."""
        rows = await self._sql.run(
            select(
                deliveries.c.endpoint,
                func.count().label("many"),
                func.min(deliveries.c.at).label("oldest"),
            )
            .where(self._sql.among(deliveries.c.endpoint, sorted(set(keys))), IS_WAITING)
            .group_by(deliveries.c.endpoint)
        )
        return {row.endpoint: QueueFigures(row.many, row.oldest) for row in rows}

    async def page(
        self, wanted: WantedDeliveries, limit: int, before: int | None = None
    ) -> list[Delivery]:
        """The latest first."""
        table = deliveries.c
        statement = select(deliveries, _last_status()).order_by(table.id.desc()).limit(limit)
        if wanted.state is not None:
            statement = statement.where(table.state == wanted.state)
        if wanted.type is not None:
            statement = statement.where(table.type == wanted.type)
        if wanted.endpoints is not None:
            statement = statement.where(self._sql.among(table.endpoint, wanted.endpoints))
        if wanted.site is not None:
            statement = statement.where(table.site == wanted.site)
        if before is not None:
            statement = statement.where(table.id < before)
        return [_delivery(row) for row in await self._sql.run(statement)]

    async def find(self, id_: int) -> Delivery | None:
        rows = await self._sql.run(select(deliveries, _last_status()).where(deliveries.c.id == id_))
        row = rows.first()
        return _delivery(row) if row is not None else None

    async def tries(self, id_: int) -> list[Try]:
        """The first first."""
        table = delivery_tries
        rows = await self._sql.run(
            select(table)
            .where(table.c.delivery_id == id_)
            .order_by(table.c.number.desc())
            .limit(100)
        )
        tries = [
            Try(row.number, row.at, row.status, row.error, row.answer, row.millis) for row in rows
        ]
        return tries[::-1]

    async def send_again(self, id_: int, now: datetime) -> bool:
        """It waits anew, under the same name. False: it waits already, or is not there."""
        table = deliveries.c
        ended = (DeliveryState.DELIVERED, DeliveryState.FAILED)
        result = await self._sql.run(
            update(deliveries)
            .where(table.id == id_, table.state.in_(ended), table.payload != "")
            .values(_ANEW | {"due_at": now})
        )
        return bool(result.rowcount)

    async def send_failed_again(
        self, endpoint: str, since: datetime, now: datetime, limit: int = MOST_AT_ONCE
    ) -> int:
        """The oldest that failed there and were made since then; how many."""
        table = deliveries.c
        failed = and_(
            table.endpoint == endpoint,
            table.state == DeliveryState.FAILED,
            table.at >= since,
            table.payload != "",
        )
        result = await self._sql.run(
            update(deliveries).where(some(failed, limit)).values(_ANEW | {"due_at": now})
        )
        return int(result.rowcount)

    async def expire(self, due: datetime, made: datetime, now: datetime, limit: int) -> None:
        """Give up some of what waits and was due, or made, before then.

        Due: nobody sends it. Made: it stands behind others that are held back again and again.
        """
        given_up = {"state": DeliveryState.FAILED, "error": EXPIRED, "settled_at": now}
        for which in (deliveries.c.due_at < due, deliveries.c.id < floor(made)):
            await self._sql.run(
                update(deliveries).where(some(and_(IS_WAITING, which), limit)).values(given_up)
            )

    async def forget(self, state: DeliveryState, before: datetime, limit: int) -> None:
        """Delete some of those in this state that were made before then."""
        rows = await self._sql.run(
            select(deliveries.c.id)
            .where(deliveries.c.state == state, deliveries.c.id < floor(before))
            .order_by(deliveries.c.id)
            .limit(limit)
        )
        ids = [row.id for row in rows]
        if ids:
            await self._sql.run(
                delete(delivery_tries).where(self._sql.among(delivery_tries.c.delivery_id, ids))
            )
            await self._sql.run(delete(deliveries).where(self._sql.among(deliveries.c.id, ids)))


_ANEW: dict[str, Any] = {
    "state": DeliveryState.WAITING,
    "attempts": 0,
    "error": "",
    "settled_at": None,
}


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        row.event,
        row.site,
        row.endpoint,
        row.type,
        row.contact_id,
        row.payload,
        row.at,
        DeliveryState(row.state),
        row.due_at,
        row.tried,
        row.error,
        row.settled_at,
        row.last_status,
    )


def _last_status() -> Any:
    return (
        select(delivery_tries.c.status)
        .where(
            delivery_tries.c.delivery_id == deliveries.c.id,
            delivery_tries.c.number == deliveries.c.tried,
        )
        .scalar_subquery()
        .label("last_status")
    )
