"""/s/NAME: a page of the shop's own words, boxes to tick, and a way into each messenger."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web
from babel import Locale, UnknownLocaleError

from core.ids import AccountId, SiteId, TopicId
from core.landings import LandingPage, name_of
from core.tokens import PAGE, Claims, Link
from core.topics import Topic
from storage.database import Database
from storage.errors import BadData, Contended, Unavailable
from storage.tallies import Seen
from subscriptions.counting import Counting
from subscriptions.keeping import LinkKeeper
from subscriptions.metering import RETRY_AFTER, Meter
from subscriptions.minting import Door, mint
from subscriptions.qr import qr_svg
from subscriptions.showing import Shown, agreed_of, say, shown_of
from subscriptions.visitor_pages import PRIVATE, environment, policy, read_form, style
from subscriptions.visits import language_of

_MOST_LINKS = 60
_MOST_LOOKS = 600
_BOTS = ("bot", "crawler", "spider", "preview", "facebookexternalhit", "vkshare", "whatsapp")


@dataclass(frozen=True, slots=True)
class Shop:
    """What landing pages know of the configuration."""

    doors: Mapping[AccountId, Door]
    topics: Mapping[TopicId, Topic]
    languages: tuple[str, ...]
    public_url: str

    def doors_of(self, site: SiteId | None) -> list[Door]:
        """Those that are for this site's visitors; all where nobody knows whose somebody is."""
        return [door for door in self.doors.values() if site is None or door.site in (None, site)]

    def url_of(self, name: str) -> str:
        return f"{self.public_url.rstrip('/')}/s/{name}"


