"""A push service of a browser's maker, over TLS, and browsers that can read what is left there."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import http_ece
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.certificates import certificate


@dataclass
class Left:
    """One request; `body` is what only the browser can open."""

    place: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushDouble:
    """`status` is what it answers from now on; `trusted` is what a client must believe in."""

    url: str
    trusted: ssl.SSLContext
    status: int = 201
    left: list[Left] = field(default_factory=list)

    def browser(self, place: str = "one") -> "PushBrowser":
        return PushBrowser(self, f"{self.url}/push/{place}")

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.left.append(Left(request.path, dict(request.headers), body))
        return web.Response(status=self.status, headers={"Location": "https://127.0.0.1/inside"})

    def signed_by(self, left: Left) -> dict[str, Any]:
        """The claims of whoever sent it, as the service checks them."""
        scheme, _, parts = left.headers["Authorization"].partition(" ")
        assert scheme == "vapid"
        token, key = (part.strip().partition("=")[2] for part in parts.split(","))
        point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        options = {"verify_exp": False}
        claims: dict[str, Any] = jwt.decode(
            token, public, algorithms=["ES256"], audience=self.url, options=options
        )
        return claims


@dataclass
class PushBrowser:
    """A browser that has subscribed: its half of the keys never leaves it."""

    service: PushDouble
    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = b"sixteen bytes ok"

    @property
    def fields(self) -> dict[str, str]:
        """What its script sends us."""
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.endpoint, "p256dh": _text(point), "auth": _text(self.auth)}

    def shown(self) -> list[dict[str, str]]:
        """What it could read of what was left for it."""
        mine = [one for one in self.service.left if self.endpoint.endswith(one.place)]
        opened = (
            http_ece.decrypt(
                one.body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"
            )
            for one in mine
        )
        return [json.loads(one) for one in opened]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@asynccontextmanager
async def push_service(folder: Path) -> AsyncIterator[PushDouble]:
    authority = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, folder / "key.pem")
    double = PushDouble("", ssl.create_default_context(cafile=str(authority)))
    app = web.Application()
    app.add_routes([web.post("/push/{place}", double.take)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    double.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield double
    finally:
        await runner.cleanup()
