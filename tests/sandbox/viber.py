"""A bot of Viber in a running sandbox, and a webhook that it posts to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.sandbox.world import Sandbox

URI = "tea_viber"
VIBER_TOKEN = "4453b6ac12345678-e02c5f12174805f9-daec9cbb5448c51f"
SENDER = {"name": "Tea & Leaf"}


@dataclass
class ViberBot:
    """Calls of the API as bytes on the wire, and persons, by the sandbox's numbers, who act."""

    sandbox: Sandbox

    async def ask(self, method: str, _token: str = VIBER_TOKEN, **params: Any) -> Any:
        url = f"{self.sandbox.url}/viber/pa/{method}"
        headers = {"X-Viber-Auth-Token": _token} if _token else {}
        async with self.sandbox.http.post(url, json=params, headers=headers) as response:
            assert response.status == 200
            return await response.json()

    async def call(self, method: str, **params: Any) -> Any:
        answer = await self.ask(method, **params)
        assert answer["status"] == 0, answer
        return answer

    async def status(self, method: str, **params: Any) -> int:
        status: int = (await self.ask(method, **params))["status"]
        return status

    async def message(self, person: int, **fields: Any) -> Any:
        """The answer to send_message, a short text where `fields` say nothing else."""
        content = {"type": "text", "text": "hi", "sender": SENDER, **fields}
        return await self.ask("send_message", receiver=await self.user_id(person), **content)

    async def send(self, person: int, **fields: Any) -> int:
        """The token of a message that was sent."""
        answer = await self.message(person, **fields)
        assert answer["status"] == 0, answer
        token: int = answer["message_token"]
        return token

    async def act(self, person: int, what: str, **body: Any) -> Any:
        return await self.sandbox.act(person, what, bot=URI, **body)

    async def person(self, **more: str) -> int:
        return await self.sandbox.person(**more)

    async def subscribed(self, **more: str) -> int:
        person = await self.person(**more)
        await self.act(person, "subscribe")
        return person

    async def chat(self, person: int, query: str = "") -> Any:
        return await self.sandbox.control("GET", f"/people/{person}/chat?bot={URI}{query}")

    async def user_id(self, person: int) -> str:
        user_id: str = (await self.chat(person))["user_id"]
        return user_id

    async def statuses(self, person: int) -> list[str]:
        return [each["status"] for each in (await self.chat(person))["messages"] if each["out"]]

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        return await self.sandbox.control(verb, path, {"bot": URI, **body})


@dataclass
class Listener:
    """A webhook: checks each signature and answers what a test tells it, else a bare 200.

    `called` holds the events `webhook` of set_webhook, `got` all others.
    """

    url: str = ""
    status: int = 200
    answers: list[web.Response] = field(default_factory=list)
    called: list[dict[str, Any]] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        right = hmac.new(VIBER_TOKEN.encode(), raw, hashlib.sha256).hexdigest()
        assert request.headers["X-Viber-Content-Signature"] == right
        body = json.loads(raw)
        if body["event"] == "webhook":
            self.called.append(body)
            return web.Response(status=self.status)
        async with self._came:
            self.got.append(body)
            self._came.notify_all()
        return self.answers.pop(0) if self.answers else web.Response()

    async def wait(self, count: int) -> list[dict[str, Any]]:
        """The first `count` events that came; a test that waits in vain fails."""
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return self.got[:count]

    async def events(self, count: int) -> list[str]:
        return [each["event"] for each in await self.wait(count)]
