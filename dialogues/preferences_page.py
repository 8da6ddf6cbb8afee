"""/preferences/SIGNED: a person chooses what they get, without an account."""

import re
import secrets
from collections.abc import Callable, Mapping

from aiohttp import web

from core.ids import AddressId, ContactId, EventKey
from core.inbound import Inbound, OptedByPage
from core.languages import pick
from core.people import Address, Json
from dialogues.catalog import Catalog
from dialogues.intake import Intake, Overloaded
from dialogues.preferences import (
    Preferences,
    asked_for,
    leaving,
    name_of,
    preferences_of,
    theirs,
)
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.tx import Tx
from subscriptions.metering import RETRY_AFTER, Meter
from subscriptions.preference_phrases import PHRASES
from subscriptions.preferring import PreferenceLinks
from subscriptions.visitor_pages import PRIVATE, environment, policy, read_form
from subscriptions.visits import language_of

_MOST_PER_VISITOR = 120
_MOST_PER_LINK = 60
_LONGEST_TOKEN = 1000
_KEY = re.compile(r"[0-9a-f]{16,64}")


class _Refused(Exception):
    def __init__(self, why: str, status: int, title: str) -> None:
        super().__init__(why)
        self.why, self.status, self.title = why, status, title


class PreferencesPage:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        intake: Intake,
        links: PreferenceLinks,
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._intake = intake
        self._links = links
        self._clock = intake.clock
        self._address_of = address_of
        self._pages = environment()
        self._visitors, self._often = Meter(_MOST_PER_VISITOR), Meter(_MOST_PER_LINK)

    def routes(self) -> list[web.RouteDef]:
        path = "/preferences/{signed}"
        return [web.get(path, self.show), web.post(path, self.change)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Mail programs and messengers open links before anybody does: this changes nothing."""
        try:
            return await self._page(request, request.query.get("done", ""))
        except _Refused as refused:
            return self._sorry(request, refused)

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Save the switches, or leave everything; also by a mail program's one press (RFC 8058)."""
        try:
            self._require_few(request)
            form = await read_form(request)
            if form.get("List-Unsubscribe") == "One-Click":
                return await self._leave_at_once(request)
            shown = await self._whose(request)
            evidence = self._evidence(request)
            if form.get("act") == "leave":
                # Always anew: a page that a browser keeps must not make of it what was done before.
                await self._submit(request, {}, leaving(shown, evidence))
                return self._see(request, "left")
            if form.get("shown") != shown.mark:
                return await self._page(request, "changed", 409)
            asked = asked_for(shown, form, evidence)
            is_all = await self._submit(request, form, asked)
            return self._see(request, "saved" if is_all else "not_all")
        except _Refused as refused:
            return self._sorry(request, refused)

    async def _leave_at_once(self, request: web.Request) -> web.Response:
        shown = await self._whose(request)
        evidence = {**self._evidence(request), "way": "one-click"}
        await self._submit(request, {}, leaving(shown, evidence))
        return web.Response(text="unsubscribed", headers=PRIVATE)

    async def _submit(
        self,
        request: web.Request,
        form: Mapping[str, str],
        asked: list[tuple[Address, OptedByPage]],
    ) -> bool:
        """Whether all of it was taken. The same form again changes nothing."""
        given = form.get("key", "")
        key = given if _KEY.fullmatch(given) else secrets.token_hex(16)
        now = self._clock()
        inbounds = [
            Inbound(
                account=address.account,
                user=address.user,
                key=EventKey(f"{event.source}:{key}:{address.id}:{event.topic or ''}:{choice}"),
                at=now,
                event=event,
                address=address.id,
            )
            for address, event in asked
            for choice in ["on" if event.subscribe else "off"]
        ]
        try:
            answers = await self._intake.submit(inbounds)
        except (Overloaded, Unavailable, Contended) as error:
            raise _Refused("busy", 503, "wait_title") from error
        return all(answer.status in ("taken", "duplicate") for answer in answers)

    async def _whose(self, request: web.Request) -> Preferences:
        """Who the link stands for, and how it stands with them. Raises _Refused."""
        token = request.match_info["signed"]
        now = self._clock()
        if len(token) > _LONGEST_TOKEN:
            raise _Refused("bad", 404, "bad_title")
        address, contact, has_expired = self._links.read(token, now)
        if address is None and contact is None:
            raise _Refused("bad", 404, "bad_title")
        if has_expired:
            raise _Refused("expired", 410, "expired_title")
        if not self._often.allows(f"{address} {contact}", now):
            raise _Refused("too_many", 429, "wait_title")
        language = language_of(request, self._catalog.languages)
        try:
            async with self._database.read() as tx:
                return await self._read(tx, address, contact, language)
        except (Unavailable, Contended) as error:
            raise _Refused("busy", 503, "wait_title") from error

    async def _read(
        self, tx: Tx, address: AddressId | None, contact: ContactId | None, language: str
    ) -> Preferences:
        only = None
        if address is not None:
            only = (await tx.addresses.load([address])).get(address)
            contact = only.contact if only else None
        known = (await tx.contacts.load([contact])).get(contact) if contact else None
        if known is not None and known.merged_into is not None:
            known = (await tx.contacts.load([known.merged_into])).get(known.merged_into)
        if known is None:
            raise _Refused("bad", 404, "bad_title")
        addresses = theirs(await tx.addresses.of_people([known.id]), known, only)
        rows = await tx.subscriptions.load([one.id for one in addresses])
        return preferences_of(addresses, rows, self._catalog, language)

    def _evidence(self, request: web.Request) -> dict[str, Json]:
        return {
            "page": "preferences",
            "ip": self._address_of(request),
            "user_agent": request.headers.get("User-Agent", "")[:300],
        }

    def _require_few(self, request: web.Request) -> None:
        if not self._visitors.allows(self._address_of(request), self._clock()):
            raise _Refused("too_many", 429, "wait_title")

    async def _page(self, request: web.Request, told: str, status: int = 200) -> web.Response:
        if request.method == "GET":
            self._require_few(request)
        shown = await self._whose(request)
        return self._answer(
            request,
            "preferences.html",
            status,
            shown=shown,
            told=told if told in ("saved", "left", "changed", "not_all") else "",
            key=secrets.token_hex(16),
            name_of=name_of,
        )

    def _see(self, request: web.Request, told: str) -> web.Response:
        language = language_of(request, self._catalog.languages)
        place = f"{request.path}?lang={language}&done={told}"
        return web.Response(status=303, headers={"Location": place, **PRIVATE})

    def _sorry(self, request: web.Request, refused: _Refused) -> web.Response:
        waits = {"too_many": RETRY_AFTER, "busy": "5"}
        headers = {"Retry-After": waits[refused.why]} if refused.why in waits else {}
        return self._answer(
            request,
            "preferences_sorry.html",
            refused.status,
            headers,
            title=refused.title,
            why=refused.why,
        )

    def _answer(
        self,
        request: web.Request,
        name: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> web.Response:
        language = language_of(request, self._catalog.languages)

        def t(phrase: str, **given: str) -> str:
            return pick(PHRASES[phrase], language).format(**given)

        html = self._pages.get_template(name).render(t=t, language=language, **values)
        own = {"Content-Security-Policy": policy(), "Content-Language": language}
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            headers={**PRIVATE, **own, **(headers or {})},
        )
