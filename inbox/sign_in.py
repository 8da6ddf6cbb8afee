"""The inbox's door: whose request this is, and whether they may. The browser holds a random
token, the database only its digest."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from core.acts import By
from dialogues.intake import Overloaded
from inbox.browsers import browser_of
from inbox.cookies import Cookies, digest_of
from inbox.file_forms import FileForm, open_form
from inbox.forms import is_from_our_pages, is_token, local_path, read_form, token_for
from inbox.language import CHOSEN
from inbox.lifetimes import CODE_LIFE, LIFE, SEEN_EVERY, is_alive, is_fresh
from inbox.proving import Proving
from inbox.rendering import Problem, Refused, Rendering, answer, wants_json
from inbox.rights import Right, may
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.operators import Operator
from storage.sign_ins import SignInRow
from storage.tx import Tx

log = logging.getLogger(__name__)

SET_UP = "/me/second-factor"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`csrf` goes into every form of their pages, `by` into the audit log."""

    operator: Operator
    row: SignInRow
    csrf: str
    by: By
    must_set_up: bool = False
    """Nothing else opens before they have a second factor."""

    @property
    def digest(self) -> str:
        return self.row.digest

    def may(self, right: Right) -> bool:
        return may(self.operator.role, right)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SignedHandler = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]


class ConfirmFirst(Exception):
    """The password was given too long ago for this act: it is asked for, then one tries again."""


class SignIn:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        proving: Proving,
        cookies: Cookies,
        *,
        clock: Callable[[], datetime],
        secret: str,
        public_url: str,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._proving = proving
        self._cookies = cookies
        self._clock = clock
        self._secret = secret
        self._public_url = public_url

    def signed(
        self, handler: SignedHandler, right: Right | None = None, *, before_set_up: bool = False
    ) -> Handler:
        """The handler for operators who are signed in, and have this right; others are told.

        `before_set_up`: also for those who must set up a second factor first.
        """

        async def handle(request: web.Request) -> web.StreamResponse:
            who = await self.who(request)
            if who is None:
                return self._send_away(request)
            request[CHOSEN] = who.operator.language
            await self._see(request, who)
            if who.must_set_up and not before_set_up:
                return self._lead_to_set_up(request)
            if right is not None and not who.may(right):
                raise Problem(403, "not_allowed")
            return await handler(request, who)

        return self.told(handle)

    async def who(self, request: web.Request) -> SignedIn | None:
        digest = self._cookies.digest(request)
        if not digest:
            return None
        async with self._database.read() as tx:
            found = await find_signed_in(tx, digest, self._clock())
            if found is None:
                return None
            operator, row = found
            since = await tx.settings.second_factor_since()
        is_demanded = since is not None and row.created_at >= since
        return SignedIn(
            operator,
            row,
            token_for(self._secret, "form", digest),
            self._proving.by(request, operator),
            must_set_up=is_demanded and not operator.has_second_factor,
        )

    async def form(self, request: web.Request, who: SignedIn) -> Mapping[str, str]:
        """The fields of a form that was made for this session. Raises Problem."""
        self.require_ours(request)
        form = await read_form(request)
        _require_token(form, who)
        return form

    async def file_form(self, request: web.Request, who: SignedIn) -> FileForm:
        """The same with files, none of which was read yet. Raises Problem."""
        self.require_ours(request)
        form = await open_form(request)
        _require_token(form.fields, who)
        return form

    def require_ours(self, request: web.Request) -> None:
        """Raises Problem where another site sent the form."""
        if not is_from_our_pages(request, self._public_url):
            raise Problem(403, "bad_form")

    def require_fresh(self, who: SignedIn) -> None:
        """Before a dangerous act. Raises ConfirmFirst, which asks for the password."""
        if not is_fresh(who.row, self._clock()):
            raise ConfirmFirst

    async def begin(
        self, request: web.Request, tx: Tx, operator: Operator, *, awaits_code: bool = False
    ) -> str:
        """A session of its own for every sign-in, the one this browser had ends; its token."""
        token, now = secrets.token_urlsafe(32), self._clock()
        before = self._cookies.digest(request)
        if before:
            await tx.sign_ins.end(before)
        row = SignInRow(
            digest=digest_of(token),
            operator=operator.id,
            created_at=now,
            expires_at=now + (CODE_LIFE if awaits_code else LIFE),
            last_seen_at=now,
            confirmed_at=now,
            ip=self._proving.address_of(request)[:64],
            browser=browser_of(request.headers.get("User-Agent", "")),
            awaits_code=awaits_code,
        )
        await tx.sign_ins.add(row)
        if not awaits_code:
            await tx.sign_ins.seen(row, now)
        return token

    def welcome(
        self, request: web.Request, operator: Operator, token: str, goal: str
    ) -> web.Response:
        """On to where they wanted, once what `begin` wrote is committed."""
        log.info("operator signed in", extra={"operator": operator.id})
        response = done(request, goal)
        self._cookies.keep(response, token, LIFE)
        self._cookies.know(response, operator.login)
        return response

    def told(self, handler: Handler) -> Handler:
        """Problems become pages in the reader's language, or sentences for our script."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Problem as problem:
                return self._rendering.problem(request, problem)
            except Refused as refused:
                return self._rendering.refusal(request, refused)
            except ConfirmFirst:
                return done(request, f"/confirm?next={quote(_page_of(request), safe='/')}")
            except (Overloaded, Unavailable, Contended) as error:
                log.warning("inbox put off", extra={"error": error.code})
                busy = Problem(503, "busy", {"Retry-After": "2"})
                return self._rendering.problem(request, busy)

        return handle

    async def _see(self, request: web.Request, who: SignedIn) -> None:
        """An open page's stream is nobody's doing: what is left open alone goes idle."""
        now = self._clock()
        is_stream = "text/event-stream" in request.headers.get("Accept", "")
        if is_stream or now - who.row.last_seen_at < SEEN_EVERY:
            return
        try:
            async with self._database.write() as tx:
                await tx.sign_ins.seen(who.row, now)
        except (Unavailable, Contended) as error:
            log.warning("operator's time is not kept", extra={"error": error.code})

    def _send_away(self, request: web.Request) -> web.StreamResponse:
        accepts = request.headers.get("Accept", "")
        if wants_json(request) or (request.method == "GET" and "text/html" not in accepts):
            return self._rendering.problem(request, Problem(401, "signed_out"))
        # What was posted is gone; the browser's way back still has it.
        goal = request.path_qs if request.method == "GET" else _page_of(request)
        return done(request, f"/sign-in?next={quote(local_path(goal), safe='/')}")

    def _lead_to_set_up(self, request: web.Request) -> web.StreamResponse:
        if wants_json(request) or "text/html" not in request.headers.get("Accept", ""):
            return self._rendering.problem(request, Problem(403, "set_up_first"))
        return done(request, SET_UP)


async def find_signed_in(tx: Tx, digest: str, now: datetime) -> tuple[Operator, SignInRow] | None:
    """Whose session it is, while it lasts."""
    found = await tx.sign_ins.find(digest)
    if found is None or not is_alive(found[1], found[0].role, now):
        return None
    return found


def done(request: web.Request, location: str) -> web.Response:
    """To another page, by the browser or by our script."""
    if wants_json(request):
        return answer({"to": location})
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def _page_of(request: web.Request) -> str:
    """The page that had the form."""
    return local_path(request.path.rpartition("/")[0])


def _require_token(form: Mapping[str, str], who: SignedIn) -> None:
    if not is_token(form.get("csrf", ""), who.csrf):
        raise Problem(403, "stale")
