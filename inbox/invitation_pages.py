"""Invitations: an administrator makes a link, and whoever opens it first becomes an operator."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from core.acts import Did
from core.ids import InvitationId, OperatorId
from core.roles import Role
from inbox.cookies import digest_of
from inbox.forms import read_form
from inbox.journal import Journal
from inbox.me_pages import hash_of
from inbox.passwords import weakness
from inbox.people import LONGEST_NAME, is_login
from inbox.people_pages import PeoplePages
from inbox.proving import Proving
from inbox.rendering import Problem, Refused, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn, done
from storage.database import Database
from storage.invitations import Invitation
from storage.operators import Operator

LIFE = timedelta(days=7)
_LONGEST_EMAIL = 254


class InvitationPages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        proving: Proving,
        people_pages: PeoplePages,
        journal: Journal,
        public_url: str,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._proving = proving
        self._people_pages = people_pages
        self._journal = journal
        self._clock = journal.clock
        self._public_url = public_url.rstrip("/")

    def routes(self) -> list[web.RouteDef]:
        signed, told, one = self._sign_in.signed, self._sign_in.told, "/invitations/{token}"
        return [
            web.post("/people/invite", signed(self.invite, Right.MANAGE_PEOPLE)),
            web.post("/people/revoke", signed(self.revoke, Right.MANAGE_PEOPLE)),
            web.get(one, told(self.ask)),
            web.post(f"{one}/accept", told(self.accept)),
        ]

    async def invite(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        token, now = secrets.token_urlsafe(32), self._clock()
        made = Invitation(
            InvitationId(self._journal.new_id()),
            digest_of(token),
            _role(form),
            form.get("name", "").strip()[:LONGEST_NAME],
            form.get("email", "").strip()[:_LONGEST_EMAIL],
            who.operator.id,
            now,
            now + LIFE,
        )
        about = {"whom": made.name or made.email, "role": made.role}
        async with self._database.write() as tx:
            await tx.invitations.add(made)
            await tx.acts.add_many([self._journal.act(who.by, Did.INVITED, about)])
        link = f"{self._public_url}/invitations/{token}"
        return await self._people_pages.list_page(request, who, link)

    async def revoke(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        text = form.get("invitation", "")
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
            raise Problem(400, "bad_form")
        async with self._database.write() as tx:
            gone = await tx.invitations.revoke(InvitationId(int(text)))
            if gone is not None:
                about = {"whom": gone.name or gone.email, "role": gone.role}
                act = self._journal.act(who.by, Did.INVITATION_REVOKED, about)
                await tx.acts.add_many([act])
        return done(request, "/people?done=invitation_is_revoked")

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """The form to become an operator with."""
        invitation = await self._find(request)
        return self._rendering.page(
            request, "invitation.html", invitation=invitation, token=request.match_info["token"]
        )

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """An operator is made and signed in here. Of two who come at once one is refused."""
        self._sign_in.require_ours(request)
        form = await read_form(request)
        await self._find(request)
        login, name = form.get("login", "").strip(), form.get("name", "").strip()
        _check(login, name, form.get("password", ""))
        hashed = await hash_of(self._proving, form.get("password", ""))
        now = self._clock()
        async with self._database.write() as tx:
            taken = await tx.invitations.take(digest_of(request.match_info["token"]), now)
            if taken is None:
                raise Problem(404, "invitation_over")
            new_id = OperatorId(self._journal.new_id())
            operator = Operator(new_id, login, name, hashed, now, role=taken.role)
            if not await tx.operators.add(operator):
                # Nothing of it happens: the invitation stays good.
                raise Refused("login_taken", 409)
            by = self._proving.by(request, operator)
            about = {"role": taken.role}
            await tx.acts.add_many([self._journal.act(by, Did.INVITATION_ACCEPTED, about)])
            token = await self._sign_in.begin(request, tx, operator)
        return self._sign_in.welcome(request, operator, token, "/inbox")

    async def _find(self, request: web.Request) -> Invitation:
        async with self._database.read() as tx:
            digest = digest_of(request.match_info["token"])
            found = await tx.invitations.find(digest, self._clock())
        if found is None:
            raise Problem(404, "invitation_over")
        return found


def _role(form: Mapping[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Problem(400, "bad_form") from error


def _check(login: str, name: str, password: str) -> None:
    """Raises Refused with the first thing that is wrong."""
    if not is_login(login):
        raise Refused("login_form", 422)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused("name_length", 422, most=LONGEST_NAME)
    if weak := weakness(password, login, name):
        raise Refused(weak, 422)
