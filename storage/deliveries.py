"""What sites are to be told by webhooks: a queue for each endpoint, in order for each person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Executable,
    Row,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.hooks import DeliveryState, HookType
from core.ids import AccountId, AddressId, ContactId, CustomerId, MessageId, SiteId
from core.messages import Direction, Status
from storage.ids import floor
from storage.sql import Sql
from storage.tables import (
    addresses,
    contacts,
    deliveries,
    delivery_tries,
    hook_endpoints,
    messages,
)

TOLD = (
    Status.SENT,
    Status.DELIVERED,
    Status.READ,
    Status.UNDELIVERED,
    Status.FAILED,
    Status.SUPPRESSED,
    Status.CANCELLED,
    Status.UNKNOWN,
)
"""The statuses of messages that sites are told of."""
# As a literal, so that the planner sees that the partial indexes fit.
_IS_WAITING = deliveries.c.state == literal_column("'waiting'")
SWITCHED_OFF = "switched_off"
EXPIRED = "expired"


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
            _follow, [{"old": old, "whom": new} for old, new in sorted(merges)]
        )

    async def statuses(self, ids: Iterable[MessageId]) -> list[ToldStatus]:
        """Of these messages of ours those that came to something, in the order of their ids."""
        rows = await self._sql.ask(_statuses, ids=sorted(ids))
        return [
            ToldStatus(
                row.id, row.status, row.error, row.cls, row.topic, row.author, row.key,
                row.address_id, row.account, row.contact, row.site, row.customer,
            )
            for row in rows
        ]  # fmt: skip

    # Sending it

    async def ahead(self, endpoint: str) -> Ahead:
        rows = await self._sql.ask(_ahead, of=endpoint)
        return Ahead(rows[0].due_at, rows[0].disabled_at is not None)

    async def due(self, endpoint: str, now: datetime, limit: int) -> list[Due]:
        """At most one of each lane: the first that waits there, once it is due."""
        rows = await self._sql.ask(_due, of=endpoint, now=now, most=limit)
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
            _record,
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
            _hold_back, [{"of": endpoint, "lane_": lane, "until": until} for lane, until in lanes]
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

    async def enable(self, endpoint: str) -> bool:
        """Whether it was disabled."""
        changed = await self._sql.run(
            update(hook_endpoints)
            .where(hook_endpoints.c.key == endpoint, hook_endpoints.c.disabled_at.is_not(None))
            .values(disabled_at=None, failing_since=None)
        )
        return bool(changed.rowcount)

    async def _put(self, endpoint: str, values: dict[str, datetime | None]) -> None:
        await self._sql.run(
            self._sql.insert(hook_endpoints)
            .values(key=endpoint, **values)
            .on_conflict_do_update(index_elements=[hook_endpoints.c.key], set_=values)
        )

    async def switch_off(self, endpoint: str, now: datetime) -> None:
        """What waits there is not sent; a person may send it again."""
        await self._sql.run(
            update(deliveries)
            .where(deliveries.c.endpoint == endpoint, _IS_WAITING)
            .values(state=DeliveryState.FAILED, error=SWITCHED_OFF, settled_at=now)
        )

    # Looking after it

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
            .where(self._sql.among(deliveries.c.endpoint, sorted(set(keys))), _IS_WAITING)
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

    async def send_failed_again(self, endpoint: str, since: datetime, now: datetime) -> int:
        """All that failed there and was made since then; how many."""
        table = deliveries.c
        result = await self._sql.run(
            update(deliveries)
            .where(
                table.endpoint == endpoint,
                table.state == DeliveryState.FAILED,
                table.at >= since,
                table.payload != "",
            )
            .values(_ANEW | {"due_at": now})
        )
        return int(result.rowcount)

    async def expire(self, before: datetime, now: datetime) -> None:
        """What was due before then and still waits is given up: nobody sends it."""
        await self._sql.run(
            update(deliveries)
            .where(_IS_WAITING, deliveries.c.due_at < before)
            .values(state=DeliveryState.FAILED, error=EXPIRED, settled_at=now)
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


def _follow(_: Sql) -> Executable:
    return (
        update(deliveries)
        .where(_IS_WAITING, deliveries.c.lane == bindparam("old"))
        .values(lane=bindparam("whom"))
    )


def _ahead(_: Sql) -> Executable:
    due = (
        select(deliveries.c.due_at)
        .where(deliveries.c.endpoint == bindparam("of"), _IS_WAITING)
        .order_by(deliveries.c.due_at)
        .limit(literal_column("1"))
    )
    disabled = select(hook_endpoints.c.disabled_at).where(hook_endpoints.c.key == bindparam("of"))
    return select(
        due.scalar_subquery().label("due_at"), disabled.scalar_subquery().label("disabled_at")
    )


def _due(_: Sql) -> Executable:
    other = deliveries.alias("other")
    has_earlier = exists().where(
        other.c.endpoint == deliveries.c.endpoint,
        other.c.lane == deliveries.c.lane,
        other.c.state == literal_column("'waiting'"),
        other.c.id < deliveries.c.id,
    )
    return (
        select(deliveries)
        .where(
            deliveries.c.endpoint == bindparam("of"),
            _IS_WAITING,
            deliveries.c.due_at <= bindparam("now"),
            ~has_earlier,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most"))
    )


def _record(_: Sql) -> Executable:
    table = deliveries.c
    return (
        update(deliveries)
        .where(
            table.id == bindparam("delivery"),
            _IS_WAITING,
            table.attempts == bindparam("attempt") - literal_column("1"),
        )
        .values(
            state=bindparam("new_state"),
            attempts=bindparam("attempt"),
            tried=table.tried + 1,
            error=bindparam("new_error"),
            due_at=func.coalesce(bindparam("new_due_at", type_=table.due_at.type), table.due_at),
            settled_at=bindparam("new_settled_at", type_=table.settled_at.type),
        )
    )


def _hold_back(_: Sql) -> Executable:
    return (
        update(deliveries)
        .where(
            deliveries.c.endpoint == bindparam("of"),
            deliveries.c.lane == bindparam("lane_"),
            _IS_WAITING,
            deliveries.c.due_at < bindparam("until"),
        )
        .values(due_at=bindparam("until", type_=deliveries.c.due_at.type))
    )


def _statuses(sql: Sql) -> Executable:
    root = contacts.alias("root")
    return (
        select(
            messages.c.id,
            messages.c.status,
            messages.c.error,
            messages.c.cls,
            messages.c.topic,
            messages.c.author,
            messages.c.key,
            messages.c.address_id,
            addresses.c.account,
            func.coalesce(root.c.id, contacts.c.id).label("contact"),
            func.coalesce(root.c.site, contacts.c.site).label("site"),
            func.coalesce(root.c.customer, contacts.c.customer).label("customer"),
        )
        .join(addresses, addresses.c.id == messages.c.address_id)
        .join(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(root, root.c.id == contacts.c.merged_into)
        .where(
            sql.listed(messages.c.id, "ids"),
            messages.c.direction == Direction.OUT,
            or_(*(messages.c.status == one for one in TOLD)),
            addresses.c.operator_id.is_(None),
        )
        .order_by(messages.c.id)
    )
