"""A Bot API of a few lines: keeps what arrives, answers what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456:ABC-DEF"
MESSAGE = {"message_id": 77, "date": 1790000000, "chat": {"id": 5550001, "type": "private"}}


@dataclass
class Answer:
    """What to say to one request; `cut` closes the connection without a word."""

    result: Any = field(default_factory=lambda: dict(MESSAGE))
    status: int = 200
    body: bytes | None = None
    cut: bool = False
    hang: bool = False


@dataclass
class Api:
    """`calls` holds (method, fields) of each request in order, `answers` what is said next."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    content_types: list[str] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def refuses(self, code: int, description: str, **parameters: Any) -> None:
        body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            body["parameters"] = parameters
        self.answers.append(Answer(status=code, body=json.dumps(body).encode()))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.match_info["token"] == TOKEN
        self.calls.append((request.match_info["method"], await self._fields(request)))
        self.content_types.append(request.content_type)
        self.called.set()
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.hang:
            await asyncio.Event().wait()
        if answer.cut:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        body = answer.body or json.dumps({"ok": True, "result": answer.result}).encode()
        return web.Response(status=answer.status, body=body, content_type="application/json")

    async def _fields(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            fields: dict[str, Any] = await request.json()
            return fields
        form = await request.post()
        return {
            name: value
            if isinstance(value, str)
            else (value.filename, value.content_type, value.file.read())
            for name, value in form.items()
        }

    async def file(self, request: web.Request) -> web.StreamResponse:
        assert request.match_info["token"] == TOKEN
        content = self.files.get(request.match_info["path"])
        return web.Response(status=404) if content is None else web.Response(body=content)


@asynccontextmanager
async def bot_api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.handle)
    app.router.add_get("/file/bot{token}/{path:.+}", api.file)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
