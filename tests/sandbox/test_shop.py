"""The shop's account and what is behind its counter, with a server that it tells and hears."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.settings import Settings
from tests.sandbox.conftest import Serve
from tests.sandbox.world import SECRET, Sandbox, Time

HOOK_SECRET = "a-webhook-secret-of-at-least-24-bytes"
CONTACT = {
    "id": "55",
    "customer": "c",
    "name": "Anna",
    "addresses": [
        {
            "account": "shop-tg",
            "reachable": True,
            "subscriptions": [
                {"topic": "orders", "state": "subscribed"},
                {"topic": "promo", "state": "unsubscribed"},
            ],
        },
        {"account": "shop-vk", "reachable": False, "subscriptions": []},
    ],
}


@dataclass
class Api:
    """Parley's API as far as the shop calls it. `known`: whether it knows the customer."""

    known: bool = True
    works: bool = True
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/api/v1/{rest:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, await request.json() if request.can_read_body else None))
        if not self.works:
            return web.json_response({"error": {"code": "wrong_key", "message": "no"}}, status=401)
        if request.path.endswith("/preferences"):
            url = "https://chat.example.com/preferences/signed"
            return web.json_response(
                {"url": url, "expires_at": "2027-01-01T00:00:00+00:00"}, status=201
            )
        if request.path.endswith("/contacts"):
            return web.json_response({"items": [CONTACT] if self.known else [], "next": None})
        if not self.known:
            error = {"error": {"code": "unknown_customer", "message": "nobody"}}
            return web.json_response(error, status=404)
        started = [{"flow": "order-followup", "address": "1", "account": "shop-tg"}]
        return web.json_response({"started": started, "sent": []}, status=202)


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def shop(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time, api: Api
) -> Sandbox:
    assert settings.shop is not None
    told = replace(
        settings.shop,
        server_url=await serve(api.app()),
        api_key="parley_key",
        webhook_secret=HOOK_SECRET,
    )
    return Sandbox(await serve(build(replace(settings, shop=told))), http, time)


async def order(shop: Sandbox) -> str:
    data = {"product": "oolong", "quantity": "2", "name": "Anna"}
    async with shop.http.post(f"{shop.url}/shop/orders", data=data) as response:
        assert response.status == 200
        return response.url.path


async def page(shop: Sandbox, path: str, **form: str) -> str:
    method = "POST" if form else "GET"
    async with shop.http.request(method, f"{shop.url}{path}", data=form or None) as response:
        assert response.status == 200
        return await response.text()


async def test_the_thank_you_page_has_the_widget_with_a_token_that_can_be_renewed(
    shop: Sandbox,
) -> None:
    path = await order(shop)
    shown = await page(shop, path)
    assert "/widget.js" in shown
    assert 'topics="orders promo"' in shown
    token = shown.partition('<parley-subscribe token="')[2].partition('"')[0]
    async with shop.http.get(f"{shop.url}{path}/token") as response:
        renewed = (await response.json())["token"]
        assert response.headers["Cache-Control"] == "no-store"
    options: Any = {"verify_exp": False, "verify_iat": False}
    first, second = (
        jwt.decode(each, SECRET, ["HS256"], options, audience="parley") for each in (token, renewed)
    )
    assert first["order"] == second["order"]
    assert first["jti"] != second["jti"]
    shop.http.cookie_jar.clear()
    async with shop.http.get(f"{shop.url}{path}/token") as response:
        assert response.status == 404


async def test_a_parcel_goes_its_way_and_parley_hears_of_each_step_once(
    shop: Sandbox, api: Api
) -> None:
    await order(shop)
    for status, words in (("sent", "on its way"), ("delivered", "delivered")):
        shown = await page(shop, "/shop/office/orders/1042", status=status)
        assert f"Told Parley: order.{status}. Began: order-followup." in shown
        path, told = api.asked[-1]
        assert (path, told["name"]) == ("/api/v1/events", f"order.{status}")
        assert told["order"]["status"] == words
    many = len(api.asked)
    shown = await page(shop, "/shop/office/orders/1042", status="delivered")
    assert "Done" in shown
    await page(shop, "/shop/office/orders/999", status="sent")
    await page(shop, "/shop/office/orders/1042", status="nonsense")
    assert len(api.asked) == many


async def test_the_office_says_why_nothing_began(shop: Sandbox, api: Api) -> None:
    await order(shop)
    await order(shop)
    api.known = False
    shown = await page(shop, "/shop/office/orders/1042", status="sent")
    assert "Parley knows nobody who follows order 1042 yet." in shown
    api.works = False
    shown = await page(shop, "/shop/office/orders/1043", status="sent")
    assert "Parley could not be told: 401 wrong_key: no" in shown


async def test_the_account_says_where_one_is_and_leads_to_the_choice(
    shop: Sandbox, api: Api
) -> None:
    await order(shop)
    shown = await page(shop, "/shop/orders")
    telegram, vk = shown.index("<dt>Telegram</dt>"), shown.index("<dt>VK</dt>")
    assert "order updates" in shown[telegram:vk]
    assert "offers" not in shown[telegram:vk]
    assert "nothing at the moment" in shown[vk:]
    assert 'href="https://chat.example.com/preferences/signed"' in shown
    api.works = False
    assert "You follow none of your orders" in await page(shop, "/shop/orders")


def signed(body: bytes, at: float, secret: str = HOOK_SECRET, id_: str = "m-1") -> dict[str, str]:
    content = f"{id_}.{int(at)}.".encode() + body
    mac = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


async def test_signed_webhooks_are_kept_once_and_others_refused(shop: Sandbox, time: Time) -> None:
    told = {
        "type": "subscribed",
        "timestamp": "2026-09-21T14:13:20Z",
        "data": {"topics": ["orders", "promo"], "x": "<promo>"},
    }
    body = json.dumps(told).encode()

    async def post(headers: dict[str, str]) -> int:
        url = f"{shop.url}/shop/webhooks"
        async with shop.http.post(url, data=body, headers=headers) as response:
            return response.status

    assert await post(signed(body, time())) == 204
    assert await post(signed(body, time())) == 204
    assert await post(signed(body, time(), secret="another-secret")) == 400
    assert await post({}) == 400
    shown = await page(shop, "/shop/office")
    assert shown.count("<code>subscribed</code>") == 1
    assert "sent 2 times" in shown
    assert "&lt;promo&gt;" in shown
    assert '<span class="soft">orders, promo</span>' in shown
    assert "wrong signature: 2" in shown


async def test_without_a_server_the_shop_still_sells(sandbox: Sandbox) -> None:
    path = await order(sandbox)
    assert "widget.js" not in await page(sandbox, path)
    shown = await page(sandbox, "/shop/office/orders/1042", status="sent")
    assert "no key for Parley" in shown
    async with sandbox.http.post(f"{sandbox.url}/shop/webhooks", data=b"{}") as response:
        assert response.status == 404
