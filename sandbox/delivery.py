"""Delivery of updates to webhooks: queues, retries, a pause on demand.

One worker per queue: inside a queue the next update goes only after the one before was accepted or
given up. What a request looks like, what counts as accepted and when to try again is the
messenger's affair: its `Outlet`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from sandbox.updates import Update, Updates
from sandbox.values import Sleep

_MOST_REPLY = 64 * 1024
_log = logging.getLogger("sandbox.delivery")


@dataclass(frozen=True, slots=True)
class Post:
    """One request to a webhook."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `status` 0 means that no answer came and `words` say why."""

    status: int
    words: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Accepted:
    pass


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    pass


Verdict = Accepted | Again | GivenUp


class Outlet(Protocol):
    """Where the updates of one account go."""

    @property
    def updates(self) -> Updates: ...
    @property
    def is_open(self) -> bool:
        """Whether there is a webhook at all."""
        ...

    @property
    def most_at_once(self) -> int:
        """Requests under way at the same time; read at each restart."""
        ...

    def post(self, update: Update, failures: int) -> Post | None:
        """The request after so many failures of this update; None when nobody wants it now."""
        ...

    def judge(self, update: Update, reply: Reply, failures: int) -> Verdict:
        """`failures` counts this reply, should it be one."""
        ...

    async def accepted(self, update: Update, reply: Reply) -> None:
        """Called once the update is off the pending ones."""
        ...


class Delivery:
    """Runs for one account; `run` ends only by cancellation."""

    def __init__(self, outlet: Outlet, *, sleep: Sleep, deadline_seconds: float = 60) -> None:
        self._outlet = outlet
        self._sleep = sleep
        self._timeout = aiohttp.ClientTimeout(total=deadline_seconds)
        self._http: aiohttp.ClientSession | None = None
        self._wake = asyncio.Event()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(1)
        self.paused = False

    @property
    def is_open(self) -> bool:
        """Whether there is a webhook to deliver to."""
        return self._outlet.is_open

    async def run(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.restart()
        async with asyncio.TaskGroup() as workers:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self.paused or not self._outlet.is_open:
                    continue
                for queue in self._outlet.updates.queues:
                    if queue not in self._workers:
                        task = workers.create_task(self._drain(queue), name=f"webhook {queue}")
                        self._workers[queue] = task

    def wake(self) -> None:
        """There are new updates."""
        self._wake.set()

    def restart(self) -> None:
        """Begin anew with the present webhook: pauses of the old one end."""
        for task in self._workers.values():
            task.cancel()
        self._workers.clear()
        self._free = asyncio.Semaphore(self._outlet.most_at_once)
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Hold updates back, or let them go again; what is on its way arrives."""
        self.paused = paused
        self._wake.set()

    def reset(self) -> None:
        self.paused = False
        self.restart()

    async def post(self, update: Update) -> tuple[Verdict, Reply]:
        """Post one update now, outside of its queue. If accepted, it is no longer pending."""
        request = self._outlet.post(update, 0)
        if request is None:
            return GivenUp(), Reply(0, "There is no webhook")
        reply = await self._post(request)
        verdict = self._outlet.judge(update, reply, 1)
        if isinstance(verdict, Accepted):
            await self._accept(update, reply)
        return verdict, reply

    async def _drain(self, queue: str) -> None:
        updates, free, failures = self._outlet.updates, self._free, 0
        try:
            while not self.paused and self._outlet.is_open:
                update = updates.head(queue)
                if update is None:
                    return
                request = self._outlet.post(update, failures)
                if request is None:
                    updates.remove(update.id)
                    continue
                async with free:
                    reply = await self._post(request)
                match self._outlet.judge(update, reply, failures + 1):
                    case Accepted():
                        failures = 0
                        await self._accept(update, reply)
                    case Again(seconds):
                        failures += 1
                        await self._sleep(seconds)
                    case GivenUp():
                        failures = 0
                        updates.remove(update.id)
        except Exception:
            _log.exception("delivery failed", extra={"queue": queue})
            await self._sleep(1)
        finally:
            if self._workers.get(queue) is asyncio.current_task():
                del self._workers[queue]
                # An update may have come between the last look and now.
                self._wake.set()

    async def _accept(self, update: Update, reply: Reply) -> None:
        self._outlet.updates.delivered(update)
        await self._outlet.accepted(update, reply)

    async def _post(self, request: Post) -> Reply:
        assert self._http is not None, "the delivery runs"
        try:
            async with self._http.post(
                request.url,
                data=request.body,
                headers={"Content-Type": "application/json", **request.headers},
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body += chunk[: _MOST_REPLY - len(body)]
                words = f"Wrong response from the webhook: {response.status} {response.reason}"
                return Reply(response.status, words, response.headers, bytes(body))
        except TimeoutError:
            return Reply(0, "Read timeout expired")
        except aiohttp.ClientConnectorError:
            return Reply(0, "Connection refused")
        except aiohttp.ClientError:
            return Reply(0, "Connection closed unexpectedly")
