"""What changed, read once for all open pages: fifty operators cost one look, not fifty."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.ids import AddressId, OperatorId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.filters import Filter
from inbox.list_view import Look, Row, row_of
from inbox.live import Hub, Watcher
from inbox.rendering import Rendering
from storage.conversations import Listed
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.lists import Label

log = logging.getLogger(__name__)

_IDLE = 3600.0


@dataclass(slots=True)
class Item:
    """A conversation as it is now. Its row is rendered once for all who read it alike."""

    listed: Listed
    message: Message | None
    labels: tuple[Label, ...]
    _rows: dict[tuple[str, Filter], tuple[Row, str]] = field(default_factory=dict)

    def row(
        self, wanted: Filter, look: Look, rendering: Rendering, now: datetime
    ) -> tuple[Row, str]:
        """(row, its HTML)."""
        key = (look.language, wanted)
        if key not in self._rows:
            row = row_of(self.listed, self.message, self.labels, wanted, look, now)
            html = rendering.fragment("row.html", look.language, row=row, filter=wanted, current="")
            self._rows[key] = (row, html)
        return self._rows[key]


@dataclass(frozen=True, slots=True)
class News:
    """What one look found; `items` are the conversations, by address, that changed.

    `is_all`: so much changed that a page had better read its list anew.
    """

    items: Mapping[AddressId, Item]
    is_all: bool = False


class Reader:
    """One open page that waits for news. What it has not taken yet adds up."""

    def __init__(self) -> None:
        self._items: dict[AddressId, Item] = {}
        self._is_all = False
        self._event = asyncio.Event()
        self.is_closed = False

    def put(self, news: News) -> None:
        self._items.update(news.items)
        self._is_all = self._is_all or news.is_all
        self._event.set()

    def close(self) -> None:
        """The page shall look no longer."""
        self.is_closed = True
        self._event.set()

    async def wait(self, seconds: float) -> News:
        """What changed; nothing after that long without a change."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()
        news = News(self._items, self._is_all)
        self._items, self._is_all = {}, False
        return news


class Board:
    """Begins with the first reader and ends with the last one."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        hub: Hub,
        clock: Callable[[], datetime],
        *,
        together: float = 0.05,
        answer_within: timedelta = timedelta(minutes=15),
    ) -> None:
        """`together`: seconds in which what commits is shown together."""
        self._database = database
        self._catalog = catalog
        self._hub = hub
        self._clock = clock
        self._together = together
        self._within = answer_within
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._names: Mapping[OperatorId, str] = {}

    def look(self, language: str, names: Mapping[OperatorId, str] | None = None) -> Look:
        """How rows are made now. `names` are fresher ones of the operators."""
        if names is not None:
            self._names = names
        return Look(self._catalog, self._names, language, self._within)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        reader = Reader()
        self._readers.add(reader)
        if self._hub.is_closed:
            reader.close()
        elif self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            if not self._readers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        async with self._hub.watch() as watcher:
            while not watcher.is_closed:
                changed = await watcher.wait(_IDLE)
                await asyncio.sleep(self._together)
                changed |= watcher.take()
                news = await self._news(changed, watcher)
                for reader in self._readers:
                    reader.put(news)
        for reader in self._readers:
            reader.close()

    async def _news(self, changed: set[AddressId], watcher: Watcher) -> News:
        is_all, watcher.is_behind = watcher.is_behind, False
        try:
            return News(await self._items(changed), is_all)
        except (Unavailable, Contended) as error:
            # A page's own look, a little later, finds what was not read here.
            log.warning("pages wait for the database", extra={"error": error.code})
            return News({}, is_all=True)

    async def _items(self, changed: set[AddressId]) -> dict[AddressId, Item]:
        if not changed:
            return {}
        async with self._database.read() as tx:
            listed = await tx.conversations.of_addresses(changed)
            latest = await tx.messages.latest([one.conversation.address for one in listed])
            labels = await tx.lists.labels_of([one.conversation.id for one in listed])
        return {
            one.conversation.address: Item(
                one,
                latest.get(one.conversation.address),
                labels.get(one.conversation.id, ()),
            )
            for one in listed
        }
