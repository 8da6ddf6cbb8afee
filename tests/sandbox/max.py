"""A bot of MAX in a running sandbox, and a webhook that it posts to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.sandbox.world import Sandbox

BOT = 700_100
NICK = "tea_max_bot"
MAX_TOKEN = "f9LHodD0cOL-sandbox"


@dataclass
class Messenger:
    """Calls of the API as bytes on the wire, and persons who act."""

    sandbox: Sandbox

    async def ask(
        self, verb: str, path: str, body: Any = None, *, token: str = MAX_TOKEN, **query: Any
    ) -> tuple[int, Any]:
        """Status and answer."""
        headers = {"Authorization": token} if token else {}
        async with self.sandbox.http.request(
            verb, f"{self.sandbox.url}/max{path}", params=query, json=body, headers=headers
        ) as response:
            return response.status, await response.json()

    async def call(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        status, answer = await self.ask(verb, path, body, **query)
        assert status == 200, answer
        return answer

    async def refused(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """The status and the code with which the call is refused."""
        status, answer = await self.ask(verb, path, body, **query)
        assert set(answer) == {"code", "message"}, answer
        return status, answer["code"]

    async def send(self, person: int, text: str | None = "hi", **more: Any) -> Any:
        """The message that was sent; the clock moves on, so that no rate is met."""
        self.sandbox.time.now += 1
        body = {"text": text, **more}
        return (await self.call("POST", "/messages", body, user_id=person))["message"]

    async def refused_send(self, person: int, text: str | None = "hi", **more: Any) -> Any:
        self.sandbox.time.now += 1
        body = {"text": text, **more}
        return await self.refused("POST", "/messages", body, user_id=person)

    async def upload(self, kind: str, content: bytes, name: str = "file") -> tuple[str, int]:
        """The token, which comes before or after the bytes, and the status of the upload."""
        told = await self.call("POST", "/uploads", type=kind)
        form = aiohttp.FormData()
        form.add_field("data", content, filename=name)
        async with self.sandbox.http.post(self.here(told["url"]), data=form) as response:
            if response.content_type == "application/json" and response.status == 200:
                answer = await response.json()
                [photo] = answer.get("photos", {"": answer}).values()
                return photo["token"], 200
            return told.get("token", ""), response.status

    def here(self, url: str) -> str:
        """An address as the sandbox tells it, which does not know on what port it is."""
        return self.sandbox.url + url.removeprefix("http://127.0.0.1")

    async def act(self, person: int, what: str, **body: Any) -> Any:
        return await self.sandbox.act(person, what, bot=NICK, **body)

    async def person(self, **more: str) -> int:
        return await self.sandbox.person(**more)

    async def started(self, **more: str) -> int:
        person = await self.person(**more)
        await self.act(person, "start")
        return person

    async def chat(self, person: int) -> Any:
        return await self.sandbox.control("GET", f"/people/{person}/chat?bot={NICK}")

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        return await self.sandbox.control(verb, path, {"bot": NICK, **body})

    async def poll(self, marker: int = 0, **query: Any) -> Any:
        """What waits for whoever polls."""
        more = {"marker": marker} if marker else {}
        return await self.call("GET", "/updates", timeout=0, **more, **query)

    async def events(self) -> list[Any]:
        updates: list[Any] = (await self.poll())["updates"]
        return updates


@dataclass
class Hook:
    """A webhook: answers 200, or what a test tells it."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        async with self._came:
            self.got.append(body)
            self.secrets.append(request.headers.get("X-Max-Bot-Api-Secret"))
            self._came.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def wait(self, count: int) -> list[dict[str, Any]]:
        """The first `count` events that came; a test that waits in vain fails."""
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return self.got[:count]


def keyboard(*rows: list[Any]) -> Any:
    return {"type": "inline_keyboard", "payload": {"buttons": list(rows)}}


def button(kind: str = "callback", text: str = "Да", **more: Any) -> Any:
    return {"type": kind, "text": text, **more}


YES = button(payload="v1:yes:17")
