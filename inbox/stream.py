"""GET /inbox/stream: an open page kept true by server-sent events.

The database is the truth: the board only says what changed, and a look now and then sees what
another process did. Each look compares marks with what this page has, so nothing is lost by a
late commit, a lost notice or a dropped connection.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from aiohttp import web

from core.ids import ConversationId, OperatorId
from dialogues.catalog import Catalog
from inbox.board import Board, News, Reader, Tempo
from inbox.company import told_company
from inbox.filters import Filter, filter_of
from inbox.language import language_of
from inbox.list_feed import ListFeed, NeedsReload
from inbox.list_view import Look, counted
from inbox.presence import Company
from inbox.rendering import Problem, Rendering
from inbox.sign_in import SignedIn, find_signed_in
from inbox.thread_feed import ThreadFeed
from inbox.thread_view import Onlooker
from inbox.told import Told
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.lists import Counts
from storage.tx import Tx

log = logging.getLogger(__name__)

MOST_PER_SESSION = 4
"""A browser keeps six connections to one server; a seventh tab would wait for ever."""
_SLOWEST_READER = 20.0


class Streams:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        board: Board,
        rendering: Rendering,
        clock: Callable[[], datetime],
        tempo: Tempo,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._board = board
        self._rendering = rendering
        self._clock = clock
        self._tempo = tempo
        self._open: dict[str, list[Reader]] = {}

    async def serve(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        feed = _Feed(request, who, self._catalog, self._rendering, self._board, self._tempo)
        async with self._board.read(who) as reader:
            mine = self._open.setdefault(who.digest, [])
            if len(mine) >= MOST_PER_SESSION:
                mine.pop(0).close()
            mine.append(reader)
            try:
                first = await self._look(feed, News({}, is_all=True))
                if first is None:
                    raise Problem(503, "busy", {"Retry-After": "2"})
                with feed.present(reader):
                    return await self._answer(request, feed, reader, first)
            finally:
                if reader in mine:
                    mine.remove(reader)
                if not mine and self._open.get(who.digest) is mine:
                    del self._open[who.digest]

    async def _answer(
        self, request: web.Request, feed: "_Feed", reader: Reader, first: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        try:
            await self._follow(response, feed, reader, first)
        except (ConnectionError, TimeoutError):
            log.info("stream ended by its reader")
        return response

    async def _follow(
        self, response: web.StreamResponse, feed: "_Feed", reader: Reader, first: str
    ) -> None:
        tempo = self._tempo
        await _write(response, "retry: 2000\n\n" + first)
        written_at = time.monotonic()
        while True:
            news = await reader.wait(feed.nap)
            if reader.is_closed:
                # The page takes up again when somebody looks at it.
                await _write(response, Told("paused").dump())
                return
            text = "" if reader.is_over else await self._look(feed, news)
            if reader.is_over or feed.is_over:
                await _write(response, Told("over").dump())
                return
            if not text and time.monotonic() - written_at >= tempo.alive:
                text = ": alive\n\n"
            if text:
                await _write(response, text)
                written_at = time.monotonic()

    async def _look(self, feed: "_Feed", news: News) -> str | None:
        """What changed, as events. None: the database does not answer; the next look will tell."""
        now = self._clock()
        try:
            told, needs = feed.patch(news, now)
            if needs:
                looked = await self._database.look(lambda tx: feed.look(tx, news, now))
                told = [*looked, *told]
        except (Unavailable, Contended) as error:
            log.warning("stream waits for the database", extra={"error": error.code})
            feed.start_anew()
            return None
        return "".join(one.dump() for one in told)


_SPREAD = 0.3
_GOLDEN = 0.6180339887
"""Its multiples lie apart, however many there are."""
_opened = itertools.count()


class _Feed:
    """What one page shows, and what it has to be told."""

    def __init__(
        self,
        request: web.Request,
        who: SignedIn,
        catalog: Catalog,
        rendering: Rendering,
        board: Board,
        tempo: Tempo,
    ) -> None:
        query = request.query
        header = request.headers.get("Last-Event-ID")
        # Whoever comes back may show anything: only a fresh page's marks are to be believed.
        believed: Mapping[str, str] = query if header is None else {}
        self._who = who
        self._board = board
        self._tempo = tempo
        self._company = Company()
        self._called: list[str] = []
        self._language = language_of(request)
        self._last = _number(header if header is not None else query.get("after", ""))
        wanted: Filter = filter_of(query)
        self._list = ListFeed(wanted, who.operator.id, rendering, believed.get("listed"))
        conversation = _number(query.get("conversation", ""))
        self._thread: ThreadFeed | None = None
        if conversation:
            self._thread = ThreadFeed(
                ConversationId(conversation), wanted, who.csrf, catalog, rendering,
                last=self._last, last_record=_number(query.get("record", "")),
                last_note=_number(query.get("note", "")),
                last_act=_number(query.get("act", "")),
                mark=believed.get("thread"), about=believed.get("about"),
            )  # fmt: skip
        self._counts: dict[str, str] | None = None
        self._due = {"thread": 0.0, "about": 0.0, "reload": 0.0}
        # Pages that were opened together, after a restart say, must not read together ever after.
        self._pace = 1 - _SPREAD * (next(_opened) * _GOLDEN % 1)
        self._needs_reload = True
        self._is_told = self._needs_about = True
        self._is_first = True
        self.is_over = False

    @property
    def nap(self) -> float:
        """For how many seconds nothing is due."""
        if self._thread is None:
            return self._tempo.reload
        if self._thread.is_moving:
            return self._tempo.closely
        now = time.monotonic()
        due = [self._due["thread"], self._due["about"] if self._needs_about else float("inf")]
        # Who ends typing, or leaves another process, does not say so: it is forgotten in time.
        longest = self._tempo.look if self._company.here else self._tempo.thread
        return min(longest, max(0.0, min(due) - now))

    def present(self, reader: Reader) -> AbstractContextManager[None]:
        """While the page is open, others see who reads here."""
        if self._thread is None:
            return nullcontext()
        return self._board.presence.reading(
            self._thread.conversation, self._who.operator.id, lambda: reader.put(News({}))
        )

    def _look_around(self) -> list[Told]:
        """Who else is here."""
        if self._thread is None:
            return []
        company = self._board.presence.company(self._thread.conversation, self._who.operator.id)
        if company == self._company:
            return []
        self._company = company
        return [Told.of("company", told_company(company, self._onlooker()))]

    def patch(self, news: News, now: datetime) -> tuple[list[Told], bool]:
        """What the news alone tell, and whether the database has to be asked as well."""
        told = self._look_around()
        if news.items and not self._needs_reload:
            try:
                listed = self._list.patch(news, self._look_of_rows(), now)
                told += [listed] if listed else []
            except NeedsReload:
                self._needs_reload = True
        if news.counts is not None:
            told += self._count(news.counts)
        if news.called is not None:
            told += self._call(news.called)
        self._needs_reload = self._needs_reload or news.is_all or self._is_due("reload")
        if self._thread is not None:
            is_here = self._thread.address in news.items
            is_due = self._thread.is_moving or self._is_due("thread")
            self._is_told = self._is_told or is_here or is_due
            self._needs_about = self._needs_about or self._is_told
        is_needed = self._needs_about and self._is_due("about")
        return told, self._needs_reload or self._is_told or is_needed or self._is_first

    async def look(self, tx: Tx, news: News, now: datetime) -> list[Told]:
        """Compare, and remember what the page has from now on. Raises Problem at the first look."""
        self.is_over = await find_signed_in(tx, self._who.digest, now) is None
        if self.is_over:
            return []
        told: list[Told] = []
        if self._is_first:
            # An id from the start: a browser that comes back then says that it does.
            self._is_first = False
            told.append(Told("hello", id=self._last))
            names = {one.id: one.name or one.login for one in await tx.operators.all()}
            self._board.look(self._language, names)
        if self._thread is not None:
            told += await self._look_at_thread(tx, self._thread, news, now)
        if self._needs_reload:
            self._needs_reload = False
            self._did("reload")
            listed = await self._list.reload(tx, self._look_of_rows(), now)
            told += [listed] if listed else []
        return told

    async def _look_at_thread(
        self, tx: Tx, thread: ThreadFeed, news: News, now: datetime
    ) -> list[Told]:
        told: list[Told] = []
        if self._is_told:
            self._is_told = False
            self._did("thread")
            item = news.items.get(thread.address) if thread.address is not None else None
            told += await thread.look(tx, item.listed if item else None, self._onlooker(), now)
        if self._needs_about and self._is_due("about"):
            # The person's column takes ten readings: not with each of many messages.
            self._needs_about = False
            self._did("about")
            told += await thread.look_about(tx, self._onlooker())
        return told

    def start_anew(self) -> None:
        """What was told is not known: the next look reads all of it."""
        self._needs_reload = self._is_told = True

    def _count(self, counts: Counts) -> list[Told]:
        shown = counted(counts, self._who.operator.id)
        if shown == self._counts:
            return []
        self._counts = shown
        return [Told.of("counts", shown)]

    def _call(self, called: Mapping[OperatorId, Sequence[ConversationId]]) -> list[Told]:
        """In which conversations a note calls the reader."""
        mine = [str(one) for one in called.get(self._who.operator.id, ())]
        if mine == self._called:
            return []
        self._called = mine
        return [Told.of("called", {"ids": mine})]

    def _look_of_rows(self) -> Look:
        return self._board.look(self._language)

    def _onlooker(self) -> Onlooker:
        one = self._who.operator
        return Onlooker(one.id, self._look_of_rows().names, self._language, one.role)

    def _is_due(self, what: str) -> bool:
        return time.monotonic() >= self._due[what]

    def _did(self, what: str) -> None:
        self._due[what] = time.monotonic() + getattr(self._tempo, what) * self._pace


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(_SLOWEST_READER):
        await response.write(text.encode())


def _number(text: str) -> int:
    """0 for what is no id of ours."""
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) < 2**63 else 0
