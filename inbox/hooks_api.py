"""GET and POST /api/v1/webhooks/deliveries…: what sites were told, and sending it again."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.errors import ApiError, not_found
from api.keys import Scope
from api.paging import DEFAULT, MOST, cursor, read_id
from api.routing import Call, Reply, Route, request_body
from core.acts import By
from core.hooks import DeliveryState, HookType
from core.ids import SiteId
from dialogues.delivering import event_id
from inbox.hook_desk import HookDesk
from storage.database import Database
from storage.delivery_log import Delivery, Try, WantedDeliveries
from storage.tx import Tx


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichDeliveries:
    state: DeliveryState | None = None
    type: HookType | None = None
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """`event` is the webhook-id that its site sees. `status` is the HTTP status of the last try: 0
    where no answer came, null before the first. `due_at`: when one that waits is tried next."""

    id: str
    event: str
    site: str
    url: str
    type: str
    contact: str | None
    at: datetime
    state: DeliveryState
    tries: int
    status: int | None
    error: str
    due_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownTry:
    number: int
    at: datetime
    status: int
    error: str
    answer: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class WholeDelivery:
    """`data` null: it was erased together with its person."""

    delivery: ShownDelivery
    data: dict[str, Any] | None
    tries: list[ShownTry]


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    items: list[ShownDelivery]
    next: str | None


class HooksApi:
    def __init__(self, database: Database, desk: HookDesk) -> None:
        self._database = database
        self._desk = desk

    def table(self) -> list[Route]:
        one = "/api/v1/webhooks/deliveries/{id}"
        return [
            Route(
                method="GET",
                path="/api/v1/webhooks/deliveries",
                handler=self.list,
                summary="What sites were told by webhooks, the latest first",
                scope=Scope.ADMIN,
                tag="webhooks",
                query=WhichDeliveries,
                answers={200: DeliveryPage},
            ),
            Route(
                method="GET",
                path=one,
                handler=self.show,
                summary="One of them, with what it says and each try",
                scope=Scope.ADMIN,
                tag="webhooks",
                answers={200: WholeDelivery},
                errors=(404,),
            ),
            Route(
                method="POST",
                path=f"{one}/resend",
                handler=self.resend,
                summary="Send it again under the same id; 409 where it waits already",
                scope=Scope.ADMIN,
                tag="webhooks",
                answers={202: ShownDelivery},
                errors=(404, 409),
            ),
        ]

    async def list(self, call: Call) -> Reply:
        query: WhichDeliveries = call.query
        before = read_id(query.after) if query.after else None
        wanted = WantedDeliveries(query.state, query.type, site=call.key.site)
        async with self._database.read() as tx:
            rows = await tx.delivery_log.page(wanted, query.limit + 1, before)
        following = cursor(rows[query.limit - 1].id) if len(rows) > query.limit else None
        items = [self._shown(one) for one in rows[: query.limit]]
        return Reply(200, DeliveryPage(items, following))

    async def show(self, call: Call) -> Reply:
        async with self._database.read() as tx:
            one = await _find(tx, call)
            tries = await tx.delivery_log.tries(one.id)
        data = json.loads(one.payload) if one.payload else None
        return Reply(200, WholeDelivery(self._shown(one), data, [_try(row) for row in tries]))

    async def resend(self, call: Call) -> Reply:
        async with self._database.write() as tx:
            one = await _find(tx, call)
            if one.endpoint not in self._desk.endpoints:
                message = "its endpoint is not in the configuration any more"
                raise ApiError(409, "endpoint_gone", message)
            if not await self._desk.resend(tx, one, By(None, f"API: {call.key.name}")):
                message = "it waits to be sent already, or says nothing any more"
                raise ApiError(409, "not_resent", message)
            again = await tx.delivery_log.find(one.id)
        self._desk.wake()
        assert again is not None
        return Reply(202, self._shown(again))

    def _shown(self, one: Delivery) -> ShownDelivery:
        return ShownDelivery(
            id=str(one.id),
            event=event_id(one.event),
            site=one.site,
            url=self._desk.name(one.endpoint),
            type=one.type,
            contact=str(one.contact) if one.contact is not None else None,
            at=one.at,
            state=one.state,
            tries=one.tried,
            status=one.status,
            error=one.error,
            due_at=one.due_at,
            settled_at=one.settled_at,
        )


async def _find(tx: Tx, call: Call) -> Delivery:
    """A key of another site learns nothing of it. Raises 404."""
    given, site = call.path["id"], call.key.site
    is_id = given.isascii() and given.isdigit() and len(given) < 20
    if not is_id or int(given) >= 2**63:
        raise not_found("delivery")
    one = await tx.delivery_log.find(int(given))
    if one is None or (site is not None and one.site != SiteId(site)):
        raise not_found("delivery")
    return one


def _try(row: Try) -> ShownTry:
    return ShownTry(row.number, row.at, row.status, row.error, row.answer, row.millis)
