"""The operators' pages: sign in, the list, a thread and the person beside it, live."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from core.hooks import Endpoint
from dialogues.catalog import Catalog
from inbox.acting import Acting, new_key
from inbox.alert_means import AlertMeans
from inbox.altering import Altering
from inbox.beside import Beside
from inbox.board import Board
from inbox.bubbles import Bubbles, onlooker_of
from inbox.bulk_pages import BulkPages
from inbox.card import Card, read_card
from inbox.contacts_page import ContactsPage
from inbox.data_pages import DataPages
from inbox.delivery_pages import DeliveryPages
from inbox.export_page import ExportPage
from inbox.file_pages import FilePages
from inbox.files import Files
from inbox.filters import VIEWS, Filter, filter_of
from inbox.finding import find_listed, number_of, why_silent
from inbox.foreseeing import MOST_FILES
from inbox.head import Head, read_head
from inbox.hook_desk import HookDesk
from inbox.journal import Journal
from inbox.landing_pages import LandingPages
from inbox.language import language_of
from inbox.list_view import counted, read_rows
from inbox.merge_pages import MergePages
from inbox.merging import Merging
from inbox.noting import Noting
from inbox.overview_page import OverviewPage
from inbox.passwords import Passwords
from inbox.person_data import PersonData
from inbox.rendering import Problem, Rendering, wants_json
from inbox.replies_pages import RepliesPages
from inbox.searching import LONGEST, search
from inbox.sign_in import SignedIn
from inbox.staff import Staff
from inbox.steering import Steering
from inbox.stream import Streams
from inbox.talking import Talking
from inbox.tending import Tending
from inbox.thread import Thread, about_mark, read_thread
from inbox.why_pages import WhyPages
from storage.conversations import Listed
from storage.database import Database
from storage.tx import Tx


class Pages:
    """All of them over one database; `collect` as FilePages wants it."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        talking: Talking,
        board: Board,
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
        secret: str,
        public_url: str,
        files: Files,
        collect: Callable[[], None] = lambda: None,
        *,
        new_id: Callable[[], int],
        means: AlertMeans,
        endpoints: Sequence[Endpoint] = (),
        wake_deliverers: Callable[[], None] = lambda: None,
        passwords: Passwords | None = None,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock
        is_secure = public_url.startswith("https://")
        self._rendering = Rendering(clock, is_secure=is_secure)
        journal = Journal(new_id, clock)
        staff = Staff.open(
            database,
            self._rendering,
            journal,
            passwords or Passwords(),
            address_of,
            secret,
            public_url,
            means,
        )
        self._sign_in, self._staff_routes = staff.sign_in, staff.routes
        bubbles = Bubbles(database, catalog, self._rendering)
        self._file_pages = FilePages(database, self._sign_in, files, bubbles, clock, collect)
        self._talking = talking
        presence = board.presence
        beside = Beside(database, board.tell, presence.process)
        self._acting = Acting(
            database, catalog, self._sign_in, talking, files, bubbles, presence,
            self._conversation_page,
        )  # fmt: skip
        self._altering = Altering(
            database, catalog, self._sign_in, talking, bubbles, self._rendering
        )
        self._steering = Steering(database, catalog, self._sign_in, talking, beside)
        self._noting = Noting(database, catalog, self._sign_in, talking, bubbles, beside, presence)
        shown = (database, self._rendering, self._sign_in, talking, beside)
        self._person_routes = [
            *Tending(database, catalog, self._sign_in, talking, self._rendering).routes(),
            *MergePages(*shown, Merging(catalog, journal)).routes(),
            *DataPages(*shown, files, PersonData(journal)).routes(),
        ]
        self._replies = RepliesPages(
            database, self._rendering, self._sign_in, talking, catalog.languages
        )
        self._deliveries = DeliveryPages(
            database, self._rendering, self._sign_in, journal,
            HookDesk(endpoints, journal, wake_deliverers),
        )  # fmt: skip
        self._most_bytes = files.most_bytes
        self._board = board
        self._overview = OverviewPage(database, catalog, self._sign_in, self._rendering, clock)
        many = (database, catalog, self._rendering, self._sign_in)
        self._contacts = (
            ContactsPage(*many),
            BulkPages(*many, journal),
            ExportPage(database, catalog, self._sign_in, journal),
            WhyPages(*many, talking, clock),
        )
        self._landing = LandingPages(
            database, catalog, self._rendering, self._sign_in, journal, public_url
        )
        self._streams = Streams(database, catalog, board, self._rendering, clock, board.tempo)

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get("/", signed(self.front)),
            *self._staff_routes,
            *self._rendering.routes(),
            web.get("/inbox", signed(self.inbox)),
            web.get("/inbox/stream", signed(self._streams.serve)),
            web.get("/inbox/search", signed(self.search)),
            web.post("/inbox/presence", signed(self.be_away)),
            *self._file_pages.routes(),
            web.get("/inbox/{conversation}", signed(self.conversation)),
            web.get("/inbox/{conversation}/older", signed(self.older)),
            *self._acting.routes(),
            *self._overview.routes(),
            *(route for page in self._contacts for route in page.routes()),
            *self._altering.routes(),
            *self._steering.routes(),
            *self._noting.routes(),
            *self._person_routes,
            *self._replies.routes(),
            *self._deliveries.routes(),
            *self._landing.routes(),
        ]

    async def stop(self, _app: web.Application) -> None:
        """End the streams: an open page must not hold up the server's end."""
        self._board.close()

    async def front(self, _request: web.Request, _who: SignedIn) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/inbox"})

    async def inbox(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        wanted, before = filter_of(request.query), request.query.get("before", "")[:200]
        language = language_of(request)
        listing = await self._database.look(
            lambda tx: self._listing(tx, who, wanted, before, language)
        )
        return self._rendering.page(request, "list.html", **listing, current="")

    async def be_away(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Say that one is away, or back: nothing is assigned to whoever is away."""
        form = await self._sign_in.form(request, who)
        is_away = form.get("away") == "yes"
        async with self._database.write() as tx:
            await tx.presence.set_away(who.operator.id, is_away=is_away, now=self._clock())
        return web.Response(status=303, headers={"Location": "/inbox"})

    async def search(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """What was found stands where the list stands otherwise."""
        typed = request.query.get("q", "")[:LONGEST].strip("\0")
        wanted = filter_of(request.query)
        async with self._database.read() as tx:
            hits = await search(tx, typed, self._catalog)
            counts = counted(await tx.lists.counts([who.operator.id]), who.operator.id)
            is_away = await tx.presence.is_away(who.operator.id)
        return self._rendering.page(
            request,
            "search.html",
            me=who.operator,
            is_away=is_away,
            csrf=who.csrf,
            views=VIEWS,
            filter=wanted,
            counts=counts,
            typed=typed,
            hits=hits,
        )

    async def _listing(
        self, tx: Tx, who: SignedIn, wanted: Filter, before: str, language: str
    ) -> dict[str, Any]:
        """What the left side of every page shows."""
        onlooker = await onlooker_of(tx, who, language)
        look = self._board.look(language, onlooker.names)
        return {
            "me": who.operator,
            "is_away": await tx.presence.is_away(who.operator.id),
            "csrf": who.csrf,
            "views": VIEWS,
            "filter": wanted,
            "before": before,
            "rows": await read_rows(tx, wanted, before, who.operator.id, look, self._clock()),
            "counts": counted(await tx.lists.counts([who.operator.id]), who.operator.id),
            "labels": await tx.lists.labels(),
            "accounts": self._catalog.accounts.values(),
            "topics": {id_: self._catalog.title(id_, language) for id_ in self._catalog.topics},
        }

    async def conversation(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        listed = await find_listed(self._talking, request)
        return await self._conversation_page(request, who, listed)

    async def older(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Messages before one: a page, or for our script the entries alone."""
        listed = await find_listed(self._talking, request)
        before = number_of(request.query.get("before", ""))
        if before is None:
            raise Problem(404, "lost")
        if not wants_json(request):
            return await self._conversation_page(request, who, listed, before=before)
        language = language_of(request)
        async with self._database.read() as tx:
            onlooker = await onlooker_of(tx, who, language)
            thread = await read_thread(tx, listed, before, self._catalog, onlooker)
        html = self._rendering.fragment(
            "entries.html",
            language,
            thread=thread,
            filter=filter_of(request.query),
            csrf=who.csrf,
        )
        return web.json_response({"html": html}, headers={"Cache-Control": "no-store"})

    async def _conversation_page(
        self,
        request: web.Request,
        who: SignedIn,
        listed: Listed,
        *,
        before: int | None = None,
        status: int = 200,
        problem: str = "",
        draft: str = "",
        may_force: bool = False,
    ) -> web.Response:
        wanted, language = filter_of(request.query), language_of(request)

        async def read(tx: Tx) -> tuple[dict[str, Any], Thread, Head, Card]:
            onlooker = await onlooker_of(tx, who, language)
            return (
                await self._listing(tx, who, wanted, "", language),
                await read_thread(tx, listed, before, self._catalog, onlooker),
                await read_head(tx, listed, self._catalog, onlooker),
                await read_card(tx, listed, self._catalog, onlooker),
            )

        listing, thread, head, card = await self._database.look(read)
        account = self._catalog.accounts.get(listed.account)
        return self._rendering.page(
            request,
            "conversation.html",
            status,
            **listing,
            current=str(listed.conversation.id),
            thread=thread,
            listed=listed,
            head=head,
            card=card,
            about=about_mark(listed, head, card),
            why_silent=why_silent(listed),
            text_limit=account.limits.text if account else 0,
            file_limit=account.limits.file_bytes if account else None,
            can_be_called=head.operators,
            is_past=before is not None,
            key=new_key(),
            most_files=MOST_FILES,
            most_bytes=self._most_bytes,
            problem=problem,
            draft=draft,
            may_force=may_force,
        )
