"""/deliveries: what sites were told by webhooks, how their endpoints are, and sending again."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web

from core.hooks import DeliveryState, Endpoint, HookType
from dialogues.delivering import event_id
from inbox.hook_desk import HookDesk
from inbox.journal import Journal
from inbox.rendering import Problem, Refused, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedHandler, SignedIn, SignIn, done
from storage.database import Database
from storage.delivery_log import Delivery, EndpointState, QueueFigures, WantedDeliveries

PAGE = 50
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
"""How far back failed ones are sent again."""


@dataclass(frozen=True, slots=True)
class ShownEndpoint:
    """`look` is "good", "waits" or "bad"; `stands` the phrase of how it is."""

    key: str
    site: str
    url: str
    stands: str
    look: str
    state: EndpointState
    queue: QueueFigures
    events: tuple[str, ...]


class DeliveryPages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        journal: Journal,
        desk: HookDesk,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._journal = journal
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        def signed(handler: SignedHandler) -> Callable[..., Awaitable[web.StreamResponse]]:
            return self._sign_in.signed(handler, Right.TEND_WEBHOOKS)

        one, endpoint = "/deliveries/{delivery}", "/deliveries/endpoints/{endpoint}"
        return [
            web.get("/deliveries", signed(self.list)),
            web.post(f"{endpoint}/resend", signed(self.resend_failed)),
            web.post(f"{endpoint}/enable", signed(self.enable)),
            web.post(f"{endpoint}/test", signed(self.test)),
            web.get(one, signed(self.show)),
            web.post(f"{one}/resend", signed(self.resend)),
        ]

    async def list(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        query = request.query
        before = _id(query.get("before", ""))
        wanted = _wanted(query)
        keys = list(self._desk.endpoints)
        async with self._database.read() as tx:
            found = await tx.delivery_log.page(wanted, PAGE + 1, before)
            states = await tx.delivery_log.states(keys)
            queues = await tx.delivery_log.figures(keys)
        filters = {name: query[name] for name in ("state", "type", "endpoint") if query.get(name)}
        following = ""
        if len(found) > PAGE:
            following = urlencode({**filters, "before": found[PAGE - 1].id})
        return self._rendering.page(
            request,
            "deliveries.html",
            me=who.operator,
            csrf=who.csrf,
            done=query.get("done", ""),
            many=_id(query.get("many", "")) or 0,
            endpoints=[
                _shown(one, self._desk.name(one.key), states.get(one.key), queues.get(one.key))
                for one in self._desk.endpoints.values()
            ],
            rows=found[:PAGE],
            url_of=self._desk.name,
            states=list(DeliveryState),
            types=list(HookType),
            spans=list(SPANS),
            filters=filters,
            following=following,
            is_first=before is None,
        )

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        one = await self._find(request)
        async with self._database.read() as tx:
            tries = await tx.delivery_log.tries(one.id)
        return self._rendering.page(
            request,
            "delivery.html",
            me=who.operator,
            csrf=who.csrf,
            done=request.query.get("done", ""),
            one=one,
            event=event_id(one.event),
            url=self._desk.name(one.endpoint),
            payload=_pretty(one.payload),
            tries=tries,
        )

    async def resend(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        one = await self._find(request)
        if one.endpoint not in self._desk.endpoints:
            raise Refused("endpoint_is_gone", 409)
        async with self._database.write() as tx:
            if not await self._desk.resend(tx, one, who.by):
                raise Refused("delivery_not_resent", 409)
        self._desk.wake()
        return done(request, f"/deliveries/{one.id}?done=delivery_is_queued")

    async def resend_failed(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        endpoint = self._endpoint(request)
        span = SPANS.get(form.get("since", ""))
        if span is None:
            raise Problem(400, "bad_form")
        since = self._journal.clock() - span
        async with self._database.write() as tx:
            many = await self._desk.resend_failed(tx, endpoint, since, who.by)
        self._desk.wake()
        return done(request, f"/deliveries?done=deliveries_are_queued&many={many}")

    async def enable(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        endpoint = self._endpoint(request)
        async with self._database.write() as tx:
            await self._desk.enable(tx, endpoint, who.by)
        self._desk.wake()
        return done(request, "/deliveries?done=endpoint_is_on")

    async def test(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        endpoint = self._endpoint(request)
        async with self._database.write() as tx:
            id_ = await self._desk.test(tx, endpoint, who.by)
        self._desk.wake()
        return done(request, f"/deliveries/{id_}?done=delivery_is_queued")

    async def _find(self, request: web.Request) -> Delivery:
        id_ = _id(request.match_info["delivery"])
        if id_ is None:
            raise Problem(404, "lost")
        async with self._database.read() as tx:
            one = await tx.delivery_log.find(id_)
        if one is None:
            raise Problem(404, "lost")
        return one

    def _endpoint(self, request: web.Request) -> Endpoint:
        endpoint = self._desk.endpoints.get(request.match_info["endpoint"])
        if endpoint is None:
            raise Problem(404, "lost")
        return endpoint


def _shown(
    endpoint: Endpoint, url: str, state: EndpointState | None, queue: QueueFigures | None
) -> ShownEndpoint:
    state = state or EndpointState(endpoint.key)
    stands, look = "endpoint_works", "good"
    if state.disabled_at is not None:
        stands, look = "endpoint_is_off", "bad"
    elif state.failing_since is not None:
        stands, look = "endpoint_fails", "bad"
    elif state.last_ok_at is None:
        stands, look = "endpoint_is_new", ""
    events = () if endpoint.events is None else tuple(sorted(endpoint.events))
    figures = queue or QueueFigures(0, None)
    return ShownEndpoint(endpoint.key, endpoint.site, url, stands, look, state, figures, events)


def _wanted(query: Mapping[str, str]) -> WantedDeliveries:
    """What is no filter of ours is left out."""
    state, kind, endpoint = (query.get(name, "") for name in ("state", "type", "endpoint"))
    return WantedDeliveries(
        DeliveryState(state) if state in list(DeliveryState) else None,
        kind if kind in list(HookType) else None,
        (endpoint[:64],) if endpoint else None,
    )


def _pretty(payload: str) -> str:
    return json.dumps(json.loads(payload), ensure_ascii=False, indent=2) if payload else ""


def _id(text: str) -> int | None:
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) < 2**63 else None
