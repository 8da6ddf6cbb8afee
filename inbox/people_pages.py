"""/people: who works here and as what, for administrators."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

from core.acts import Did
from core.ids import OperatorId
from core.roles import Role
from inbox.lifetimes import is_alive
from inbox.people import LastAdmin, People
from inbox.rendering import Problem, Refused, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedHandler, SignedIn, SignIn, done
from storage.database import Database
from storage.operators import Operator
from storage.tx import Tx

ToOne: TypeAlias = Callable[[Tx, Operator, SignedIn], Awaitable[None]]
"""Something done to one operator, in a transaction."""


class PeoplePages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        people: People,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._people = people
        self._clock = people.journal.clock

    def routes(self) -> list[web.RouteDef]:
        def managing(handler: SignedHandler) -> Callable[..., Awaitable[web.StreamResponse]]:
            return self._sign_in.signed(handler, Right.MANAGE_PEOPLE)

        one = "/people/{operator}"
        return [
            web.get("/people", managing(self.list)),
            web.post("/people/second-factor", managing(self.demand)),
            web.get(one, managing(self.show)),
            web.post(f"{one}/role", managing(self.change_role)),
            web.post(f"{one}/disable", managing(self._doing(self._disable, is_dangerous=False))),
            web.post(f"{one}/enable", managing(self._doing(self._enable))),
            web.post(f"{one}/end", managing(self._doing(self._end, is_dangerous=False))),
            web.post(f"{one}/reset", managing(self._doing(self._reset))),
        ]

    async def list(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await self.list_page(request, who)

    async def list_page(self, request: web.Request, who: SignedIn, link: str = "") -> web.Response:
        """`link` is a new invitation's, which is shown this once."""
        async with self._database.read() as tx:
            people = await tx.operators.all()
            invitations = await tx.invitations.open(self._clock())
            since = await tx.settings.second_factor_since()
        return self._page(
            request,
            who,
            "people.html",
            people=people,
            invitations=invitations,
            names={one.id: one.name or one.login for one in people},
            second_factor_since=since,
            roles=list(Role),
            link=link,
        )

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        async with self._database.read() as tx:
            one = await self._find(tx, request)
            rows = await tx.sign_ins.of(one.id)
        now = self._clock()
        sessions = [row for row in rows if is_alive(row, one.role, now)]
        return self._page(request, who, "person.html", one=one, sessions=sessions, roles=list(Role))

    async def demand(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Everybody needs a second factor from their next sign-in on; or nobody does."""
        form = await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        is_on = form.get("demand", "") == "yes"
        if is_on and not who.operator.has_second_factor:
            # Whoever demands it has tried it: else a broken clock locks everybody out.
            raise Refused("demand_needs_own", 409)
        now, journal = self._clock(), self._people.journal
        did = Did.SECOND_FACTOR_DEMANDED if is_on else Did.SECOND_FACTOR_FREED
        async with self._database.write() as tx:
            if is_on != (await tx.settings.second_factor_since() is not None):
                await tx.settings.demand_second_factor(now if is_on else None, now)
                await tx.acts.add_many([journal.act(who.by, did)])
        return done(request, "/people?done=saved")

    async def change_role(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        try:
            role = Role(form.get("role", ""))
        except ValueError as error:
            raise Problem(400, "bad_form") from error

        async def change(tx: Tx, one: Operator, who: SignedIn) -> None:
            if one.role is not role:
                await self._people.set_role(tx, one, role, who.by)

        return await self._do(request, who, change, is_dangerous=True)

    async def _disable(self, tx: Tx, one: Operator, who: SignedIn) -> None:
        if one.id == who.operator.id:
            raise Refused("not_yourself", 409)
        await self._people.disable(tx, one, who.by)

    async def _enable(self, tx: Tx, one: Operator, who: SignedIn) -> None:
        await self._people.enable(tx, one, who.by)

    async def _end(self, tx: Tx, one: Operator, who: SignedIn) -> None:
        await self._people.end_sessions(tx, one, who.by, but=who.digest)

    async def _reset(self, tx: Tx, one: Operator, who: SignedIn) -> None:
        if one.id == who.operator.id:
            # That would be a way around the code that turning it off wants.
            raise Refused("not_yourself", 409)
        await self._people.reset_second_factor(tx, one, who.by)

    def _doing(self, act: ToOne, *, is_dangerous: bool = True) -> SignedHandler:
        async def handle(request: web.Request, who: SignedIn) -> web.StreamResponse:
            await self._sign_in.form(request, who)
            return await self._do(request, who, act, is_dangerous=is_dangerous)

        return handle

    async def _do(
        self, request: web.Request, who: SignedIn, act: ToOne, *, is_dangerous: bool
    ) -> web.Response:
        if is_dangerous:
            self._sign_in.require_fresh(who)
        try:
            async with self._database.write() as tx:
                one = await self._find(tx, request)
                await act(tx, one, who)
        except LastAdmin as error:
            raise Refused("last_admin", 409) from error
        return done(request, f"/people/{one.id}?done=saved")

    async def _find(self, tx: Tx, request: web.Request) -> Operator:
        text = request.match_info["operator"]
        is_id = text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63
        one = await tx.operators.get(OperatorId(int(text))) if is_id else None
        if one is None:
            raise Problem(404, "nobody_here")
        return one

    def _page(
        self, request: web.Request, who: SignedIn, template: str, **values: object
    ) -> web.Response:
        return self._rendering.page(
            request,
            template,
            200,
            None,
            me=who.operator,
            csrf=who.csrf,
            done=request.query.get("done", ""),
            **values,
        )