class Landing:
    """`address_of` tells a visitor's IP address, as many proxies away as are configured."""

    def __init__(
        self,
        database: Database,
        shop: Shop,
        keeper: LinkKeeper,
        counts: Counting,
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._database = database
        self._shop = shop
        self._keeper = keeper
        self._pages = environment()
        self._counts = counts
        self._clock = clock
        self._address_of = address_of
        self._looks, self._links = Meter(_MOST_LOOKS), Meter(_MOST_LINKS)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/s/{name}", self.show),
            web.post("/s/{name}", self.go),
            web.get("/static/landing.css", style),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page. Whoever only looks ahead, or reads its head, is not counted."""
        if not self._looks.allows(self._address_of(request), self._clock()):
            return self._sorry(request, "too_many", 429)
        page, problem = await self._find(request)
        if page is None:
            return problem
        if not _only_looks_ahead(request):
            self._counts.count(page.site, PAGE, page.name, Seen.SHOWN)
        return await self._page(request, page)

    async def go(self, request: web.Request) -> web.StreamResponse:
        """302 into the messenger, with a link that stands for what was agreed to."""
        if not self._links.allows(self._address_of(request), self._clock()):
            return self._sorry(request, "too_many", 429)
        if not self._is_ours(request):
            return web.Response(status=403, text="this form belongs to another page")
        page, problem = await self._find(request)
        if page is None:
            return problem
        form = await read_form(request)
        language = self._language(request, form.get("lang", ""))
        shown = shown_of(page, self._shop.topics, language)
        door = next(
            (one for one in self._shop.doors_of(page.site) if one.account == form.get("account")),
            None,
        )
        if door is None or form.get("shown") != shown.mark:
            return await self._page(request, page, 409, ticked=_ticked(form), has_changed=True)
        link = self._mint(request, page, shown, _ticked(form), language)
        try:
            await self._keeper.keep([link])
        except (Unavailable, Contended, BadData):
            return self._sorry(request, "busy", 503)
        self._counts.count(page.site, PAGE, page.name, Seen.CLICKED, door.account)
        headers = {"Location": door.deep_link(link.code), **PRIVATE}
        return web.Response(status=303, headers=headers)

    def _mint(
        self, request: web.Request, page: LandingPage, shown: Shown, ticked: set[str], language: str
    ) -> Link:
        claims = Claims(
            site=page.site,
            token=f"page:{secrets.token_hex(16)}",
            locale=language,
            attributes={"source": page.note} if page.note else {},
            agreed=agreed_of(shown, ticked),
            flow=page.flow,
        )
        evidence = {
            "ip": self._address_of(request),
            "user_agent": request.headers.get("User-Agent", "")[:300],
            "page": self._shop.url_of(page.name),
        }
        return mint(claims, PAGE, self._clock(), page=evidence, place=page.name)

    async def _find(self, request: web.Request) -> tuple[LandingPage | None, web.Response]:
        name = name_of(request.match_info["name"])
        try:
            async with self._database.read() as tx:
                page = await tx.landings.find(name) if name is not None else None
        except (Unavailable, Contended):
            return None, self._sorry(request, "busy", 503)
        if page is None:
            return None, self._sorry(request, "no_page", 404)
        if page.archived_at is not None:
            return None, self._sorry(request, "over", 410, page.site)
        return page, web.Response()

    async def _page(
        self,
        request: web.Request,
        page: LandingPage,
        status: int = 200,
        *,
        ticked: set[str] | None = None,
        has_changed: bool = False,
    ) -> web.Response:
        language, url = self._language(request), self._shop.url_of(page.name)
        picture = await asyncio.to_thread(qr_svg, url)
        known = [one for one in self._shop.languages if one in page.title]
        return self._answer(
            request,
            "landing.html",
            status,
            page=page,
            shown=shown_of(page, self._shop.topics, language),
            doors=self._shop.doors_of(page.site),
            ticked=ticked or set(),
            has_changed=has_changed,
            url=url,
            qr=picture,
            others={one: _language_name(one) for one in known if one != language},
        )

    def _sorry(
        self, request: web.Request, why: str, status: int, site: SiteId | None = None
    ) -> web.Response:
        """In one sentence, with a plain start: posters hang for years."""
        title = "wait_title" if why in ("too_many", "busy") else f"{why}_title"
        waits = {"too_many": RETRY_AFTER, "busy": "5"}
        headers = {"Retry-After": waits[why]} if why in waits else {}
        doors = self._shop.doors_of(site)
        return self._answer(
            request, "landing_sorry.html", status, headers, title=title, why=why, doors=doors
        )

    def _answer(
        self,
        request: web.Request,
        name: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> web.Response:
        language = self._language(request)

        def t(phrase: str, **given: str) -> str:
            return say(phrase, language, **given)

        html = self._pages.get_template(name).render(t=t, language=language, **values)
        goals = [door.deep_link("") for door in self._shop.doors.values()]
        own = {
            "Content-Security-Policy": policy(goals),
            "Content-Language": language,
            # Without any referrer older browsers would send our own form as if from nowhere.
            "Referrer-Policy": "same-origin",
        }
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            headers={**PRIVATE, **own, **(headers or {})},
        )

    def _language(self, request: web.Request, wanted: str = "") -> str:
        return (
            wanted if wanted in self._shop.languages else language_of(request, self._shop.languages)
        )

    def _is_ours(self, request: web.Request) -> bool:
        """A yes that another site's page sends for somebody is none."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        ours = {urlsplit(self._shop.public_url).netloc, request.host}
        return origin is None or urlsplit(origin).netloc in ours


def _only_looks_ahead(request: web.Request) -> bool:
    """A browser that fetches before anybody presses, a messenger that makes a preview."""
    headers = request.headers
    purpose = " ".join(
        headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    )
    agent = headers.get("User-Agent", "").lower()
    is_ahead = any(word in purpose.lower() for word in ("prefetch", "prerender", "preview"))
    return request.method != "GET" or is_ahead or any(bot in agent for bot in _BOTS)


def _language_name(language: str) -> str:
    """In itself."""
    try:
        return str(Locale.parse(language).get_language_name(language)).capitalize()
    except (ValueError, UnknownLocaleError):
        return language


def _ticked(form: Mapping[str, str]) -> set[str]:
    return {name.removeprefix("topic:") for name in form if name.startswith("topic:")}
