"""/me: what an operator sets for themselves, and the browsers they are signed in with."""

from aiohttp import web

from core.acts import Did
from inbox.catalogues import LANGUAGES
from inbox.language import COOKIE
from inbox.lifetimes import is_alive
from inbox.passwords import TooBusy, weakness
from inbox.people import LONGEST_NAME, People
from inbox.proving import Proving
from inbox.rendering import Problem, Refused, Rendering
from inbox.sign_in import SignedIn, SignIn, done
from storage.database import Database


class MePages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        proving: Proving,
        people: People,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._proving = proving
        self._people = people
        self._journal = people.journal
        self._clock = people.journal.clock

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get("/me", signed(self.show)),
            web.post("/me/profile", signed(self.change)),
            web.post("/me/password", signed(self.change_password)),
            web.post("/me/end-session", signed(self.end_session)),
            web.post("/me/end-others", signed(self.end_others)),
        ]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        async with self._database.read() as tx:
            rows = await tx.sign_ins.of(who.operator.id)
            codes = await tx.operators.count_recovery_codes(who.operator.id)
        now, role = self._clock(), who.operator.role
        return self._rendering.page(
            request,
            "me.html",
            me=who.operator,
            csrf=who.csrf,
            done=request.query.get("done", ""),
            sessions=[one for one in rows if is_alive(one, role, now)],
            this=who.digest,
            codes=codes,
        )

    async def change(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        name, language = form.get("name", "").strip(), form.get("language", "")
        if language and language not in LANGUAGES:
            raise Problem(400, "bad_form")
        if not 1 <= len(name) <= LONGEST_NAME:
            raise Refused("name_length", 422, most=LONGEST_NAME)
        async with self._database.write() as tx:
            await tx.operators.set_profile(who.operator.id, name, language)
        response = done(request, "/me?done=saved")
        # "As the browser asks" means it: what was once read here in another language is over.
        response.del_cookie(COOKIE)
        return response

    async def change_password(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Whoever knew the old one is signed out everywhere else."""
        form = await self._sign_in.form(request, who)
        one, password = who.operator, form.get("password", "")
        await self._proving.require_password(request, one, form.get("current", ""))
        if weak := weakness(password, one.login, one.name):
            raise Refused(weak, 422)
        hashed = await hash_of(self._proving, password)
        async with self._database.write() as tx:
            await self._people.set_password(tx, one, hashed, who.by, but=who.digest)
            await tx.sign_ins.confirm(who.digest, self._clock())
        return done(request, "/me?done=password_is_new")

    async def end_session(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        async with self._database.write() as tx:
            if await tx.sign_ins.end(form.get("session", ""), who.operator.id):
                await tx.acts.add_many([self._journal.act(who.by, Did.SESSIONS_ENDED)])
        return done(request, "/me?done=session_is_over")

    async def end_others(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        async with self._database.write() as tx:
            await tx.sign_ins.end_all(who.operator.id, who.digest)
            await tx.acts.add_many([self._journal.act(who.by, Did.SESSIONS_ENDED)])
        return done(request, "/me?done=sessions_are_over")


async def hash_of(proving: Proving, password: str) -> str:
    """Raises Refused."""
    try:
        return await proving.passwords.hash(password)
    except TooBusy as error:
        raise Refused("busy_signing_in", 503, headers={"Retry-After": "5"}) from error
