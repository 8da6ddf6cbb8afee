"""Who looks at what, and what changed: wakes the streams of open inboxes."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from core.ids import AddressId

_MOST_PENDING = 1000


class Watcher:
    """One open page. `changed` are the addresses whose thread changed since it last looked."""

    def __init__(self) -> None:
        self._changed: set[AddressId] = set()
        self._event = asyncio.Event()
        self.is_behind = False
        """So much changed that the page had better read its list anew."""
        self.is_closed = False

    def tell(self, addresses: Collection[AddressId]) -> None:
        self._changed.update(addresses)
        if len(self._changed) > _MOST_PENDING:
            self._changed.clear()
            self.is_behind = True
        self._event.set()

    def close(self) -> None:
        """The page shall look no longer."""
        self.is_closed = True
        self._event.set()

    async def wait(self, seconds: float) -> set[AddressId]:
        """What changed; empty after that long without a change."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return set()
        return self.take()

    def take(self) -> set[AddressId]:
        """What changed up to now, without waiting."""
        self._event.clear()
        changed, self._changed = self._changed, set()
        return changed


class Hub:
    """Hands each change to every watcher; never waits for one."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self.is_closed = False

    def tell(self, addresses: Collection[AddressId]) -> None:
        if addresses:
            for watcher in self._watchers:
                watcher.tell(addresses)

    def tell_much(self) -> None:
        """More changed than anybody can name."""
        for watcher in self._watchers:
            watcher.is_behind = True
            watcher.tell(())

    def close(self) -> None:
        """The server stops: every stream ends."""
        self.is_closed = True
        for watcher in self._watchers:
            watcher.close()

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        watcher = Watcher()
        if self.is_closed:
            watcher.close()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
