"""A shop's own server that takes webhooks, and the worker that sends them there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks.webhooks import Webhook

from core.hooks import Endpoint, Hooks, HookType, Target, endpoint_key
from core.ids import SiteId
from core.sites import Site
from dialogues.delivering import Deliverer
from dialogues.egress import Egress
from dialogues.hook_statuses import StatusTelling
from outbox.claiming import write_outcomes
from storage.delivery_log import Delivery, WantedDeliveries
from tests.world import SHOP, World

SECRET = b"the shop's own secret, long enough"
OTHER = SiteId("other")
KEY, OTHER_KEY = endpoint_key("shop", "a"), endpoint_key("other", "b")


@dataclass
class Request:
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return str(self.json["type"])


@dataclass
class Shop:
    """`answer` says what the next request gets; every request is kept."""

    answer: Callable[[Request], web.Response] = lambda _: web.Response(status=204)
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    egresses: list[Egress] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Request(headers, await request.read())
        self.requests.append(one)
        self._came.set()
        return self.answer(one)

    async def until(self, fits: Callable[["Shop"], bool]) -> None:
        """Wait for requests by which this holds."""
        async with asyncio.timeout(60):
            while not fits(self):
                self._came.clear()
                await self._came.wait()

    @property
    def types(self) -> list[str]:
        return [one.type for one in self.requests]

    def data(self, kind: str) -> list[Any]:
        return [one.json["data"] for one in self.requests if one.type == kind]


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.add_routes([web.post("/hooks", shop.take)])
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(access_log=None, shutdown_timeout=1)
    shop.url = f"http://127.0.0.1:{server.port}/hooks"
    try:
        yield shop
    finally:
        for egress in shop.egresses:
            await egress.close()
        await server.close()


def verified(request: Request, secret: bytes = SECRET) -> Any:
    """What the reference library says to it; raises where the signature is wrong."""
    hook = Webhook(secret)
    # The reference compares with the real clock: ours stands still.
    hook._Webhook__verify_timestamp = lambda given: datetime.fromtimestamp(int(given), UTC)  # type: ignore[attr-defined]
    return hook.verify(request.body, request.headers)


def with_hooks(
    world: World, *events: HookType, other: bool = False, targets: tuple[str, ...] = (KEY,)
) -> None:
    """The shop hears of these, or of all; `other`: there is another site that hears of all."""
    wanted = frozenset(events) or None
    hooks = {SHOP: tuple(Target(key, wanted) for key in targets)}
    sites = dict(world.catalog.sites)
    if other:
        hooks[OTHER] = (Target(OTHER_KEY),)
        sites[OTHER] = Site(OTHER, "Other")
    only = None if other else SHOP
    world.catalog = replace(world.catalog, hooks=Hooks(hooks, only), sites=sites)


def telling(world: World) -> StatusTelling:
    return StatusTelling(world.catalog.hooks, world.catalog.accounts, lambda: next(world.numbers))


async def deliver_messages(world: World) -> list[str]:
    """Send what is queued and record it as a sender with webhooks does: the messenger's ids."""
    from core.messages import Status
    from storage.sends import Recorded
    from tests.world import TG

    claimed = await world.claim_some()
    recorded = [
        Recorded(
            one.waiting.id, one.waiting.message, one.waiting.address, one.attempt, Status.SENT,
            external_id=str(next(world.numbers)),
        )
        for one in claimed
    ]  # fmt: skip
    async with world.database.write() as tx:
        limits = world.catalog.accounts[TG].limits
        await write_outcomes(tx, recorded, limits, world.now, telling(world))
    return [one.external_id for one in recorded]


def deliverer(world: World, shop: Shop, owner: str = "here", **more: Any) -> Deliverer:
    endpoint = Endpoint(KEY, SHOP, more.pop("url", shop.url), more.pop("secrets", (SECRET,)))
    egress = more.pop("egress", None) or Egress(["127.0.0.1"])
    shop.egresses.append(egress)
    return Deliverer(
        endpoint, world.database, egress, owner, lambda: world.now, more.pop("chance", lambda: 0.5)
    )


async def stored(world: World, endpoint: str = KEY) -> list[Delivery]:
    """The first first."""
    async with world.database.read() as tx:
        rows = await tx.delivery_log.page(WantedDeliveries(endpoints=(endpoint,)), 1000)
    return rows[::-1]


async def told(world: World, endpoint: str = KEY) -> list[tuple[str, Any]]:
    """(type, data) of what waits there, the first first."""
    return [(one.type, json.loads(one.payload)) for one in await stored(world, endpoint)]
