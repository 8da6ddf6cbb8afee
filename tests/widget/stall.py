"""A shop's site and the server that its pages ask, over a real database; time stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.channels import Channel
from core.consent import ConsentRecord
from core.ids import AccountId, SiteId
from core.sites import Site
from dialogues.intake import Intake
from dialogues.receive import Received
from server.middleware import guard
from subscriptions.counting import Counting
from subscriptions.keeping import LinkKeeper
from subscriptions.keyring import Keyring, SiteKey
from subscriptions.known import Known
from subscriptions.minting import Door
from subscriptions.offers import Offers
from subscriptions.origins import Origins
from subscriptions.preferring import PreferenceLinks
from subscriptions.waiting import Waiting
from subscriptions.widget import Widget
from tests.world import ORDERS, SHOP, TG, World, opened

ORIGIN, OTHER_ORIGIN = "https://shop.example.com", "https://other.example.com"
PAGE = f"{ORIGIN}/thanks"
SECRET, OTHER_SECRET = (
    "a-secret-of-the-shop-with-32-bytes-or-more",
    "the-secret-of-another-shop-also-long",
)
OTHER = SiteId("other")
VKONTAKTE = AccountId("shop-vk")


def site(id_: SiteId, origin: str) -> Site:
    return Site(id_, id_, default_topics=(ORDERS,), origins=(origin,))


DOORS = {
    TG: Door(
        TG,
        Channel.TELEGRAM,
        "Telegram",
        lambda code: f"https://t.me/shop_bot?start={code}",
        app_link=lambda code: f"tg://resolve?domain=shop_bot&start={code}",
    ),
    VKONTAKTE: Door(
        VKONTAKTE, Channel.VK, "VK", lambda code: f"https://vk.me/shop?ref={code}", vk_group="77"
    ),
    AccountId("other-tg"): Door(
        AccountId("other-tg"), Channel.TELEGRAM, "Other", lambda _: "https://t.me/o", site=OTHER
    ),
}
KEYRING = Keyring(
    {
        SHOP: {"k": SiteKey("k", "HS256", SECRET)},
        OTHER: {"k": SiteKey("k", "HS256", OTHER_SECRET)},
    }
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    json: Any

    @property
    def code(self) -> str:
        """Of a refusal."""
        code: str = self.json["error"]["code"]
        return code


@dataclass
class Stall:
    world: World
    url: str
    client: aiohttp.ClientSession
    waiting: Waiting
    counting: Counting
    intake: Intake
    origin: str = ORIGIN

    async def call(
        self, method: str, path: str, body: Any = None, *, origin: str | None = "", **more: str
    ) -> Answer:
        """`origin` "": the site's own; None: no browser asks."""
        given = {} if origin is None else {"Origin": origin or self.origin}
        headers = {**given, **more}
        url = f"{self.url}/widget{path}"
        async with self.client.request(method, url, json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return Answer(answer.status, answer.headers, await answer.json() if is_json else None)

    async def offer(self, topics: str = "", language: str = "en") -> Any:
        return (await self.call("GET", f"/shop?topics={topics}&lang={language}")).json

    async def press(
        self,
        token: str | None = None,
        topics: str = "",
        ticks: tuple[str, ...] = (),
        language: str = "en",
        **changes: Any,
    ) -> Answer:
        """What the widget sends: the words that it was served, for the boxes that are ticked."""
        offer = await self.offer(topics, language)
        body = {
            "account": TG,
            "page": PAGE,
            "language": offer["language"],
            "token": token,
            "service": offer["service"],
            "ticked": [
                {"topic": box["topic"], "words": box["words"]}
                for box in offer["marketing"]
                if box["topic"] in ticks
            ],
        }
        return await self.call("POST", "/shop/links", {**body, **changes})

    async def state(self, visit: str) -> Any:
        return (await self.call("GET", f"/shop/visits/{visit}")).json

    async def start(self, made: Answer, **options: Any) -> None:
        await self.world.start(made.json["url"].partition("=")[2], **options)

    async def consents(self) -> list[ConsentRecord]:
        address = await self.world.address()
        async with self.world.database.read() as tx:
            return list(await tx.consents.of_addresses([address.id]))

    def token(self, *, secret: str = SECRET, **changes: Any) -> str:
        claims = {
            "iss": "shop",
            "aud": "parley",
            "exp": int(self.world.now.timestamp()) + 3600,
            "jti": "t-1",
            "sub": 4711,
            "order": {"id": 1042, "number": "A-1042"},
            **changes,
        }
        return jwt.encode(claims, secret, "HS256", headers={"kid": "k"})


@asynccontextmanager
async def open_stall(database_url: str, origin: str = ORIGIN) -> AsyncIterator[Stall]:
    sites = {SHOP: site(SHOP, origin), OTHER: site(OTHER, OTHER_ORIGIN)}
    async with opened(database_url) as world:
        database, clock = world.database, lambda: world.now
        waiting = Waiting(database, clock, every=0.5, together=0.0)
        counting = Counting(database, clock)

        def committed(_: Received) -> None:
            waiting.wake()

        numbers = world.numbers
        intake = Intake(database, world.catalog, lambda _: next(numbers), clock, committed)
        widget = Widget(
            Offers(world.catalog.topics, world.catalog.languages),
            DOORS,
            KEYRING,
            Origins(sites, "https://chat.example.com"),
            LinkKeeper(database),
            waiting,
            counting,
            Known(
                database, DOORS, PreferenceLinks(SECRET, "https://chat.example.com", timedelta(0))
            ),
            clock=clock,
            address_of=lambda request: request.headers.get("X-Test-Address", "192.0.2.7"),
        )
        app = web.Application(middlewares=[guard])
        app.add_routes(widget.routes())
        server = TestServer(app)
        await server.start_server(shutdown_timeout=1)
        working = asyncio.get_running_loop().create_task(intake.run())
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as client:
            try:
                yield Stall(
                    world,
                    str(server.make_url("")).rstrip("/"),
                    client,
                    waiting,
                    counting,
                    intake,
                    origin,
                )
            finally:
                waiting.close()
                await server.close()
                working.cancel()
                await asyncio.wait([working])
