"""What changed, read once for all open pages: fifty operators cost one look, not fifty."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.ids import AddressId, ConversationId, OperatorId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.filters import Filter
from inbox.lifetimes import is_alive
from inbox.list_view import Look, Row, row_of
from inbox.live import Hub, Watcher
from inbox.presence import Presence
from inbox.rendering import Rendering
from inbox.sign_in import SignedIn
from storage.conversations import Listed
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.lists import Counts, Label
from storage.tx import Tx

log = logging.getLogger(__name__)
_MOST_NEWS = 20
"""That a page which does not get round to looking keeps apart."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """In seconds: between looks at sessions, the same at a thread, at a thread where a message is
    on its way, at who the contact is, at the whole list; between counts; between signs of life;
    and how long what commits is gathered to be shown together."""

    look: float = 2.0
    thread: float = 5.0
    closely: float = 0.4
    about: float = 1.5
    reload: float = 15.0
    count: float = 1.0
    alive: float = 15.0
    together: float = 0.1


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
    counts: Counts | None = None
    """Where they were counted anew."""
    called: Mapping[OperatorId, Sequence[ConversationId]] | None = None
    """Likewise: in which conversations notes call somebody."""
    patches: dict[Hashable, Any] = field(default_factory=dict)
    """What the lists make of it, kept for the next page that shows the same: `inbox.list_feed`."""


class Reader:
    """One open page that waits for news. What it has not taken yet adds up."""

    def __init__(self, who: SignedIn) -> None:
        self.who = who
        self.is_over = False
        """The session has ended."""
        self._news: list[News] = []
        self._event = asyncio.Event()
        self.is_closed = False

    def put(self, news: News) -> None:
        self._news.append(news)
        if len(self._news) > _MOST_NEWS:
            self._news = [_together(self._news)]
        self._event.set()

    def end(self) -> None:
        """The operator is not signed in any more."""
        self.is_over = True
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
        news, self._news = self._news, []
        return _together(news)


def _together(news: Sequence[News]) -> News:
    """Several as one, the later over the earlier. One stays itself, with what it keeps."""
    if len(news) == 1:
        return news[0]
    items: dict[AddressId, Item] = {}
    counts, called = None, None
    for one in news:
        items.update(one.items)
        counts = one.counts or counts
        called = called if one.called is None else one.called
    return News(items, any(one.is_all for one in news), counts, called)


class Board:
    """Begins with the first reader and ends with the last one."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        hub: Hub,
        clock: Callable[[], datetime],
        tempo: Tempo | None = None,
        answer_within: timedelta = timedelta(minutes=15),
        presence: Presence | None = None,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._hub = hub
        self._clock = clock
        self.tempo = tempo or Tempo()
        self._within = answer_within
        self.presence = presence or Presence(clock)
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._names: Mapping[OperatorId, str] = {}
        self._looked_at = self._counted_at = float("-inf")
        self._is_counted = False

    def look(self, language: str, names: Mapping[OperatorId, str] | None = None) -> Look:
        """How rows are made now. `names` are fresher ones of the operators."""
        if names is not None:
            self._names = names
        return Look(self._catalog, self._names, language, self._within)

    def looking(self) -> set[OperatorId]:
        """Who has a page open here."""
        return {reader.who.operator.id for reader in self._readers}

    def tell(self, addresses: Collection[AddressId]) -> None:
        """Something beside these threads was committed."""
        self._hub.tell(addresses)

    def close(self) -> None:
        """The server stops: every page ends."""
        self._hub.close()

    @asynccontextmanager
    async def read(self, who: SignedIn) -> AsyncIterator[Reader]:
        reader = Reader(who)
        self._readers.add(reader)
        self._is_counted = False
        if self._hub.is_closed:
            reader.close()
        elif self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            if not self._readers and self._task is not None:
                task, self._task = self._task, None
                task.cancel()
                await asyncio.wait([task])

    async def _run(self) -> None:
        async with self._hub.watch() as watcher:
            while not watcher.is_closed:
                changed = await watcher.wait(min(self.tempo.look, self.tempo.count))
                if changed:
                    await asyncio.sleep(self.tempo.together)
                    changed |= watcher.take()
                self._is_counted = self._is_counted and not changed
                news = await self._news(changed, watcher)
                if news.items or news.is_all or news.counts:
                    for reader in self._readers:
                        reader.put(news)
        for reader in self._readers:
            reader.close()

    async def _news(self, changed: set[AddressId], watcher: Watcher) -> News:
        is_all, watcher.is_behind = watcher.is_behind, False
        now = time.monotonic()
        is_due = now - self._looked_at >= self.tempo.look
        counts = not self._is_counted and now - self._counted_at >= self.tempo.count
        if not (changed or is_due or counts):
            return News({}, is_all)
        readers = [*self._readers]
        self._looked_at = now if is_due else self._looked_at
        if counts:
            self._is_counted, self._counted_at = True, now

        async def read(tx: Tx) -> tuple[News, frozenset[str]]:
            alive = await self._alive(tx, readers)
            if is_due:
                operators = await tx.operators.all()
                self._names = {one.id: one.name or one.login for one in operators}
                await self.presence.tell(tx)
            items = await self._items(tx, changed)
            who = {reader.who.operator.id for reader in readers}
            counted = await tx.lists.counts(who) if counts else None
            called = await tx.notes.calls(who) if counts else None
            return News(items, is_all, counted, called), alive

        try:
            news, alive = await self._database.look(read)
        except (Unavailable, Contended) as error:
            # A page's own look, a little later, finds what was not read here, but counts nothing.
            self._is_counted = self._is_counted and not counts
            log.warning("pages wait for the database", extra={"error": error.code})
            return News({}, is_all=True)
        # Before anything is told: nobody hears what came after the end of their session.
        for reader in readers:
            if reader.who.digest not in alive:
                reader.end()
        return news

    async def _alive(self, tx: Tx, readers: Sequence[Reader]) -> frozenset[str]:
        """The digests of those sessions that go on."""
        known = await tx.sign_ins.find_all(reader.who.digest for reader in readers)
        now = self._clock()
        return frozenset(
            digest for digest, (operator, row) in known.items() if is_alive(row, operator.role, now)
        )

    async def _items(self, tx: Tx, changed: set[AddressId]) -> dict[AddressId, Item]:
        if not changed:
            return {}
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
