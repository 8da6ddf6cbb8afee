"""GET /inbox/stream: an open page kept true by server-sent events.

The database is the truth: the hub only says that it is worth a look, and a look every two seconds
sees what another process did, and what a sender recorded. Each look compares marks with what
this page has, so nothing is lost by a late commit, a lost notice or a dropped connection.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from core.ids import AddressId, ConversationId, MessageId
from core.messages import Status
from dialogues.catalog import Catalog
from inbox.card import read_card
from inbox.language import language_of
from inbox.list_view import Filter, filter_of, read_rows
from inbox.live import Hub, Watcher
from inbox.rendering import Problem, Rendering
from inbox.sign_in import SignedIn
from inbox.thread import PAGE, about_mark, find, read_entries
from inbox.thread_view import Onlooker, digest_of
from storage.conversations import Listed
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.messages import Mark
from storage.tx import Tx

log = logging.getLogger(__name__)

MOST_PER_SESSION = 4
"""A browser keeps six connections to one server; a seventh tab would wait for ever."""
MOST_MISSED = 500
_SLOWEST_READER = 20.0
_CLOSELY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Tempo:
    """In seconds: between looks, the same while a message is on its way, between signs of life."""

    look: float = 2.0
    look_closely: float = 0.4
    alive: float = 15.0
    together: float = 0.1


class Streams:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        hub: Hub,
        rendering: Rendering,
        clock: Callable[[], datetime],
        tempo: Tempo,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._hub = hub
        self._rendering = rendering
        self._clock = clock
        self._tempo = tempo
        self._open: dict[str, list[Watcher]] = {}

    async def serve(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        feed = _Feed(request, who, self._catalog, self._rendering)
        async with self._hub.watch() as watcher:
            mine = self._open.setdefault(who.digest, [])
            if len(mine) >= MOST_PER_SESSION:
                mine.pop(0).close()
            mine.append(watcher)
            try:
                first = await self._look(feed, everything=True)
                if first is None:
                    raise Problem(503, "busy", {"Retry-After": "2"})
                response = web.StreamResponse(
                    headers={
                        "Content-Type": "text/event-stream",
                        "Cache-Control": "no-store",
                        "X-Accel-Buffering": "no",
                    }
                )
                await response.prepare(request)
                try:
                    await self._follow(response, feed, watcher, first)
                except (ConnectionError, TimeoutError):
                    log.info("stream ended by its reader")
                return response
            finally:
                if watcher in mine:
                    mine.remove(watcher)
                if not mine and self._open.get(who.digest) is mine:
                    del self._open[who.digest]

    async def _follow(
        self, response: web.StreamResponse, feed: "_Feed", watcher: Watcher, first: str
    ) -> None:
        loop, tempo = asyncio.get_running_loop(), self._tempo
        await _write(response, "retry: 2000\n\n" + first)
        written_at = looked_at = loop.time()
        while not feed.is_over:
            nap = tempo.look_closely if feed.is_moving else tempo.look
            changed = await watcher.wait(nap)
            if watcher.is_closed:
                # The page takes up again when somebody looks at it.
                await _write(response, _event("paused", {}))
                return
            if changed or watcher.is_behind:
                # What commits together is shown together.
                await asyncio.sleep(tempo.together)
                feed.tell(changed, is_behind=watcher.is_behind)
                watcher.is_behind = False
            is_due = loop.time() - looked_at >= tempo.look
            text = await self._look(feed, everything=bool(changed) or is_due)
            if is_due or changed:
                looked_at = loop.time()
            if not text and loop.time() - written_at >= tempo.alive:
                text = ": alive\n\n"
            if text:
                await _write(response, text)
                written_at = loop.time()

    async def _look(self, feed: "_Feed", *, everything: bool) -> str | None:
        """What changed, as events. None: the database does not answer; the next look will tell."""
        try:
            async with self._database.read() as tx:
                return await feed.look(tx, self._clock(), everything=everything)
        except (Unavailable, Contended) as error:
            log.warning("stream waits for the database", extra={"error": error.code})
            return None


class _Feed:
    """What one page shows, and what it has to be told."""

    def __init__(
        self, request: web.Request, who: SignedIn, catalog: Catalog, rendering: Rendering
    ) -> None:
        query = request.query
        self._who = who
        self._catalog = catalog
        self._rendering = rendering
        self._language = language_of(request)
        self._filter: Filter = filter_of(query)
        self._conversation = _number(query.get("conversation", ""))
        header = request.headers.get("Last-Event-ID")
        self._last = _number(header if header is not None else query.get("after", ""))
        # Whoever comes back may show anything: only a fresh page's marks are to be believed.
        believed = query if header is None else {}
        self._list_mark: str | None = believed.get("listed")
        self._thread_mark: str | None = believed.get("thread")
        self._about: str | None = believed.get("about")
        self._last_record = _number(query.get("record", ""))
        self._rows: dict[str, str] | None = None
        self._marks: dict[int, Mark] | None = None
        self._is_told = True
        self._moving_until: datetime | None = None
        self.is_moving = False
        self.is_over = False
        self._address: AddressId | None = None
        self._listed: Listed | None = None

    def tell(self, changed: Collection[AddressId], *, is_behind: bool) -> None:
        """Something was committed at these addresses."""
        self._is_told = self._is_told or is_behind or self._address in changed

    async def look(self, tx: Tx, now: datetime, *, everything: bool) -> str:
        """Compare, and remember what the page has from now on. Raises Problem at the first look."""
        if await tx.operators.signed_in(self._who.digest, now) is None:
            self.is_over = True
            return _event("over", {})
        names = {one.id: one.name for one in await tx.operators.all()}
        onlooker = Onlooker(self._who.operator.id, names, self._language)
        events: list[str] = []
        if self._marks is None and self._rows is None:
            # An id from the start: a browser that comes back then says that it does.
            events.append(_event("hello", {}, self._last))
        if self._conversation:
            events += await self._look_at_thread(tx, onlooker, now)
        if everything:
            events += await self._look_at_list(tx, onlooker, now)
        return "".join(events)

    async def _look_at_list(self, tx: Tx, onlooker: Onlooker, now: datetime) -> list[str]:
        rows = await read_rows(tx, self._filter, "", self._catalog, onlooker, now)
        marks = {row.id: row.mark for row in rows.items}
        known = self._rows
        self._rows = marks
        if known is None:
            if rows.mark == self._list_mark:
                return []
            known = {}
        if list(known.items()) == list(marks.items()):
            return []
        changed = {
            row.id: self._fragment("row.html", row=row, filter=self._filter, current="")
            for row in rows.items
            if known.get(row.id) != row.mark
        }
        return [_event("list", {"ids": list(marks), "rows": changed})]

    async def _look_at_thread(self, tx: Tx, onlooker: Onlooker, now: datetime) -> list[str]:
        listed = await find(tx, ConversationId(self._conversation))
        if listed is None:
            raise Problem(404, "lost")
        self._address = listed.conversation.address
        if listed != self._listed:
            self._listed, self._is_told = listed, True
        marks = await tx.messages.marks(self._address, PAGE)
        self._watch_motion(marks, now)
        wanted = self._news(marks)
        if self._marks is None and marks and 0 < self._last < marks[0].id:
            missed = await tx.messages.thread(self._address, after=self._last, limit=MOST_MISSED)
            if len(missed) == MOST_MISSED:
                return [_event("reload", {})]
            wanted |= {one.id for one in missed}
        self._marks = {one.id: one for one in marks}
        records = await tx.consents.latest([self._address], PAGE, self._last_record)
        events = []
        if wanted or records:
            self._is_told = True
            messages = await tx.messages.find([MessageId(one) for one in wanted])
            self._last = max([self._last, *wanted])
            self._last_record = max([self._last_record, *(one.id for one in records)])
            shown = await read_entries(tx, messages, records, listed, self._catalog, onlooker)
            for entry in shown:
                html = self._fragment(
                    "entry.html", entry=entry, csrf=self._who.csrf, filter=self._filter
                )
                told = {"id": entry.id, "mark": entry.mark, "html": html}
                events.append(_event("message", told, self._last))
        return events + await self._look_about(tx, listed, onlooker)

    async def _look_about(self, tx: Tx, listed: Listed, onlooker: Onlooker) -> list[str]:
        """The head above the messages and the column beside them, when something happened here."""
        if not self._is_told:
            return []
        self._is_told = False
        card = await read_card(tx, listed, self._catalog, self._language)
        mark = about_mark(listed, card)
        if mark == self._about:
            return []
        self._about = mark
        csrf, filter_ = self._who.csrf, self._filter
        assignee = listed.conversation.assignee
        account = self._catalog.accounts.get(listed.account)
        head = self._fragment(
            "head.html",
            listed=listed,
            account=account.title if account else listed.account,
            assignee=onlooker.name(assignee) if assignee is not None else "",
            is_mine=assignee == onlooker.operator,
            csrf=csrf,
            filter=filter_,
        )
        about = {
            "head": head,
            "card": self._fragment("card.html", card=card),
            "reachable": listed.is_reachable,
            "unread": listed.conversation.unread,
        }
        return [_event("about", about)]

    def _news(self, marks: list[Mark]) -> set[int]:
        if self._marks is None:
            is_known = digest_of(marks) == self._thread_mark
            return set() if is_known else {one.id for one in marks}
        return {one.id for one in marks if self._marks.get(one.id) != one}

    def _watch_motion(self, marks: list[Mark], now: datetime) -> None:
        """A sender's record wakes nobody: while something is on its way, look more often."""
        is_waiting = any(one.status in (Status.QUEUED, Status.SENDING) for one in marks)
        if not is_waiting:
            self._moving_until = None
        elif self._marks is None or self._news(marks):
            self._moving_until = now + _CLOSELY
        self.is_moving = self._moving_until is not None and now < self._moving_until

    def _fragment(self, name: str, **values: object) -> str:
        return self._rendering.fragment(name, self._language, **values)


def _event(name: str, data: object, id_: int | None = None) -> str:
    head = "" if id_ is None else f"id: {id_}\n"
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n"


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(_SLOWEST_READER):
        await response.write(text.encode())


def _number(text: str) -> int:
    """0 for what is no id of ours."""
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) < 2**63 else 0
