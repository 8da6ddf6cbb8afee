"""The sandbox's Bot API in a process of its own, and what it counted."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp

from benchmarks.rigs.process import TOKEN, free_port, running
from core.ids import UserId

_TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True)
class Sent:
    """`messages` were taken at `per_second`; `throttled` is how often it answered 429."""

    messages: int
    per_second: float
    throttled: int


@contextlib.contextmanager
def double(*, limits: bool) -> Iterator[str]:
    """Its URL. Raises ServerFailed."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--token", TOKEN]
    with running(command if limits else [*command, "--no-limits"], port):
        yield f"http://127.0.0.1:{port}"


async def people(url: str, count: int) -> list[UserId]:
    """People who have pressed Start, made there."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        body = {"first_name": "Anna", "count": count, "started": True}
        async with client.post(f"{url}/control/people", json=body) as answer:
            answer.raise_for_status()
            return [UserId(str(one)) for one in (await answer.json())["ids"]]


async def taken(url: str, count: int, seconds: float) -> Sent:
    """Wait until it took so many messages, or for so long; the pace is by its own clock."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _until(client, url, count)
        async with client.get(f"{url}/control/calls", params={"method": "sendMessage"}) as answer:
            calls = await answer.json()
        times = sorted(one["at"] for one in calls["items"] if one["status"] == 200)
        pace = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
        return Sent(calls["counts"].get("sendMessage 200", 0), pace, calls["throttled"])


async def _until(client: aiohttp.ClientSession, url: str, count: int) -> None:
    while True:
        if await _count(client, url) >= count:
            return
        await asyncio.sleep(0.25)


async def _count(client: aiohttp.ClientSession, url: str) -> int:
    # Nobody has a method of that name: only the counts come, not thousands of calls.
    async with client.get(f"{url}/control/calls", params={"method": "none"}) as answer:
        return int((await answer.json())["counts"].get("sendMessage 200", 0))
