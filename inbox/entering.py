"""The pages of signing in: the password, the second factor's code, the password once more."""

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from core.acts import Did
from inbox.cookies import Cookies
from inbox.forms import local_path, read_form
from inbox.journal import Journal
from inbox.lifetimes import CODE_LIFE, awaits_code
from inbox.proving import Proving
from inbox.rendering import Refused, Rendering
from inbox.sign_in import SignedIn, SignIn, done
from storage.database import Database
from storage.operators import Operator
from storage.tx import Tx

_LONGEST_LOGIN = 120


class Entering:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        proving: Proving,
        cookies: Cookies,
        journal: Journal,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._proving = proving
        self._cookies = cookies
        self._journal = journal
        self._clock = journal.clock

    def routes(self) -> list[web.RouteDef]:
        told, signed = self._sign_in.told, self._sign_in.signed
        return [
            web.get("/sign-in", told(self.ask)),
            web.post("/sign-in", told(self.enter)),
            web.get("/sign-in/code", told(self.ask_code)),
            web.post("/sign-in/code", told(self.enter_code)),
            web.post("/sign-out", signed(self.leave, before_set_up=True)),
            web.get("/confirm", signed(self.ask_again, before_set_up=True)),
            web.post("/confirm", signed(self.confirm, before_set_up=True)),
        ]

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """The form; whoever is signed in already goes on."""
        goal = local_path(request.query.get("next", ""))
        if await self._sign_in.who(request) is not None:
            return web.Response(status=302, headers={"Location": goal})
        return self._password_form(request, goal)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        self._sign_in.require_ours(request)
        form = await read_form(request)
        login = form.get("login", "").strip()[:_LONGEST_LOGIN]
        goal = local_path(form.get("next", ""))
        async with self._database.read() as tx:
            operator = await tx.operators.find(login)
        try:
            checked = await self._proving.password(
                request, login, form.get("password", ""), operator
            )
        except Refused as refused:
            return self._password_form(request, goal, login, refused)
        if operator is None or not checked.is_right:
            return self._password_form(request, goal, login, Refused("wrong_password", 401))
        if operator.disabled_at is not None:
            return self._password_form(request, goal, login, Refused("disabled", 403))
        async with self._database.write() as tx:
            if checked.rehashed is not None:
                await tx.operators.set_password(operator.id, checked.rehashed)
            if operator.has_second_factor:
                token = await self._sign_in.begin(request, tx, operator, awaits_code=True)
                response = done(request, _with("/sign-in/code", goal))
                self._cookies.keep(response, token, CODE_LIFE)
                return response
            token = await self._begin(request, tx, operator, {})
        return self._sign_in.welcome(request, operator, token, goal)

    async def ask_code(self, request: web.Request) -> web.StreamResponse:
        goal = local_path(request.query.get("next", ""))
        if await self._halfway(request) is None:
            return done(request, _with("/sign-in", goal))
        return self._code_form(request, goal)

    async def enter_code(self, request: web.Request) -> web.StreamResponse:
        self._sign_in.require_ours(request)
        form = await read_form(request)
        goal = local_path(form.get("next", ""))
        operator = await self._halfway(request)
        if operator is None:
            # Ten minutes have passed; the password again.
            return done(request, _with("/sign-in", goal))
        given = form.get("code", "").strip() or form.get("recovery", "")

        async def then(tx: Tx, taken: Did) -> str:
            if taken is Did.RECOVERY_CODE_USED:
                left = str(await tx.operators.count_recovery_codes(operator.id))
                by = self._proving.by(request, operator)
                await tx.acts.add_many([self._journal.act(by, taken, {"left": left})])
            return await self._begin(request, tx, operator, {"with": "code"})

        try:
            token = await self._proving.code(request, operator, given, then)
        except Refused as refused:
            return self._code_form(request, goal, refused)
        return self._sign_in.welcome(request, operator, token, goal)

    async def leave(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        async with self._database.write() as tx:
            await tx.sign_ins.end(who.digest)
            await tx.acts.add_many([self._journal.act(who.by, Did.SIGNED_OUT)])
        response = done(request, "/sign-in")
        self._cookies.drop(response)
        return response

    async def ask_again(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """The password, before a dangerous act, of whoever gave it long ago."""
        return self._confirm_form(request, who, local_path(request.query.get("next", "")))

    async def confirm(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        goal = local_path(form.get("next", ""))
        try:
            await self._proving.require_password(request, who.operator, form.get("password", ""))
        except Refused as refused:
            return self._confirm_form(request, who, goal, refused)
        async with self._database.write() as tx:
            await tx.sign_ins.confirm(who.digest, self._clock())
        return done(request, goal)

    async def _begin(
        self, request: web.Request, tx: Tx, operator: Operator, about: Mapping[str, str]
    ) -> str:
        by = self._proving.by(request, operator)
        await tx.acts.add_many([self._journal.act(by, Did.SIGNED_IN, about)])
        return await self._sign_in.begin(request, tx, operator)

    async def _halfway(self, request: web.Request) -> Operator | None:
        """Whose password was right in this browser a moment ago."""
        async with self._database.read() as tx:
            found = await tx.sign_ins.find(self._cookies.digest(request))
        if found is None or not awaits_code(found[1], self._clock()):
            return None
        return found[0]

    def _password_form(
        self, request: web.Request, goal: str, login: str = "", refused: Refused | None = None
    ) -> web.Response:
        return self._form(request, "sign_in.html", goal, refused, login=login)

    def _code_form(
        self, request: web.Request, goal: str, refused: Refused | None = None
    ) -> web.Response:
        return self._form(request, "code.html", goal, refused)

    def _confirm_form(
        self, request: web.Request, who: SignedIn, goal: str, refused: Refused | None = None
    ) -> web.Response:
        return self._form(request, "confirm.html", goal, refused, me=who.operator, csrf=who.csrf)

    def _form(
        self,
        request: web.Request,
        template: str,
        goal: str,
        refused: Refused | None,
        **values: object,
    ) -> web.Response:
        status, headers = (refused.status, refused.headers) if refused else (200, {})
        return self._rendering.page(
            request, template, status, headers, goal=goal, refused=refused, **values
        )


def _with(path: str, goal: str) -> str:
    return f"{path}?next={quote(goal, safe='/')}"
