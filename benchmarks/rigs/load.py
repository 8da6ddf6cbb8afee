"""A load of POST requests over keep-alive connections; raw, so that it is not the slow side."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import cast
from urllib.parse import urlsplit


@dataclass(slots=True)
class Figures:
    """What one run gave: answers per second, and how long they took in seconds, sorted."""

    per_second: float
    seconds: list[float]
    acknowledged: int

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        at = min(int(len(self.seconds) * percent / 100), len(self.seconds) - 1)
        return self.seconds[at] * 1000


@dataclass(slots=True)
class Target:
    """Where the load goes, the header lines of every request, and where it must be stored.

    `pid` is the server's process.
    """

    url: str
    pid: int
    headers: dict[str, str] = field(default_factory=dict)
    database: str = ""

    def request(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        headers = {"Content-Type": "application/json", **self.headers}
        lines = [
            f"POST {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection(asyncio.Protocol):
    """One request at a time; every answer must be a success or lead elsewhere."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _content_length(head) or self._answer is None:
            return
        self._buffer = b""
        if not self._answer.done():
            if head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 3")):
                self._answer.set_result(None)
            else:
                self._answer.set_exception(AssertionError(head[:200].decode("latin-1")))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed without an answer"))

    async def post(self, request: bytes) -> None:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(60):
            await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def peak(
    target: Target, bodies: Iterator[bytes], connections: int, seconds: float
) -> Figures:
    """Every connection sends its next request as soon as the last was answered."""
    requests = map(target.request, bodies)
    took: list[float] = []
    open_ones = [await _connect(target) for _ in range(connections)]
    start = time.perf_counter()
    until = start + seconds

    async def run(connection: _Connection) -> None:
        while (sent := time.perf_counter()) < until:
            await connection.post(next(requests))
            took.append(time.perf_counter() - sent)

    async with asyncio.TaskGroup() as group:
        for connection in open_ones:
            group.create_task(run(connection))
    spent = time.perf_counter() - start
    for connection in open_ones:
        connection.close()
    return Figures(len(took) / spent, sorted(took), len(took))


async def steady(
    target: Target, bodies: Iterator[bytes], connections: int, seconds: float, per_second: float
) -> Figures:
    """A fixed rate. A request that had to wait for a free connection has waited for its answer."""
    requests = deque(map(target.request, islice(bodies, int(per_second * seconds))))
    total = len(requests)
    took: list[float] = []
    open_ones = [await _connect(target) for _ in range(connections)]
    start = time.perf_counter()

    async def run(connection: _Connection) -> None:
        while requests:
            due = start + (total - len(requests)) / per_second
            request = requests.popleft()
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            await connection.post(request)
            took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for connection in open_ones:
            group.create_task(run(connection))
    spent = time.perf_counter() - start
    for connection in open_ones:
        connection.close()
    return Figures(total / spent, sorted(took), total)


async def _connect(target: Target) -> _Connection:
    parts = urlsplit(target.url)
    _, connection = await asyncio.get_running_loop().create_connection(
        _Connection, parts.hostname, parts.port
    )
    return connection
