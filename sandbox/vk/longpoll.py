"""Events for a community that asks for them: the long poll, with its three ways to fail."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable

from sandbox.values import Json

_MOST_KEPT = 1000
_MOST_KEYS = 5
_LONGEST_WAIT = 90


class LongPoll:
    """The last events, numbered; `events` are the kinds that are switched on, at first all."""

    def __init__(self, events: Iterable[str]) -> None:
        self.events = set(events)
        self._all = frozenset(self.events)
        self._kept: deque[Json] = deque(maxlen=_MOST_KEPT)
        self._next = 1
        self._keys: deque[str] = deque(maxlen=_MOST_KEYS)
        self._news = asyncio.Event()
        self._is_closing = False

    def add(self, kind: str, event: Json) -> None:
        if kind in self.events:
            self._kept.append(event)
            self._next += 1
            self._wake()

    def new_key(self) -> tuple[str, str]:
        """A key and the `ts` from which to ask."""
        self._keys.append(secrets.token_hex(20))
        return self._keys[-1], str(self._next)

    def close(self) -> None:
        self._is_closing = True
        self._wake()

    def reset(self) -> None:
        """Keys and numbers of before are lost: pollers must ask for new ones."""
        self.events = set(self._all)
        self._kept.clear()
        self._keys.clear()
        self._next = 1
        self._wake()

    async def check(self, key: str, ts: str, seconds: int) -> Json:
        """The events from `ts` on; waits up to `seconds` for the first.

        failed 1: go on with the given ts, some events are lost. failed 2: the key is too old.
        failed 3: both are.
        """
        if not self._keys:
            return {"failed": 3}
        if key not in self._keys:
            return {"failed": 2}
        if not ts.isdecimal() or not self._next - len(self._kept) <= int(ts) <= self._next:
            return {"failed": 1, "ts": str(self._next)}
        since = int(ts)
        try:
            async with asyncio.timeout(min(seconds, _LONGEST_WAIT)):
                while self._next == since and not self._is_closing and key in self._keys:
                    await self._news.wait()
        except TimeoutError:
            pass
        count = max(0, self._next - since)
        updates = list(self._kept)[len(self._kept) - count :] if count else []
        return {"ts": str(self._next), "updates": updates}

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
