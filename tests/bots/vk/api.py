"""VK's API, upload server and long poll of a few lines: keep what arrives, answer what is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "vk1.a.s3cretT0ken"


@dataclass
class Answer:
    """What to say to one request; `cut` closes the connection without a word."""

    json: Any = None
    status: int = 200
    body: bytes | None = None
    cut: bool = False
    hang: bool = False


def response(value: Any) -> Answer:
    return Answer({"response": value})


def error(code: int, message: str = "") -> Answer:
    params = [{"key": "message", "value": "what was said"}]
    return Answer({"error": {"error_code": code, "error_msg": message, "request_params": params}})


def sent(*rows: tuple[int, int]) -> Answer:
    """The answer to messages.send with peer_ids: (person, message id)."""
    return response(
        [
            {"peer_id": peer, "message_id": number, "conversation_message_id": 7}
            for peer, number in rows
        ]
    )


@dataclass
class Api:
    """`calls` holds (method, fields) of each request in order, `answers` what is said next."""

    url: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    files: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    """(field, name, type, bytes) of what was uploaded."""
    lengths: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    async def method(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in str(request.url)
        form = {name: str(value) for name, value in (await request.post()).items()}
        assert form.pop("v") == "5.199"
        assert TOKEN not in form.values()
        self.calls.append((request.match_info["method"], form))
        return await self._say(request)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        assert "Authorization" not in request.headers
        self.lengths.append(request.headers.get("Content-Length", ""))
        part = await (await request.multipart()).next()
        assert part is not None
        kind = part.headers["Content-Type"]
        self.files.append(
            (str(part.name), str(part.filename), kind, bytes(await part.read()))  # type: ignore[union-attr]
        )
        self.calls.append(("upload", {}))
        return await self._say(request)

    async def long_poll(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(request.query_string)
        self.calls.append(("a_check", dict(request.query)))
        return await self._say(request)

    async def _say(self, request: web.Request) -> web.StreamResponse:
        answer = self.answers.pop(0) if self.answers else response(1)
        if answer.hang:
            await asyncio.Event().wait()
        if answer.cut:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        body = json.dumps(answer.json).encode() if answer.body is None else answer.body
        return web.Response(status=answer.status, body=body, content_type="application/json")


@asynccontextmanager
async def vk_api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/vk/method/{method}", api.method)
    app.router.add_post("/upload", api.upload)
    app.router.add_get("/poll", api.long_poll)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
