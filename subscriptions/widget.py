"""What the widget on a shop's page asks: what to show, a link, and what became of it."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from api.errors import ApiError, not_found
from core.ids import AccountId, SiteId
from core.languages import pick
from core.origins import origin_of
from core.people import Json
from core.places import place_of
from core.sites import Site
from core.tokens import WIDGET, Claims, Link
from storage.errors import BadData
from storage.tallies import Seen
from subscriptions.counting import Counting
from subscriptions.keeping import LinkKeeper, Replayed
from subscriptions.keyring import Keyring
from subscriptions.known import Known
from subscriptions.metering import RETRY_AFTER, Meter
from subscriptions.minting import Door, mint
from subscriptions.offers import Offers, WordsChanged
from subscriptions.origins import Origins
from subscriptions.qr import qr_path
from subscriptions.tokens import TokenRefused, signed_at, verify
from subscriptions.visit_streams import VisitStreams
from subscriptions.waiting import Waiting
from subscriptions.widget_bodies import Asked, Returning, Shown, read_body
from subscriptions.widget_phrases import WIDGET_PHRASES
from subscriptions.widget_script import Script

log = logging.getLogger(__name__)

_MOST_LINKS = 60
_MOST_PER_TOKEN = 20
_MOST_SHOWN = 120
_MOST_OFFERS = 200
_LONGEST_PAGE = 500
VK_SCRIPT = "https://vk.ru/js/api/openapi.js?169"


class Widget:
    """`address_of` tells a visitor's IP address, as many proxies away as are configured."""

    def __init__(
        self,
        offers: Offers,
        doors: Mapping[AccountId, Door],
        keyring: Keyring,
        origins: Origins,
        keeper: LinkKeeper,
        waiting: Waiting,
        counting: Counting,
        known: Known,
        *,
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._offers = offers
        self._doors = doors
        self._keyring = keyring
        self._origins = origins
        self._keeper = keeper
        self._counting = counting
        self._known = known
        self._clock = clock
        self._address_of = address_of
        self._streams = VisitStreams(waiting, clock, address_of)
        self._visitors = Meter(_MOST_LINKS)
        self._tokens = Meter(_MOST_PER_TOKEN)
        self._lookers = Meter(_MOST_SHOWN)
        self._shown: dict[tuple[SiteId, str, str], bytes] = {}
        self._script = Script()

    def routes(self) -> list[web.RouteDef]:
        guarded = self._origins.guarded
        here = "/widget/{site}"
        table = [
            ("GET", here, self.offer),
            ("POST", f"{here}/shown", self.shown),
            ("POST", f"{here}/links", self.link),
            ("POST", f"{here}/known", self.known),
            ("GET", f"{here}/visits/{{visit}}", self._streams.state),
            ("GET", f"{here}/visits/{{visit}}/events", self._streams.events),
        ]
        return [
            web.get("/widget.js", self._script.serve),
            *(web.route(method, path, guarded(answer)) for method, path, answer in table),
            *(web.options(path, self._origins.preflight) for _, path, _ in table),
        ]

    async def offer(
        self, request: web.Request, site: Site, _headers: dict[str, str]
    ) -> web.StreamResponse:
        """The messengers, the topics with the words of consent, and what the buttons say."""
        language = self._offers.language(request.query.get("lang", ""))
        topics = request.query.get("topics", "")[:2000]
        key = (site.id, language, topics)
        if key not in self._shown:
            if len(self._shown) >= _MOST_OFFERS:
                self._shown.clear()
            self._shown[key] = json.dumps(
                self._offer(site, topics.split(), language), ensure_ascii=False
            ).encode()
        return web.Response(
            body=self._shown[key],
            content_type="application/json",
            headers={"Cache-Control": "public, max-age=60"},
        )

    def _offer(self, site: Site, topics: list[str], language: str) -> dict[str, Any]:
        offer = self._offers.of(site, topics, language)
        return {
            "language": language,
            "messengers": [
                {
                    "account": door.account,
                    "channel": door.channel,
                    "title": door.title,
                    "vk": _vk(door),
                }
                for door in self._doors_of(site).values()
            ],
            "service": {"topics": offer.service, "words": offer.words},
            "marketing": [
                {"topic": box.topic, "title": box.title, "words": box.words} for box in offer.boxes
            ],
            "texts": {name: pick(texts, language) for name, texts in WIDGET_PHRASES.items()},
        }

    def _doors_of(self, site: Site) -> dict[AccountId, Door]:
        return {id_: door for id_, door in self._doors.items() if door.site in (None, site.id)}

    async def shown(
        self, request: web.Request, site: Site, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Somebody saw it; who, nobody keeps."""
        body = await read_body(request, Shown)
        if self._lookers.allows(self._address_of(request), self._clock()):
            place = place_of(_page(body.page, headers))
            self._counting.count(site.id, WIDGET, place, Seen.SHOWN)
        return web.Response(status=204)

    async def link(
        self, request: web.Request, site: Site, headers: dict[str, str]
    ) -> web.StreamResponse:
        """A link of the chosen messenger that stands for what was shown and taken."""
        asked = await read_body(request, Asked)
        door = self._doors_of(site).get(AccountId(asked.account))
        if door is None:
            raise not_found("account")
        now = self._clock()
        self._meter(self._visitors, self._address_of(request), now)
        claims = self._claims(asked, site, now)
        page = _page(asked.page, headers)
        evidence: dict[str, Json] = {
            "ip": self._address_of(request),
            "user_agent": request.headers.get("User-Agent", "")[:300],
            "page": page,
        }
        link = mint(claims, WIDGET, now, page=evidence, place=place_of(page), is_awaited=True)
        try:
            # A token that somebody has come by gives nobody anything; without one nobody can have.
            await self._keeper.keep([link], fresh_on=door.channel if asked.token else None)
        except Replayed as error:
            raise ApiError(400, error.code, "somebody has come by this token already") from error
        except BadData as error:
            raise ApiError(422, "invalid", "a value cannot be stored") from error
        self._counting.count(site.id, WIDGET, link.place, Seen.CLICKED, door.account)
        made = _made(link, door, with_qr=asked.qr)
        return web.json_response(made, status=201, headers={"Cache-Control": "no-store"})

    async def known(
        self, request: web.Request, site: Site, _headers: dict[str, str]
    ) -> web.StreamResponse:
        """Where the customer of a token is subscribed already. Nothing is kept or counted."""
        body = await read_body(request, Returning)
        now = self._clock()
        self._meter(self._lookers, self._address_of(request), now)
        claims = self._verified(body.token, site, now)
        found = await self._known.look(claims, signed_at(body.token), now)
        told = {"messengers": found.messengers, "preferences": found.preferences}
        return web.json_response(told, headers={"Cache-Control": "no-store"})

    def _claims(self, asked: Asked, site: Site, now: datetime) -> Claims:
        language = self._offers.language(asked.language)
        ticked = {one.topic: one.words for one in asked.ticked}
        try:
            agreed = self._offers.taken(asked.service.topics, asked.service.words, ticked, language)
        except WordsChanged as error:
            details = [{"place": topic, "message": "has other words now"} for topic in error.topics]
            raise ApiError(409, error.code, str(error), details) from error
        if not asked.token:
            name = f"{WIDGET}:{secrets.token_hex(16)}"
            return Claims(site.id, name, locale=language, agreed=agreed)
        claims = replace(self._verified(asked.token, site, now), agreed=agreed)
        self._meter(self._tokens, f"{site.id} {claims.token}", now)
        return claims

    def _verified(self, token: str, site: Site, now: datetime) -> Claims:
        try:
            # Of this site's keys only: another site's token is no better than a forged one.
            own = Keyring({site.id: self._keyring.sites.get(site.id, {})})
            return verify(token, own, now)
        except TokenRefused as error:
            log.info("token refused", extra={"reason": str(error.refusal)})
            message = "this token is not taken; without one the messenger opens without the order"
            raise ApiError(400, str(error.refusal), message) from error

    def _meter(self, meter: Meter, name: str, now: datetime) -> None:
        if not meter.allows(name, now):
            headers = {"Retry-After": RETRY_AFTER}
            raise ApiError(429, "rate_limited", "that was tried very often", headers=headers)


def _page(url: str, headers: Mapping[str, str]) -> str:
    """The page's address without what may tell of a person; of another origin: that origin's."""
    origin = headers["Access-Control-Allow-Origin"]
    if origin_of(url) != origin:
        return origin
    return f"{origin}{urlsplit(url).path or '/'}"[:_LONGEST_PAGE]


def _vk(door: Door) -> dict[str, Any] | None:
    """For VK's own widget, where the account wants it."""
    return {"group": int(door.vk_group), "script": VK_SCRIPT} if door.vk_group else None


def _made(link: Link, door: Door, *, with_qr: bool) -> dict[str, Any]:
    url = door.deep_link(link.code)
    return {
        "url": url,
        "app": (door.app_link(link.code) if door.app_link else "") or None,
        "key": link.code if door.vk_group else None,
        "qr": qr_path(url) if with_qr else None,
        "visit": link.visit,
        "expires_at": link.expires_at.isoformat(),
    }
