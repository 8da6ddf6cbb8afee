"""A community in a running sandbox, and a callback server that it posts to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.vk.people import person_id_of
from tests.sandbox.world import Sandbox

GROUP = 219
NAME = "tea_leaf"
VK_TOKEN = "vk1.a.sandbox-token"


@dataclass
class Community:
    """Calls of the API as bytes on the wire, and persons, by their ids in VK, who act."""

    sandbox: Sandbox

    async def ask(self, method: str, **params: Any) -> Any:
        """The whole answer; parameters that are no text go as JSON."""
        form = {
            key: each if isinstance(each, str) else json.dumps(each) for key, each in params.items()
        }
        url = f"{self.sandbox.url}/vk/method/{method}"
        query = {"access_token": VK_TOKEN, "v": "5.199"}
        async with self.sandbox.http.post(url, params=query, data=form) as response:
            assert response.status == 200
            return await response.json()

    async def call(self, method: str, **params: Any) -> Any:
        answer = await self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["response"]

    async def error(self, method: str, **params: Any) -> int:
        """The code with which the call is refused."""
        answer = await self.ask(method, **params)
        assert "error" in answer, answer
        code: int = answer["error"]["error_code"]
        return code

    async def send(self, person: int, text: str = "hi", random_id: int = 0, **more: Any) -> int:
        fields = {"message": text} if text else {}
        number: int = await self.call(
            "messages.send", peer_id=person, random_id=random_id, **fields, **more
        )
        return number

    async def act(self, person: int, what: str, **body: Any) -> Any:
        return await self.sandbox.act(person_id_of(person), what, bot=NAME, **body)

    async def person(self, **more: str) -> int:
        number = await self.sandbox.person(**more)
        chat = await self.sandbox.control("GET", f"/people/{number}/chat?bot={NAME}")
        peer_id: int = chat["peer_id"]
        return peer_id

    async def started(self, **more: str) -> int:
        person = await self.person(**more)
        await self.act(person, "start")
        return person

    async def chat(self, person: int) -> Any:
        return await self.sandbox.control("GET", f"/people/{person_id_of(person)}/chat?bot={NAME}")

    async def texts(self, person: int) -> list[str]:
        return [each["text"] for each in (await self.chat(person))["messages"]]

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        return await self.sandbox.control(verb, path, {"bot": NAME, **body})


@dataclass
class Server:
    """A callback server: confirms itself and then answers what a test tells it."""

    url: str = ""
    code: str = ""
    answers: list[web.Response] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    tries: list[str | None] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "confirmation":
            return web.Response(text=self.code)
        async with self._came:
            self.got.append(body)
            self.tries.append(request.headers.get("X-Retry-Counter"))
            self._came.notify_all()
        return self.answers.pop(0) if self.answers else web.Response(text="ok")

    async def wait(self, count: int) -> list[dict[str, Any]]:
        """The first `count` events that came; a test that waits in vain fails."""
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return self.got[:count]
