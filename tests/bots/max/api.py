"""A MAX API of a few lines: keeps what arrives, answers what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "f9LHodD0cOJ5BfLGZ81uXgypU1z7PNhJMkmIe_RtEcxfC3V8vxWk65mRJX8MPQ"
MESSAGE = {"message": {"timestamp": 1790000000123, "body": {"mid": "mid.0003", "seq": 3}}}


@dataclass
class Answer:
    """What to say to one request; `cut` closes the connection without a word."""

    fields: Any = field(default_factory=lambda: dict(MESSAGE))
    status: int = 200
    body: bytes | None = None
    cut: bool = False
    hang: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One request of the API: "POST /messages", its query, its JSON body (None without one)."""

    name: str
    query: dict[str, str]
    fields: Any = None


@dataclass
class Upload:
    """One file as it was posted to the upload server."""

    field: str
    name: str
    mime: str
    content: bytes
    length: int | None
    has_token: bool


@dataclass
class Api:
    """`calls` and `uploads` hold what came, in order; `answers` what is said next."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def refuses(self, status: int, code: str, message: str = "", **headers: str) -> None:
        about = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer({"code": code, "message": message}, status, headers=about))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == TOKEN
        body = await request.read()
        name = f"{request.method} {request.path}"
        self.calls.append(Call(name, dict(request.query), json.loads(body) if body else None))
        return await self._answer(request)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        reader = await request.multipart()
        part: Any = await reader.next()
        mime = part.headers["Content-Type"]
        taken = (part.name, part.filename, mime, bytes(await part.read()), request.content_length)
        self.uploads.append(Upload(*taken, has_token="Authorization" in request.headers))
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.hang:
            await asyncio.Event().wait()
        if answer.cut:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        body = answer.body if answer.body is not None else json.dumps(answer.fields).encode()
        return web.Response(status=answer.status, body=body, headers=answer.headers)


@asynccontextmanager
async def max_api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application()
    app.router.add_post("/upload-server", api.upload)
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
