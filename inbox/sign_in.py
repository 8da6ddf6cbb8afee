"""Signing in and out. The browser holds a random token, the database only its digest."""

import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from aiohttp import web

from dialogues.intake import Overloaded
from inbox.file_forms import FileForm, open_form
from inbox.forms import is_from_our_pages, is_token, local_path, read_form, token_for
from inbox.passwords import Checked, Passwords, TooBusy
from inbox.rendering import Problem, Refused, Rendering, wants_json
from inbox.tries import Tries
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.operators import Operator

log = logging.getLogger(__name__)

LIFE = timedelta(days=14)
_DEVICE_LIFE = timedelta(days=180)
_LONGEST_LOGIN = 120


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`csrf` goes into every form of their pages."""

    operator: Operator
    digest: str
    csrf: str


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SignedHandler = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]


class SignIn:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        passwords: Passwords,
        *,
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
        secret: str,
        public_url: str,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._passwords = passwords
        self._clock = clock
        self._address_of = address_of
        self._secret = secret
        self._public_url = public_url
        self._is_secure = public_url.startswith("https://")
        # With the prefix no subdomain and no plain-http page can plant a cookie of this name.
        self._cookie = "__Host-parley" if self._is_secure else "parley"
        self._device_cookie = "__Host-parley_known" if self._is_secure else "parley_known"
        self._tries = Tries()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sign-in", self._told(self.ask)),
            web.post("/sign-in", self._told(self.sign_in)),
            web.post("/sign-out", self.signed(self.sign_out)),
        ]

    def signed(self, handler: SignedHandler) -> Handler:
        """The handler for operators who are signed in; others are asked to sign in."""

        async def handle(request: web.Request) -> web.StreamResponse:
            who = await self.who(request)
            if who is None:
                return self._send_away(request)
            return await handler(request, who)

        return self._told(handle)

    async def who(self, request: web.Request) -> SignedIn | None:
        token = request.cookies.get(self._cookie, "")
        if not token:
            return None
        digest = _digest(token)
        async with self._database.read() as tx:
            operator = await tx.operators.signed_in(digest, self._clock())
        if operator is None:
            return None
        return SignedIn(operator, digest, token_for(self._secret, "form", digest))

    async def form(self, request: web.Request, who: SignedIn) -> Mapping[str, str]:
        """The fields of a form that was made for this session. Raises Problem."""
        if not is_from_our_pages(request, self._public_url):
            raise Problem(403, "bad_form")
        form = await read_form(request)
        _require_token(form, who)
        return form

    async def file_form(self, request: web.Request, who: SignedIn) -> FileForm:
        """The same with files, none of which was read yet. Raises Problem."""
        if not is_from_our_pages(request, self._public_url):
            raise Problem(403, "bad_form")
        form = await open_form(request)
        _require_token(form.fields, who)
        return form

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """The form; whoever is signed in already goes on."""
        goal = local_path(request.query.get("next", ""))
        if await self.who(request) is not None:
            return web.Response(status=302, headers={"Location": goal})
        return self._form(request, 200, goal)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        if not is_from_our_pages(request, self._public_url):
            raise Problem(403, "bad_form")
        form = await read_form(request)
        login = form.get("login", "").strip()[:_LONGEST_LOGIN]
        goal = local_path(form.get("next", ""))
        ip, device, now = self._address_of(request), self._device(request, login), self._clock()
        wait = self._tries.wait(login, ip, device, now)
        if wait is not None:
            return self._too_often(request, goal, login, wait)
        self._tries.count(login, ip, device, now)
        async with self._database.read() as tx:
            operator = await tx.operators.find(login)
        stored = operator.password if operator else None
        try:
            checked = await self._passwords.check(form.get("password", ""), stored)
        except TooBusy:
            self._tries.forgive(login, ip, device)
            return self._form(
                request, 503, goal, login, "busy_signing_in", headers={"Retry-After": "5"}
            )
        if operator is None or not checked.is_right:
            log.info("sign-in refused")
            return self._form(request, 401, goal, login, "wrong_password")
        self._tries.forgive(login, ip, device)
        if operator.disabled_at is not None:
            return self._form(request, 403, goal, login, "disabled")
        return await self._begin(request, operator, checked, goal)

    async def sign_out(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self.form(request, who)
        async with self._database.write() as tx:
            await tx.operators.sign_out(who.digest)
        response = web.Response(status=303, headers={"Location": "/sign-in"})
        response.del_cookie(self._cookie, secure=self._is_secure, httponly=True, samesite="Lax")
        return response

    async def _begin(
        self, request: web.Request, operator: Operator, checked: Checked, goal: str
    ) -> web.Response:
        """A session of its own for every sign-in; the one this browser had ends."""
        token, now = secrets.token_urlsafe(32), self._clock()
        before = request.cookies.get(self._cookie)
        async with self._database.write() as tx:
            if checked.rehashed is not None:
                await tx.operators.set_password(operator.id, checked.rehashed)
            if before:
                await tx.operators.sign_out(_digest(before))
            await tx.operators.sign_in(operator.id, _digest(token), now, now + LIFE)
        log.info("operator signed in", extra={"operator": operator.id})
        response = web.Response(status=303, headers={"Location": goal})
        self._set(response, self._cookie, token, LIFE)
        nonce = secrets.token_urlsafe(16)
        known = f"{nonce}.{self._known(operator.login, nonce)}"
        self._set(response, self._device_cookie, known, _DEVICE_LIFE)
        return response

    def _set(self, response: web.Response, name: str, value: str, life: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
        )

    def _device(self, request: web.Request, login: str) -> str:
        """The name of a browser that has signed in with this login before; else ""."""
        nonce, _, proof = request.cookies.get(self._device_cookie, "").partition(".")
        return nonce if nonce and is_token(proof, self._known(login, nonce)) else ""

    def _known(self, login: str, nonce: str) -> str:
        return token_for(self._secret, "device", f"{login}\0{nonce}")

    def _too_often(
        self, request: web.Request, goal: str, login: str, wait: timedelta
    ) -> web.Response:
        seconds = int(wait.total_seconds()) + 1
        return self._form(
            request,
            429,
            goal,
            login,
            "too_many_tries",
            headers={"Retry-After": str(seconds)},
            minutes=-(-seconds // 60),
        )

    def _form(
        self,
        request: web.Request,
        status: int,
        goal: str,
        login: str = "",
        problem: str = "",
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> web.Response:
        return self._rendering.page(
            request, "sign_in.html", status, headers,
            goal=goal, login=login, problem=problem, values=values,
        )  # fmt: skip

    def _send_away(self, request: web.Request) -> web.StreamResponse:
        accepts = request.headers.get("Accept", "")
        if wants_json(request) or (request.method == "GET" and "text/html" not in accepts):
            return self._rendering.problem(request, Problem(401, "signed_out"))
        goal = request.path_qs
        if request.method != "GET":
            # What was posted is gone; the browser's way back still has it.
            goal = request.path.rpartition("/")[0]
        location = f"/sign-in?next={quote(local_path(goal), safe='/')}"
        return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})

    def _told(self, handler: Handler) -> Handler:
        """Problems become pages in the reader's language."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Problem as problem:
                return self._rendering.problem(request, problem)
            except Refused as refused:
                return self._rendering.refusal(request, refused)
            except (Overloaded, Unavailable, Contended) as error:
                log.warning("inbox put off", extra={"error": error.code})
                busy = Problem(503, "busy", {"Retry-After": "2"})
                return self._rendering.problem(request, busy)

        return handle


def _require_token(form: Mapping[str, str], who: SignedIn) -> None:
    if not is_token(form.get("csrf", ""), who.csrf):
        raise Problem(403, "stale")


def _digest(token: str) -> str:
    """What is stored. A random token of 256 bits needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
