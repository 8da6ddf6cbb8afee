"""An operator edits or deletes an answer that was sent; our script does it in the composer."""

from aiohttp import web

from core.altering import Alteration, Target, Why
from core.content import Content
from core.ids import AlterationId, MessageId
from core.inbound import OperatorAltered
from core.parts import fit
from dialogues.catalog import Catalog
from inbox.altering_words import about, whole
from inbox.bubbles import Bubbles
from inbox.filters import filter_of
from inbox.finding import back, find_listed, number_of
from inbox.foreseeing import LONGEST_TEXT
from inbox.language import language_of
from inbox.rendering import Problem, Refused, Rendering, answer, wants_json
from inbox.rights import Right, may
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import Talking
from storage.conversations import Listed
from storage.database import Database


class Altering:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        talking: Talking,
        bubbles: Bubbles,
        rendering: Rendering,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._talking = talking
        self._bubbles = bubbles
        self._rendering = rendering

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}/messages/{message}", self._sign_in.signed
        return [
            web.get(one, signed(self.find)),
            web.get(f"{one}/edit", signed(self.show)),
            web.post(f"{one}/edit", signed(self.edit)),
            web.post(f"{one}/delete", signed(self.delete)),
        ]

    async def find(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Where it stands in its thread."""
        listed = await find_listed(self._talking, request)
        target = await self._target(request, listed)
        return back(request, listed, f"m{target.message.id}")

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """The form, for browsers without our script."""
        listed = await find_listed(self._talking, request)
        target = await self._target(request, listed)
        return self._form(request, who, listed, target, target.message.content.text)

    def _form(
        self,
        request: web.Request,
        who: SignedIn,
        listed: Listed,
        target: Target,
        text: str,
        status: int = 200,
        problem: str = "",
    ) -> web.Response:
        account = self._catalog.accounts.get(listed.account)
        return self._rendering.page(
            request, "edit.html", status, me=who.operator, csrf=who.csrf, listed=listed, text=text,
            message=target.message.id, problem=problem, filter=filter_of(request.query),
            messenger=account.title if account else "",
        )  # fmt: skip

    async def edit(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Ask for another wording. The thread has it when the messenger has."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        target = await self._target(request, listed)
        text = form.get("text", "").replace("\r\n", "\n").strip()
        try:
            self._require_text(listed, text)
            await self._alter(listed, target, Alteration.EDIT, who, text)
        except Refused as refused:
            if wants_json(request):
                raise
            words = whole(refused.phrase, refused.values, language_of(request))
            return self._form(request, who, listed, target, text, refused.status, words)
        return await self._done(request, who, listed, target)

    def _require_text(self, listed: Listed, text: str) -> None:
        """Raises Refused."""
        account = self._catalog.accounts.get(listed.account)
        if not text:
            raise Refused("empty_edit", 422)
        most = account.limits.text if account else LONGEST_TEXT
        is_too_long = account is not None and len(fit(Content(text), account.limits)) > 1
        if is_too_long or len(text) > LONGEST_TEXT:
            title = account.title if account else ""
            raise Refused(f"alter_why_{Why.TOO_LONG}", 422, None, messenger=title, most=most)

    async def delete(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Ask to take it back. Nothing of it stays when the messenger has done it."""
        await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        target = await self._target(request, listed)
        await self._alter(listed, target, Alteration.DELETE, who)
        return await self._done(request, who, listed, target)

    async def _alter(
        self, listed: Listed, target: Target, act: Alteration, who: SignedIn, text: str = ""
    ) -> None:
        """Raises Refused."""
        event = OperatorAltered(
            target.message.id,
            act,
            who.operator.id,
            AlterationId(self._talking.new_id()),
            text,
            may_all=may(who.operator.role, Right.ALTER_OTHERS),
        )
        status = await self._talking.alter(listed, event)
        if status == "taken":
            return
        if status not in list(Why):
            raise Problem(404, "lost")
        account = self._catalog.accounts.get(listed.account)
        values = about(listed, account)
        raise Refused(f"alter_why_{status}", 409, None, **values)

    async def _done(
        self, request: web.Request, who: SignedIn, listed: Listed, target: Target
    ) -> web.Response:
        if not wants_json(request):
            return back(request, listed, f"m{target.message.id}")
        current = await self._target(request, listed)
        return answer(
            {"entries": [await self._bubbles.show(request, who, listed, current.message)]}
        )

    async def _target(self, request: web.Request, listed: Listed) -> Target:
        """The answer that the path means. Raises Problem."""
        id_ = number_of(request.match_info["message"])
        async with self._database.read() as tx:
            found = await tx.alterations.targets([MessageId(id_)]) if id_ is not None else {}
        target = next(iter(found.values()), None)
        if target is None or target.message.address != listed.conversation.address:
            raise Problem(404, "lost")
        return target
