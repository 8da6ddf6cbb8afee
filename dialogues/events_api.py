"""POST /api/v1/events: something happened in the shop; flows start, each customer once per key."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from api.errors import ApiError, busy
from api.keys import Scope, require_site
from api.paging import DEFAULT, MOST, cursor, read_id
from api.routing import Call, Reply, Route, request_body
from core.ids import ContactId, CustomerId, EventKey, OrderId, SiteId
from core.inbound import Inbound, ShopEvent
from core.people import Address, Order
from core.sites import Site
from core.tokens import OrderClaims
from core.values import TooDeep, clean_json
from dialogues.changes import Answer
from dialogues.intake import Intake, Overloaded
from dialogues.linking import order_of
from storage.database import Database
from subscriptions.claims import BadClaim, read_claims

Key = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
_SETTLED = timedelta(seconds=5)
"""An id made earlier may be committed later: nobody reads past transactions that still run."""
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9._:-]+$")]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """`order` as in a site token. Without `customer` the order says whose event it is.

    `key` makes the event one of a kind: repeat a request that got no answer with the same one.
    """

    site: Annotated[str, Field(max_length=64)]
    name: Name
    key: Key
    customer: str | int | None = None
    order: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartedFlow:
    flow: str
    address: str
    account: str


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    message: str
    address: str
    account: str


@dataclass(frozen=True, slots=True)
class EventTaken:
    """What will happen: flows that started, messages that wait to be sent."""

    started: list[StartedFlow]
    sent: list[QueuedMessage]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichEvents:
    """`after` is the `next` of the page before; keep it, and nothing is told twice."""

    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT


@dataclass(frozen=True, slots=True)
class ToldEvent:
    id: str
    name: str
    contact: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class EventsTold:
    """`next` stands behind the last item: ask with it later for what came since."""

    items: list[ToldEvent]
    next: str | None


class EventsApi:
    def __init__(self, database: Database, intake: Intake, sites: Mapping[SiteId, Site]) -> None:
        self._database = database
        self._intake = intake
        self._sites = sites

    def table(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/api/v1/events",
                handler=self.take,
                summary="Tell what happened; the same key again changes nothing and answers 200",
                scope=Scope.EVENTS,
                tag="events",
                body=NewEvent,
                answers={202: EventTaken, 200: EventTaken},
                errors=(404, 409),
            ),
            Route(
                method="GET",
                path="/api/v1/events",
                handler=self.told,
                summary="What flows told the shop (`emit`), the oldest first",
                scope=Scope.EVENTS,
                tag="events",
                query=WhichEvents,
                answers={200: EventsTold},
            ),
        ]

    async def take(self, call: Call) -> Reply:
        body: NewEvent = call.body
        require_site(call.key, body.site)
        site = SiteId(body.site)
        if site not in self._sites:
            raise ApiError(404, "not_found", f"there is no site {body.site!r}")
        told = _digest(body)
        async with self._database.read() as tx:
            before = await tx.keys.answered(site, body.key)
        if before is not None:
            return _again(before, told)
        customer, order, data = _read(site, body)
        contact = await self._contact(site, customer, order, call.now)
        addresses = await self._addresses(contact)
        answers = await self._tell(addresses, body, order, data, call.now)
        if any(answer.status == "rejected" for answer in answers):
            message = "the event was put aside: `parley rejected list` tells why"
            raise ApiError(422, "rejected", message)
        taken = _taken(addresses, answers)
        async with self._database.write() as tx:
            is_first = await tx.keys.remember(site, body.key, told, _plain(taken), call.now)
            before = None if is_first else await tx.keys.answered(site, body.key)
        return Reply(202, taken) if before is None else _again(before, told)

    async def told(self, call: Call) -> Reply:
        query: WhichEvents = call.query
        after = read_id(query.after) if query.after else 0
        async with self._database.read() as tx:
            rows = await tx.timers.emitted(after, query.limit, call.now - _SETTLED, call.key.site)
        items = [
            ToldEvent(str(row.id), row.name, str(row.contact), dict(row.data), row.at)
            for row in rows
        ]
        return Reply(200, EventsTold(items, cursor(rows[-1].id) if rows else query.after))

    async def _contact(
        self, site: SiteId, customer: CustomerId | None, claims: OrderClaims | None, now: datetime
    ) -> ContactId:
        """Whose event it is; the order as it stands now is kept with them. Raises 404."""
        async with self._database.write() as tx:
            contact = None
            if customer is not None:
                found = await tx.contacts.find_customers([(site, customer)])
                contact = found.get((site, customer))
            elif claims is not None:
                contact = await tx.orders.owner(site, claims.ref)
            if contact is None:
                message = "nobody came by a link of this customer or order yet"
                raise ApiError(404, "unknown_customer", message)
            if claims is not None:
                known = {one.ref: one for one in await tx.orders.of_contact(contact)}
                fresh = order_of(claims, OrderId(self._intake.new_id(now)))
                order = _merged(known.get(claims.ref), fresh)
                await tx.orders.save([(contact, site, order)], now)
        return contact

    async def _addresses(self, contact: ContactId) -> list[Address]:
        async with self._database.read() as tx:
            people = await tx.addresses.of_people([contact])
        return [address for _, address in people if address.is_reachable]

    async def _tell(
        self,
        addresses: list[Address],
        body: NewEvent,
        claims: OrderClaims | None,
        data: Mapping[str, Any],
        now: datetime,
    ) -> tuple[Answer, ...]:
        order = order_of(claims, OrderId(0)) if claims else None
        inbounds = [
            Inbound(
                account=address.account,
                user=address.user,
                key=EventKey(f"event:{_digest_of(body.site, body.key)}:{address.id}"),
                at=now,
                event=ShopEvent(body.name, data, order),
                address=address.id,
            )
            for address in addresses
        ]
        try:
            return await self._intake.submit(inbounds)
        except Overloaded as error:
            raise busy() from error


def _read(
    site: SiteId, body: NewEvent
) -> tuple[CustomerId | None, OrderClaims | None, Mapping[str, Any]]:
    claims = {"sub": body.customer, "order": body.order}
    try:
        read = read_claims(site, "event", {k: v for k, v in claims.items() if v is not None})
        data = clean_json(body.data)
    except (BadClaim, TooDeep) as error:
        message = str(error).replace("sub ", "customer ")
        raise ApiError(422, error.code, message) from error
    if read.customer is None and read.order is None:
        raise ApiError(422, "invalid", "say whose event it is: customer, order, or both")
    return read.customer, read.order, data


def _merged(known: Order | None, told: Order) -> Order:
    """What an event leaves out stays as it was."""
    if known is None:
        return told
    return replace(
        known,
        number=told.number if told.number != told.ref else known.number,
        status=told.status or known.status,
        total=told.total or known.total,
        currency=told.currency or known.currency,
        url=told.url or known.url,
        items=told.items or known.items,
    )


def _taken(addresses: list[Address], answers: tuple[Answer, ...]) -> EventTaken:
    started, sent = [], []
    for address, answer in zip(addresses, answers, strict=True):
        where = (str(address.id), str(address.account))
        started += [StartedFlow(flow, *where) for flow in answer.started]
        sent += [QueuedMessage(str(message), *where) for message in answer.messages]
    return EventTaken(started, sent)


def _again(before: tuple[str, Mapping[str, Any]], told: str) -> Reply:
    digest, answer = before
    if digest != told:
        message = "another event came with this key before; a new event needs a new key"
        raise ApiError(409, "key_reused", message)
    return Reply(200, answer)


def _digest_of(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:40]


def _digest(body: NewEvent) -> str:
    content = [body.name, body.customer, body.order, body.data]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _plain(taken: EventTaken) -> dict[str, Any]:
    return {
        "started": [
            {"flow": one.flow, "address": one.address, "account": one.account}
            for one in taken.started
        ],
        "sent": [
            {"message": one.message, "address": one.address, "account": one.account}
            for one in taken.sent
        ],
    }
