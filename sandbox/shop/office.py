"""Behind the counter: the shop sends parcels, tells Parley, and keeps what Parley tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from aiohttp import hdrs, web

from parley_client import BadWebhook, EventTaken, ParleyError
from sandbox.page import Pages
from sandbox.settings import ShopSettings
from sandbox.shop.heard import Heard
from sandbox.shop.orders import Order
from sandbox.shop.server import Server
from sandbox.words import WORDS, language_of
from sandbox.world import World

_MOST_ORDERS = 30
_MOST_BYTES = 256 * 1024
_LONGEST_GIST = 80


class Office:
    def __init__(self, world: World, pages: Pages, shop: ShopSettings, server: Server) -> None:
        self._world = world
        self._pages = pages
        self._shop = shop
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/shop/office", self.look),
            web.post("/shop/office/orders/{number}", self.advance),
            web.post("/shop/webhooks", self.hear),
        ]

    async def look(self, request: web.Request) -> web.Response:
        return self._page(request)

    async def advance(self, request: web.Request) -> web.Response:
        """The parcel leaves, or arrives, and Parley hears of it."""
        number = request.match_info["number"]
        status = str((await request.post()).get("status", ""))
        order = (
            self._world.orders.advance(int(number), status)
            if number.isdecimal() and len(number) <= 12
            else None
        )
        if order is None:
            # Pressed twice, say: the page shows how it stands.
            location = f"{self._world.settings.prefix}/shop/office"
            return web.Response(status=303, headers={hdrs.LOCATION: location})
        self._world.changed()
        return self._page(request, told=await self._tell(order, language_of(request)))

    async def hear(self, request: web.Request) -> web.Response:
        """A webhook of Parley: believed when it is signed, done once."""
        body = await request.content.read(_MOST_BYTES + 1)
        now = self._world.now()
        try:
            event = self._server.hear(request.headers, body[:_MOST_BYTES], now)
        except BadWebhook as error:
            self._world.heard.refused += 1
            return web.json_response({"error": str(error)}, status=400)
        if event is None:
            raise web.HTTPNotFound
        self._world.heard.add(Heard(event.id, event.type, event.data, now))
        self._world.changed()
        return web.Response(status=204)

    async def _tell(self, order: Order, language: str) -> str:
        words = WORDS[language]
        if not self._server.is_connected:
            return words["told_nobody"]
        try:
            taken = await self._server.tell(order)
        except ParleyError as error:
            return words["not_told"].format(error=error)
        if taken is None:
            return words["unknown_to_parley"].format(number=order.number)
        return words["told"].format(event=f"order.{order.status}", what=_started(taken, words))

    def _page(self, request: web.Request, *, told: str = "") -> web.Response:
        heard = [
            {
                "type": each.type,
                "at": each.at,
                "times": each.times,
                "gist": _gist(each.data),
                "data": json.dumps(each.data, ensure_ascii=False, indent=2),
            }
            for each in self._world.heard
        ]
        return self._pages.page(
            request,
            "office.html",
            shop=self._shop,
            orders=list(islice(self._world.orders, _MOST_ORDERS)),
            heard=heard,
            refused=self._world.heard.refused,
            told=told,
        )


def _gist(data: Mapping[str, Any]) -> str:
    """What one looks for first."""
    message = data.get("message")
    said = [data.get(name) for name in ("topics", "status", "name", "value", "reason", "rating")]
    said.append(message.get("text") if isinstance(message, dict) else None)
    words = [", ".join(map(str, one)) if isinstance(one, list) else str(one) for one in said if one]
    return " · ".join(words)[:_LONGEST_GIST]


def _started(taken: EventTaken, words: Mapping[str, str]) -> str:
    flows = sorted({str(each["flow"]) for each in taken.started})
    return ", ".join(flows) if flows else words["nothing_started"]
