"""A running sandbox, how tests act in it, and a clock that they move."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp

TOKEN = "700:sandbox-token"
SECRET = "a-shop-secret-of-at-least-32-bytes!"


@dataclass
class Time:
    """A clock that tests move, and a sleep that moves it."""

    now: float = 1_790_000_000.0
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Sandbox:
    """A running sandbox and how to act in it."""

    url: str
    http: aiohttp.ClientSession
    time: Time

    async def control(self, verb: str, path: str, body: Any = None, *, status: int = 0) -> Any:
        async with self.http.request(verb, f"{self.url}/control{path}", json=body) as response:
            answer = await response.json()
            assert response.status == status or (not status and response.ok), answer
            return answer

    async def person(self, **more: str) -> int:
        answer = await self.control("POST", "/people", {"first_name": "Anna", **more})
        return int(answer["id"])

    async def act(self, person: int, what: str, **body: Any) -> Any:
        return (await self.control("POST", f"/people/{person}/{what}", body))["result"]

    async def started(self) -> int:
        person = await self.person()
        await self.act(person, "start")
        return person

    async def chat(self, person: int) -> Any:
        return await self.control("GET", f"/people/{person}/chat")

    async def raw(self, method: str, token: str = TOKEN, **request: Any) -> tuple[int, Any]:
        """A call as bytes on the wire: status and answer."""
        async with self.http.post(f"{self.url}/bot{token}/{method}", **request) as response:
            return response.status, await response.json()
