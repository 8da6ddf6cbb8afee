"""The inbox over a real database, with operators, and browsers that tests drive by hand."""

import asyncio
import html
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from api.admission import Admission
from api.keys import digest, new_key
from api.routing import Api
from core.alerts import AlertSettings
from core.channels import Channel
from core.content import Content, Media
from core.conversations import Conversation
from core.hooks import Endpoint
from core.ids import AccountId, ConversationId, OperatorId, SiteId
from core.inbound import Event, Said
from core.roles import Role
from dialogues.egress import Egress
from dialogues.events_api import EventsApi
from dialogues.intake import Intake
from dialogues.preferences_page import PreferencesPage
from dialogues.receive import Received
from inbox.alert_means import AlertMeans
from inbox.attachments_api import AttachmentsApi
from inbox.board import Board, Tempo
from inbox.conversations_api import ConversationsApi
from inbox.figures_api import FiguresApi
from inbox.files import Files
from inbox.hook_desk import HookDesk
from inbox.hooks_api import HooksApi
from inbox.journal import Journal
from inbox.live import Hub
from inbox.mailing import Mailer, MailSettings
from inbox.pages import Pages
from inbox.passwords import Passwords
from inbox.people_api import PeopleApi
from inbox.pushing import PushService
from inbox.reaching import Reaching
from inbox.talking import Talking
from inbox.telling_acts import act_words, actor_words
from inbox.uploads_api import UploadsApi
from media.collecting import Collector
from media.library import Library, NotFetched
from media.store import Store
from server.middleware import guard
from storage.acts import Wanted
from storage.keys import ApiKey
from storage.operators import Operator
from subscriptions.counting import Counting
from subscriptions.keeping import LinkKeeper
from subscriptions.keyring import Keyring
from subscriptions.landing import Landing, Shop
from subscriptions.minting import Door
from subscriptions.visits import Visits
from tests.world import ANNA, PREFERENCES, TG, VK, World, opened

SECRET = "a secret of this server, long enough"
PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
QUICK = Tempo(0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.2, 0.0)


