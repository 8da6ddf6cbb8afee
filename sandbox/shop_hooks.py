"""The demo shop's own server hears what happens: signed webhooks, checked as a shop checks them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

_MOST = 100
_MOST_BYTES = 256 * 1024


class ShopHooks:
    """The last hundred, each id once: the same may come twice."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._heard: deque[dict[str, Any]] = deque(maxlen=_MOST)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/shop/hooks", self.take), web.get("/shop/hooks", self.show)]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.content.read(_MOST_BYTES)
        if not self._is_signed(request.headers, body):
            return web.Response(status=401, text="the signature is wrong")
        try:
            told = json.loads(body)
        except ValueError:
            return web.Response(status=400, text="this is not JSON")
        id_ = request.headers["webhook-id"]
        if id_ not in {one["id"] for one in self._heard}:
            self._heard.append({"id": id_, **told})
        return web.Response(status=204)

    async def show(self, _request: web.Request) -> web.Response:
        """What was heard, the first first."""
        text = json.dumps(list(self._heard), ensure_ascii=False, indent=2)
        return web.Response(text=text, content_type="application/json")

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        id_, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        wanted = hmac.new(self._secret, f"{id_}.{sent}.".encode() + body, hashlib.sha256).digest()
        for one in headers.get("webhook-signature", "").split():
            version, _, given = one.partition(",")
            try:
                decoded = base64.b64decode(given, validate=True)
            except binascii.Error:
                continue
            if version == "v1" and hmac.compare_digest(decoded, wanted):
                return True
        return False
