"""The demo shop believes what is signed, and hears each thing once."""

import base64
import hashlib
import hmac

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.shop_hooks import ShopHooks

SECRET = "the secret of the demo's shop"


def signed(body: bytes, id_: str = "evt_1", secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{id_}.7.".encode() + body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": "7",
        "webhook-signature": f"v1,bm9uZQ== v1,{signature}",
    }


async def test_what_is_signed_is_heard_once_and_nothing_else() -> None:
    app = web.Application()
    app.add_routes(ShopHooks(SECRET).routes())
    body = b'{"type": "test"}'
    async with TestClient(TestServer(app)) as client:
        for headers, sent, status in (
            (signed(body), body, 204),
            (signed(body), body, 204),
            (signed(body, "evt_2"), body, 204),
            (signed(body), body + b" ", 401),
            (signed(body, secret="another"), body, 401),
            ({}, body, 401),
            ({**signed(body), "webhook-signature": "v1,%%"}, body, 401),
            (signed(b"{"), b"{", 400),
        ):
            async with client.post("/shop/hooks", data=sent, headers=headers) as answer:
                assert answer.status == status
        async with client.get("/shop/hooks") as answer:
            assert [one["id"] for one in await answer.json()] == ["evt_1", "evt_2"]
