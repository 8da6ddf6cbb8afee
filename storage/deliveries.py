"""What sites are to be told by webhooks: a queue for each endpoint, in order for each person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from core.hooks import DeliveryState, HookType
from core.ids import AccountId, AddressId, ContactId, CustomerId, MessageId, SiteId
from storage import delivery_statements as statements
from storage.sql import Sql
from storage.tables import deliveries, delivery_tries, hook_endpoints

SWITCHED_OFF = "switched_off"
MOST_AT_ONCE = 5000
"""Of a queue that is written anew: others wait for the database meanwhile."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """`event` is the same for all endpoints that are told of it, and names it to them.

    `lane`: whose order is kept. `key` makes it one of a kind at its endpoint.
    """

    id: int
    event: int
    site: SiteId
    endpoint: str
    type: HookType
    contact: ContactId | None
    lane: int
    payload: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One that may go now: the first that waits in its lane. `attempts` were made before."""

    id: int
    event: int
    type: str
    lane: int
    payload: str
    at: datetime
    attempts: int
    tried: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What an endpoint's queue holds. `due_at`: the earliest that waits."""

    due_at: datetime | None
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """The outcome of a try. `due_at` goes with WAITING."""

    delivery: int
    attempt: int
    number: int
    state: DeliveryState
    at: datetime
    status: int
    error: str
    answer: str
    millis: int
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldStatus:
    """A message of ours as its status is told."""

    message: MessageId
    status: str
    error: str
    cls: str
    topic: str | None
    author: str
    key: str | None
    address: AddressId
    account: AccountId
    contact: ContactId
    site: SiteId | None
    customer: CustomerId | None


class Deliveries:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    # Writing what is to be told

    async def add(self, rows: Sequence[NewDelivery]) -> None:
        await self._sql.insert_many(deliveries, [_columns(row) for row in rows])

    async def add_new(self, rows: Sequence[NewDelivery]) -> None:
        """Only those whose key their endpoint has not had yet."""
        await self._sql.add_many(deliveries, [_columns(row) for row in rows])

    async def follow(self, merges: Sequence[tuple[ContactId, ContactId]]) -> None:
        """Whoever becomes somebody else keeps their place before what that one does from now on."""
        await self._sql.ask_many(
            statements.follow, [{"old": old, "whom": new} for old, new in sorted(merges)]
        )

    async def statuses(self, ids: Iterable[MessageId]) -> list[ToldStatus]:
        """Of these messages of ours those that came to something, in the order of their ids."""
        rows = await self._sql.ask(statements.statuses, ids=sorted(ids))
        return [
            ToldStatus(
                row.id, row.status, row.error, row.cls, row.topic, row.author, row.key,
                row.address_id, row.account, row.contact, row.site, row.customer,
            )
            for row in rows
        ]  # fmt: skip

    # Sending it

    async def ahead(self, endpoint: str) -> Ahead:
        rows = await self._sql.ask(statements.ahead, of=endpoint)
        return Ahead(rows[0].due_at, rows[0].disabled_at is not None)

    async def due(self, endpoint: str, now: datetime, limit: int) -> list[Due]:
        """At most one of each lane: the first that waits there, once it is due."""
        rows = await self._sql.ask(statements.due, of=endpoint, now=now, most=limit)
        return [
            Due(
                row.id, row.event, row.type, row.lane, row.payload, row.at, row.attempts, row.tried
            )
            for row in rows
        ]  # fmt: skip

    async def record(self, outcomes: Sequence[Tried]) -> None:
        """Write what came of tries. What was settled otherwise meanwhile stays so."""
        if not outcomes:
            return
        await self._sql.add_many(
            delivery_tries,
            [
                {
                    "delivery_id": one.delivery,
                    "number": one.number,
                    "at": one.at,
                    "status": one.status,
                    "error": one.error,
                    "answer": one.answer,
                    "millis": one.millis,
                }
                for one in outcomes
            ],
        )
        await self._sql.ask_many(
            statements.record,
            [
                {
                    "delivery": one.delivery,
                    "new_state": one.state,
                    "attempt": one.attempt,
                    "new_error": one.error,
                    "new_due_at": one.due_at,
                    "new_settled_at": None if one.state is DeliveryState.WAITING else one.at,
                }
                for one in outcomes
            ],
        )

    async def hold_back(self, endpoint: str, lanes: Sequence[tuple[int, datetime]]) -> None:
        """Nothing of these lanes is looked at before that time: their first one waits for it."""
        await self._sql.ask_many(
            statements.hold_back,
            [{"of": endpoint, "lane_": lane, "until": until} for lane, until in lanes],
        )

    async def note_failing(self, endpoint: str, now: datetime) -> bool:
        """Whether that is news."""
        known = await self._sql.run(
            select(hook_endpoints.c.key).where(
                hook_endpoints.c.key == endpoint, hook_endpoints.c.failing_since.is_not(None)
            )
        )
        if known.first() is not None:
            return False
        await self._put(endpoint, {"failing_since": now})
        return True

    async def note_well(self, endpoint: str, now: datetime) -> None:
        await self._put(endpoint, {"failing_since": None, "last_ok_at": now})

    async def disable(self, endpoint: str, now: datetime) -> None:
        await self._put(endpoint, {"disabled_at": now})

    async def _put(self, endpoint: str, values: dict[str, datetime | None]) -> None:
        await self._sql.run(
            self._sql.insert(hook_endpoints)
            .values(key=endpoint, **values)
            .on_conflict_do_update(index_elements=[hook_endpoints.c.key], set_=values)
        )

    async def switch_off(self, endpoint: str, now: datetime, limit: int = MOST_AT_ONCE) -> int:
        """What waits there is not sent, so much at one go; a person may send it again."""
        waits = and_(deliveries.c.endpoint == endpoint, statements.IS_WAITING)
        changed = await self._sql.run(
            update(deliveries)
            .where(statements.some(waits, limit))
            .values(state=DeliveryState.FAILED, error=SWITCHED_OFF, settled_at=now)
        )
        return int(changed.rowcount)


def _columns(row: NewDelivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event,
        "site": row.site,
        "endpoint": row.endpoint,
        "type": row.type,
        "contact_id": row.contact,
        "lane": row.lane,
        "key": row.key,
        "payload": row.payload,
        "at": row.at,
        "state": DeliveryState.WAITING,
        "due_at": row.at,
        "attempts": 0,
        "tried": 0,
        "error": "",
        "settled_at": None,
    }
