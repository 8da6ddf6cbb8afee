"""/go: what a visitor's browser does with a signed token: a messenger's deep link, or a choice."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jinja2
from aiohttp import web

from core.ids import AccountId
from core.languages import pick
from core.people import Json
from core.tokens import Claims, Link
from storage.errors import BadData, Contended, Unavailable
from subscriptions.keeping import LinkKeeper
from subscriptions.keyring import Keyring
from subscriptions.metering import RETRY_AFTER, Meter
from subscriptions.minting import Door, mint
from subscriptions.phrases import PHRASES
from subscriptions.qr import qr_svg
from subscriptions.tokens import MOST_BYTES, TokenRefused, verify

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_MOST_PER_VISITOR = 60
_MOST_PER_TOKEN = 20
_PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


class Visits:
    """`address_of` tells a visitor's IP address, as many proxies away as are configured."""

    def __init__(
        self,
        keeper: LinkKeeper,
        keyring: Keyring,
        doors: Mapping[AccountId, Door],
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
        languages: tuple[str, ...],
    ) -> None:
        self._keeper = keeper
        self._keyring = keyring
        self._doors = doors
        self._clock = clock
        self._address_of = address_of
        self._languages = languages
        self._visitors = Meter(_MOST_PER_VISITOR)
        self._tokens = Meter(_MOST_PER_TOKEN)
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/go", self.choose),
            web.post("/go", self.choose),
            web.get("/go/{account}", self.go),
            web.post("/go/{account}", self.go),
            web.get("/static/go.css", self._style),
        ]

    async def go(self, request: web.Request) -> web.StreamResponse:
        """302 to the deep link with a code. A token that is not good: a page, and a plain start."""
        door = self._doors.get(AccountId(request.match_info["account"]))
        if door is None:
            return self._page(request, "lost.html", 404, doors=list(self._doors.values()))
        token = await _token(request)
        if request.method == "HEAD":
            return web.Response(headers=_PRIVATE)
        claims, why = self._verify(token)
        if claims is None:
            return self._page(request, "refused.html", _status(why), why=why, doors=[door])
        if not self._may_mint(request, claims):
            headers = {"Retry-After": RETRY_AFTER}
            return self._page(request, "refused.html", 429, headers, why="too_many", doors=[door])
        if await _has_boxes(request):
            # What was ticked does not come this way: advertising is asked about in the messenger.
            claims = replace(claims, consent=None)
        try:
            links = await self._store(request, claims, 1)
        except (Unavailable, Contended, BadData):
            return self._page(
                request, "refused.html", 503, {"Retry-After": "5"}, why="busy", doors=[door]
            )
        return web.Response(
            status=302, headers={"Location": door.deep_link(links[0].code), **_PRIVATE}
        )

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """The messengers to choose from, each with a button and a QR code."""
        token = await _token(request)
        doors = list(self._doors.values())
        if request.method == "HEAD":
            return web.Response(headers=_PRIVATE)
        if not token:
            return self._page(request, "refused.html", 400, why="missing", doors=doors)
        claims, why = self._verify(token)
        if claims is None:
            return self._page(request, "refused.html", _status(why), why=why, doors=doors)
        if not self._may_mint(request, claims):
            headers = {"Retry-After": RETRY_AFTER}
            return self._page(request, "refused.html", 429, headers, why="too_many", doors=doors)
        try:
            links = await self._store(request, claims, len(doors))
        except (Unavailable, Contended, BadData):
            return self._page(
                request, "refused.html", 503, {"Retry-After": "5"}, why="busy", doors=doors
            )
        urls = [door.deep_link(link.code) for door, link in zip(doors, links, strict=True)]
        pictures = await asyncio.to_thread(lambda: [qr_svg(url) for url in urls])
        choices = [
            {"title": door.title, "channel": door.channel, "url": url, "qr": picture}
            for door, url, picture in zip(doors, urls, pictures, strict=True)
        ]
        return self._page(request, "choose.html", 200, choices=choices, order=claims.order)

    def _verify(self, token: str) -> tuple[Claims | None, str]:
        if not token:
            return None, "missing"
        try:
            return verify(token, self._keyring, self._clock()), ""
        except TokenRefused as error:
            # The reason only: a token names its customer, and a detail may quote it.
            log.info("token refused", extra={"reason": str(error.refusal)})
            return None, str(error.refusal)

    def _may_mint(self, request: web.Request, claims: Claims) -> bool:
        now = self._clock()
        visitor = self._visitors.allows(self._address_of(request), now)
        return self._tokens.allows(f"{claims.site} {claims.token}", now) and visitor

    async def _store(self, request: web.Request, claims: Claims, number: int) -> list[Link]:
        page: dict[str, Json] = {
            "ip": self._address_of(request),
            "user_agent": request.headers.get("User-Agent", "")[:300],
            "page": request.headers.get("Referer", "")[:500],
        }
        now = self._clock()
        links = [mint(claims, "go", now, page=page) for _ in range(number)]
        await self._keeper.keep(links)
        return links

    def _page(
        self,
        request: web.Request,
        name: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> web.Response:
        language = language_of(request, self._languages)

        def say(phrase: str) -> str:
            return pick(PHRASES[phrase], language)

        html = self._pages.get_template(name).render(t=say, language=language, **values)
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            headers={**_PRIVATE, "Content-Security-Policy": _CSP, **(headers or {})},
        )

    async def _style(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_HERE / "static" / "go.css")


_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def language_of(request: web.Request, languages: tuple[str, ...]) -> str:
    """The visitor's language among ours: by ?lang=, else by what the browser asks for."""
    wanted = [request.query.get("lang", "")]
    wanted += [
        part.partition(";")[0].strip()
        for part in request.headers.get("Accept-Language", "").split(",")
    ]
    for one in wanted:
        short = one.partition("-")[0].lower()
        if short in languages:
            return short
    return languages[0]


async def _token(request: web.Request) -> str:
    """From the query or the form; one that is absurdly long is not even read."""
    if request.method == "POST":
        try:
            form = await request.post()
        except ValueError:  # A multipart body without a boundary, say.
            return ""
        value = form.get("token", "")
        return value.strip() if isinstance(value, str) else ""
    return request.query.get("token", "").strip()[: MOST_BYTES + 1]


async def _has_boxes(request: web.Request) -> bool:
    """Whether the widget sends its visitor here, which asks for each topic of advertising."""
    return request.method == "POST" and (await request.post()).get("boxes") == "yes"


def _status(why: str) -> int:
    return 413 if why == "too_long" else 400