@dataclass
class Office:
    """A running inbox. `files` are what the messenger gives, by their ref.

    `wakes` counts how often the collector was told that there is something to fetch.
    """

    world: World
    url: str
    hub: Hub
    intake: Intake
    files: dict[str, bytes]
    folder: Path
    browsers: list["Browser"] = field(default_factory=list)
    wakes: int = 0
    egress: Egress = field(default_factory=Egress)
    mailer: Mailer | None = None

    def browser(self, **headers: str) -> "Browser":
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(cookie_jar=jar, headers=headers)
        made = Browser(self.url, session)
        self.browsers.append(made)
        return made

    async def operator(self, login: str = "vera", name: str = "Vera", **other: Any) -> OperatorId:
        id_ = OperatorId(next(self.world.numbers))
        password = CHEAP.hash(PASSWORD)
        role = other.get("role", Role.OPERATOR)
        password = other.get("password", password)
        made = Operator(id_, login, name, password, self.world.now, role=role)
        async with self.world.database.write() as tx:
            assert await tx.operators.add(made)
        return id_

    async def signed_in(
        self, login: str = "vera", role: Role = Role.OPERATOR, **headers: str
    ) -> "Browser":
        """A browser of this operator, who is made with this role if new."""
        async with self.world.database.read() as tx:
            known = await tx.operators.find(login)
        if known is None:
            await self.operator(login, login.capitalize(), role=role)
        browser = self.browser(**headers)
        answer = await browser.sign_in(login)
        assert answer.status == 303, answer.text
        return browser

    async def acts(self, by: str = "") -> list[str]:
        """The audit log in words, the first act first; `by` somebody, or everybody's."""
        async with self.world.database.read() as tx:
            records = await tx.acts.page(Wanted(), 1000)
        told = [(actor_words(one, "en"), act_words(one, "en")) for one in reversed(records)]
        return [what for who, what in told if by in ("", who)]

    async def tell(self, event: Event, **options: Any) -> None:
        """Something happens and is committed by this very process: open pages are told."""
        await self.intake.submit([self.world.inbound(event, **options)])

    async def hear(self, text: str = "Hello", **options: Any) -> None:
        await self.tell(Said(Content(text), f"m{next(self.world.keys)}"), **options)

    async def hear_all(self, texts: Iterable[str]) -> None:
        """The same for many messages of one contact, in one transaction."""
        keys = self.world.keys
        said = [Said(Content(text), f"m{next(keys)}") for text in texts]
        await self.intake.submit([self.world.inbound(one) for one in said])

    async def conversation(self, user: Any = ANNA) -> Conversation:
        address = await self.world.address(user)
        async with self.world.database.read() as tx:
            return (await tx.conversations.load([address.id]))[address.id]

    async def path(self, user: Any = ANNA) -> str:
        """Where this contact's conversation is."""
        return f"/inbox/{(await self.conversation(user)).id}"

    async def key(self, scope: str = "inbox", site: str | None = None) -> dict[str, str]:
        """The header of a new API key."""
        key = new_key()
        made = ApiKey(
            next(self.world.numbers),
            "test",
            SiteId(site) if site else None,
            frozenset({scope}),
            digest(key),
            self.world.now,
        )
        async with self.world.database.write() as tx:
            await tx.keys.add(made)
        return {"Authorization": f"Bearer {key}"}

    @cached_property
    def means(self) -> AlertMeans:
        """Alerts as the server sends them. A test may give `reaching` a mailer, and trust a push
        service by `egress`, before the first request."""
        now, titles = (lambda: self.world.now), {TG: "Telegram", VK: "Second"}
        push = PushService(self.world.database, self.egress, now, SECRET, "mailto:a@example.com")
        reaching = Reaching(
            self.world.database, self.intake, push, self.mailer, now, "http://parley.test", titles
        )
        doors = {
            id_: Door(id_, Channel.TELEGRAM, title, lambda code: f"https://t.me/shop?start={code}")
            for id_, title in titles.items()
        }
        return AlertMeans(reaching, doors, AlertSettings(), self.world.catalog)

    @cached_property
    def library(self) -> Library:
        """Files that came, in a folder of the test's."""
        store = Store(str(self.folder), {})
        return Library(self.world.database, store, self.download, lambda: self.world.now, 10**7)

    @cached_property
    def served(self) -> Files:
        return Files(self.world.database, self.library, self.fetch)

    async def collect(self) -> None:
        """Fetch what contacts sent, as the server does after each commit."""
        collector = Collector(self.world.database, self.library, self.fetch, lambda: self.world.now)
        while await collector.fetch_due():
            pass

    @cached_property
    def counting(self) -> Counting:
        return Counting(self.world.database, lambda: self.world.now)

    @cached_property
    def shop(self) -> Shop:
        """What visitors' pages know."""
        catalog, doors = self.world.catalog, self.means.doors
        return Shop(doors, catalog.topics, catalog.languages, "http://parley.test")

    @cached_property
    def landing(self) -> Landing:
        now = lambda: self.world.now  # noqa: E731
        return Landing(
            self.world.database,
            self.shop,
            LinkKeeper(self.world.database),
            self.counting,
            now,
            _address_of,
        )

    def wake(self) -> None:
        self.wakes += 1

    async def download(self, url: str) -> AsyncIterator[bytes]:
        raise NotFetched(url, may_come=False)

    async def fetch(self, _account: AccountId, media: Media) -> AsyncIterator[bytes]:
        if media.ref not in self.files:
            raise NotFetched("gone", may_come=False)
        return _chunks(self.files[media.ref])


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, max(len(content), 1), 1000):
        yield content[start : start + 1000]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def seen(self) -> str:
        """What a person reads: without tags, entities as their signs, one space between words."""
        body = re.sub(r"<head>.*?</head>", "", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Follows no redirects, so that tests see them."""

    url: str
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._call("GET", path, headers={"Accept": "text/html", **headers})

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
        """As a form of our pages sends it, with the token of the page."""
        csrf = await self.csrf()
        return await self.raw_post(path, {"csrf": csrf, **(fields or {})}, **headers)

    async def raw_post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        given = {"Accept": "text/html", **headers}
        return await self._call("POST", path, data=fields, headers=given)

    async def sign_in(
        self, login: str = "vera", password: str = PASSWORD, goal: str = "", **headers: str
    ) -> Answer:
        fields = {"login": login, "password": password, "next": goal}
        return await self.raw_post("/sign-in", fields, **headers)

    async def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', (await self.get("/inbox")).text)
        return found[1] if found else ""

    async def _call(self, method: str, path: str, **more: Any) -> Answer:
        url = f"{self.url}{path}"
        async with self.session.request(method, url, allow_redirects=False, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    def stream(self, path: str, last: str | None = None) -> "Stream":
        return Stream(self, path, last)


@dataclass
class Stream:
    """Server-sent events as they come."""

    browser: Browser
    path: str
    last: str | None
    ids: list[str] = field(default_factory=list)

    async def __aenter__(self) -> "Stream":
        headers = {} if self.last is None else {"Last-Event-ID": self.last}
        url = f"{self.browser.url}{self.path}"
        self.answer = await self.browser.session.get(url, headers=headers)
        assert self.answer.status == 200, await self.answer.text()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.answer.close()

    async def lines(self) -> AsyncIterator[str]:
        while line := await self.answer.content.readline():
            yield line.decode().rstrip("\n")

    async def until(self, name: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The data of the next event of this name that fits. Fails when none comes."""
        event = ""
        async with asyncio.timeout(60):
            async for line in self.lines():
                if line.startswith("id: "):
                    self.ids.append(line[4:])
                elif line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: ") and event == name:
                    data = json.loads(line[6:])
                    if fits(data):
                        return data
        raise AssertionError(f"the stream ended without {name}")

    async def message(self, text: str) -> Any:
        return await self.until("message", lambda data: text in data["html"])


@asynccontextmanager
async def open_office(
    database_url: str,
    public_url: str = "http://parley.test",
    tempo: Tempo = QUICK,
    egress: Egress | None = None,
    mail: MailSettings | None = None,
    endpoints: Sequence[Endpoint] = (),
) -> AsyncIterator[Office]:
    async with opened(database_url) as world:
        folder = Path(tempfile.mkdtemp(prefix="office-"))
        hub = Hub()

        def committed(received: Received) -> None:
            hub.tell(received.touched)

        intake = Intake(
            world.database,
            world.catalog,
            lambda _: next(world.numbers),
            lambda: world.now,
            committed,
        )
        office = Office(world, "", hub, intake, {}, folder)
        office.egress = egress or office.egress
        office.mailer = Mailer(mail, lambda: world.now) if mail is not None else None
        app = _app(office, public_url, tempo, endpoints)
        working = asyncio.get_running_loop().create_task(intake.run())
        server = TestServer(app)
        await server.start_server(access_log=None, shutdown_timeout=1)
        office.url = f"http://{server.host}:{server.port}"
        try:
            yield office
        finally:
            for browser in office.browsers:
                await browser.session.close()
            await server.close()
            await office.egress.close()
            working.cancel()
            await asyncio.wait([working])
            shutil.rmtree(folder)


def _address_of(request: web.Request) -> str:
    return request.headers.get("X-From", "192.0.2.1")


def _app(
    office: Office, public_url: str, tempo: Tempo, endpoints: Sequence[Endpoint]
) -> web.Application:
    world, catalog, hub = office.world, office.world.catalog, office.hub
    database = world.database
    talking = Talking(database, office.intake, lambda: world.now)
    pages = Pages(
        database,
        catalog,
        talking,
        Board(database, catalog, hub, lambda: world.now, tempo),
        lambda: world.now,
        _address_of,
        SECRET,
        public_url,
        office.served,
        office.wake,
        new_id=lambda: next(world.numbers),
        passwords=Passwords(CHEAP),
        means=office.means,
        endpoints=endpoints,
    )
    journal = Journal(lambda: next(world.numbers), lambda: world.now)
    desk = HookDesk(endpoints, journal, lambda: None)
    admission = Admission(database, lambda: world.now, 600)
    api = Api(
        [
            *PeopleApi(database, catalog, office.intake).table(),
            *ConversationsApi(database, catalog, talking, public_url).table(),
            *FiguresApi(database, catalog).table(),
            *HooksApi(database, desk).table(),
            *EventsApi(database, office.intake, catalog.sites, catalog.topics).table(),
        ],
        admission,
        lambda: world.now,
    )
    app = web.Application(middlewares=[guard])
    app.add_routes(pages.routes())
    app.add_routes(_visitors(office))
    app.add_routes(api.routes())
    app.add_routes(AttachmentsApi(admission, catalog, office.served).routes())
    app.add_routes(UploadsApi(admission, office.served).routes())
    app.on_shutdown.append(pages.stop)
    return app


def _visitors(office: Office) -> list[web.RouteDef]:
    """The pages that need no sign-in."""
    world, catalog = office.world, office.world.catalog
    keeper, doors = LinkKeeper(world.database), office.means.doors
    visits = Visits(keeper, Keyring({}), doors, lambda: world.now, _address_of, catalog.languages)
    page = PreferencesPage(world.database, catalog, office.intake, PREFERENCES, _address_of)
    return [*visits.routes(), *office.landing.routes(), *page.routes()]


def id_of(path: str) -> ConversationId:
    return ConversationId(int(path.rpartition("/")[2]))
