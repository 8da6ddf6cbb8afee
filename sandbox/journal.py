"""A bounded log of the API calls that the double received, for tests."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sandbox.values import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One call; `status` is the HTTP status of the answer, 0 when none was sent."""

    number: int
    at: float
    seconds: float
    account: str
    method: str
    params: Json
    uploads: Json
    status: int
    answer: Json

    def as_json(self) -> Json:
        return asdict(self)


class Journal:
    """Keeps the last `size` entries; the counts are kept for all.

    `throttled` counts the calls that came too fast.
    """

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._number = 0
        self.counts: Counter[str] = Counter()
        self.throttled = 0
        self._written = asyncio.Event()

    def write(
        self,
        *,
        at: float,
        seconds: float,
        account: str,
        method: str,
        params: Json,
        uploads: Json,
        status: int,
        answer: Json,
    ) -> None:
        self._number += 1
        self.counts[f"{method} {status}"] += 1
        self._entries.append(
            Entry(self._number, at, seconds, account, method, params, uploads, status, answer)
        )
        self._written.set()

    async def more(self) -> None:
        """Return when the next entry is written."""
        self._written.clear()
        await self._written.wait()

    def reset(self) -> None:
        self._entries.clear()
        self.counts.clear()
        self.throttled = 0

    def since(self, number: int) -> Iterator[Entry]:
        return (entry for entry in self._entries if entry.number > number)
