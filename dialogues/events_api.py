"""POST /api/v1/events: something happened in the shop; flows start, each customer once per key."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from api.errors import ApiError, busy
from api.keys import Scope, require_site
from api.paging import cursor, read_id
from api.routing import Call, Reply, Route
from core.ids import ContactId, CustomerId, EventKey, OrderId, SiteId, TopicId
from core.inbound import ContactTold, Inbound, ShopEvent, ShopMessage
from core.people import Address, Order
from core.sites import Site
from core.text import clean
from core.tokens import OrderClaims
from core.topics import Topic, TopicClass
from core.values import TooDeep, clean_json
from dialogues.changes import Answer
from dialogues.contact_body import read_change
from dialogues.event_shapes import (
    AddressOutcome,
    EventMessage,
    EventsTold,
    EventTaken,
    NewEvent,
    QueuedMessage,
    StartedFlow,
    ToldEvent,
    WhichEvents,
)
from dialogues.intake import Intake, Overloaded
from dialogues.linking import order_of
from storage.database import Database
from subscriptions.claims import BadClaim, read_claims, web_url

_SETTLED = timedelta(seconds=5)
"""An id made earlier may be committed later: nobody reads past transactions that still run."""


class EventsApi:
    def __init__(
        self,
        database: Database,
        intake: Intake,
        sites: Mapping[SiteId, Site],
        topics: Mapping[TopicId, Topic],
    ) -> None:
        self._topics = topics
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
        change = read_change(body.contact, "contact") if body.contact is not None else None
        message = self._message(body.message) if body.message is not None else None
        contact = await self._contact(site, customer, order, call.now)
        everywhere = await self._addresses(contact)
        addresses = [one for one in everywhere if one.is_reachable]
        event = ShopEvent(body.name, data, order_of(order, OrderId(0)) if order else None, message)
        if change is not None:
            await self._change(everywhere, body, change, call.now)
        answers = await self._tell(addresses, body, event, call.now)
        if any(answer.status == "rejected" for answer in answers):
            why = "the event was put aside: `parley rejected list` tells why"
            raise ApiError(422, "rejected", why)
        away = [one for one in everywhere if not one.is_reachable]
        taken = _taken(addresses, answers, away)
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
        return [address for _, address in people]

    def _message(self, body: EventMessage) -> ShopMessage:
        """Raises ApiError 422."""
        topic = self._topics.get(TopicId(body.topic))
        if topic is None or topic.cls is not TopicClass.SERVICE:
            known = sorted(t.id for t in self._topics.values() if t.cls is TopicClass.SERVICE)
            message = f"is no service topic; there are: {', '.join(known) or 'none'}"
            raise _wrong("message.topic", message)
        buttons = []
        for number, one in enumerate(body.buttons):
            place = f"message.buttons[{number}].url"
            try:
                url = web_url(clean(one.url), place)
            except BadClaim as error:
                raise _wrong(place, str(error).removeprefix(f"{place} ")) from error
            buttons.append((_cleaned(one.label), url))
        return ShopMessage(topic.id, _cleaned(body.text), tuple(buttons))

    async def _change(
        self, addresses: Sequence[Address], body: NewEvent, change: ContactTold, now: datetime
    ) -> None:
        """Before the event itself: what flows and messages say goes by it already."""
        key = f"told:{_digest_of(body.site, body.key)}"
        await self._submit([_inbound(one, key, change, now) for one in addresses[:1]])

    async def _tell(
        self,
        addresses: list[Address],
        body: NewEvent,
        event: ShopEvent,
        now: datetime,
    ) -> tuple[Answer, ...]:
        digest = _digest_of(body.site, body.key)
        return await self._submit(
            [_inbound(one, f"event:{digest}:{one.id}", event, now) for one in addresses]
        )

    async def _submit(self, inbounds: list[Inbound]) -> tuple[Answer, ...]:
        try:
            return await self._intake.submit(inbounds)
        except Overloaded as error:
            raise busy() from error


def _inbound(address: Address, key: str, event: ShopEvent | ContactTold, now: datetime) -> Inbound:
    return Inbound(
        account=address.account,
        user=address.user,
        key=EventKey(key),
        at=now,
        event=event,
        address=address.id,
    )


def _cleaned(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: clean(text) for language, text in texts.items()}


def _wrong(place: str, message: str) -> ApiError:
    return ApiError(422, "invalid", f"{place}: {message}", [{"place": place, "message": message}])


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


def _taken(
    addresses: list[Address], answers: tuple[Answer, ...], away: list[Address]
) -> EventTaken:
    started, sent, outcomes = [], [], []
    for address, answer in zip(addresses, answers, strict=True):
        where = (str(address.id), str(address.account))
        started += [StartedFlow(flow, *where) for flow in answer.started]
        sent += [QueuedMessage(str(message), *where) for message in answer.messages]
        outcomes.append(_outcome(where, answer))
    outcomes += [
        AddressOutcome(str(one.id), str(one.account), "not_sent", "unreachable") for one in away
    ]
    return EventTaken(started, sent, outcomes)


def _outcome(where: tuple[str, str], answer: Answer) -> AddressOutcome:
    if answer.status == "duplicate":
        return AddressOutcome(*where, "not_sent", "repeated")
    if answer.started:
        return AddressOutcome(*where, "started", answer.why_not)
    if answer.messages:
        return AddressOutcome(*where, "sent", answer.why_not)
    reason = "account_gone" if answer.status == "unknown" else answer.why_not
    return AddressOutcome(*where, "not_sent", reason)


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
    # Only what is there: a body of before has the digest of before.
    content += [asdict(one) for one in (body.message, body.contact) if one is not None]
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
        "addresses": [asdict(one) for one in taken.addresses],
    }
