"""A Viber API of a few lines: keeps what arrives, answers what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "4453b6ac12345678-9e02c5f12174805f-daf9cbb5448c5160"
OK = {
    "status": 0,
    "status_message": "ok",
    "message_token": 5741311803571721087,
    "chat_hostname": "SN-CHAT-04_",
    "billing_status": 1,
}


@dataclass
class Answer:
    """What to say to one request; `cut` closes the connection without a word."""

    fields: dict[str, Any] = field(default_factory=lambda: dict(OK))
    status: int = 200
    body: bytes | None = None
    cut: bool = False
    hang: bool = False


@dataclass
class Api:
    """`calls` holds (name, fields) of each request in order, `answers` what is said next."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def refuses(self, status: int, message: str = "", **fields: Any) -> None:
        about = {"status": status, "status_message": message, **fields}
        self.answers.append(Answer(about))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-Viber-Auth-Token"] == TOKEN
        assert request.content_type == "application/json"
        self.bodies.append(await request.read())
        self.calls.append((request.match_info["name"], json.loads(self.bodies[-1])))
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.hang:
            await asyncio.Event().wait()
        if answer.cut:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        body = answer.body if answer.body is not None else json.dumps(answer.fields).encode()
        return web.Response(status=answer.status, body=body, content_type="application/json")


@asynccontextmanager
async def viber_api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application()
    app.router.add_post("/pa/{name}", api.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
