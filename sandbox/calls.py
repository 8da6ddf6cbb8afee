"""What befalls an API call of a double: its true answer, or a fault that was planned for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.faults import Fault, FaultKind, Faults
from sandbox.journal import Journal
from sandbox.values import Clock, Json


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it came; `chat_id` is "" where it has none or several."""

    account: str
    method: str
    chat_id: str
    params: Json
    uploads: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    body: Json
    status: int = 200


FaultAnswer = Callable[[Fault], Answer]
"""A planned fault in the platform's own shape. Raises ValueError for what it would never say."""


class Calls:
    """The calls of one double: planned faults, the log, and those that are held open."""

    def __init__(self, *, log_size: int, clock: Clock, fault_answer: FaultAnswer) -> None:
        self.faults = Faults()
        self.journal = Journal(log_size)
        self.fault_answer = fault_answer
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let go of the calls that a fault holds."""
        self._stopping.set()

    def reset(self) -> None:
        self.faults.clear()
        self.journal.reset()

    async def serve(
        self,
        request: web.Request,
        received: Received,
        do: Callable[[], Awaitable[Answer]],
    ) -> web.StreamResponse:
        """Do the call, unless a fault fits; write it down. `do` turns its errors into answers."""
        started = time.perf_counter()
        fault = self.faults.take(received.method, received.chat_id)
        if fault is None or fault.kind is FaultKind.CUT:
            answer = await do()
        else:
            answer = self.fault_answer(fault)
        silent = fault is not None and fault.kind is not FaultKind.ANSWER
        status = fault.http_status if fault and fault.http_status else answer.status
        self.journal.write(
            at=self._clock(),
            seconds=time.perf_counter() - started,
            account=received.account,
            method=received.method,
            params=received.params,
            uploads=received.uploads,
            status=0 if silent else status,
            answer={} if silent else answer.body,
        )
        if fault is not None and silent:
            return await self._stay_silent(request, fault)
        if fault is not None and fault.http_status:
            page = "<html><body>Bad gateway</body></html>"
            return web.Response(status=status, text=page, content_type="text/html")
        return web.json_response(answer.body, status=status)

    async def _stay_silent(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.kind is FaultKind.HANG:
            while not self._stopping.is_set() and _connected(request):
                try:
                    async with asyncio.timeout(0.5):
                        await self._stopping.wait()
                except TimeoutError:
                    continue
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()
