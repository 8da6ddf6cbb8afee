"""/replies: the replies kept ready, made and changed."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.ids import OperatorId, ReplyId
from inbox.catalogues import LANGUAGES
from inbox.finding import number_of
from inbox.language import language_of, sayer
from inbox.ready_replies import LONGEST, PLACEHOLDERS, Unfit, checked, shortcut_of
from inbox.rendering import Problem, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import Talking
from storage.database import Database
from storage.errors import BadData
from storage.replies import Reply


class RepliesPages:
    """`languages` are those of the contacts."""

    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        talking: Talking,
        languages: tuple[str, ...],
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._talking = talking
        self._languages = languages

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get("/replies", signed(self.list)),
            web.post("/replies", signed(self.add)),
            web.post("/replies/{reply}", signed(self.change)),
            web.post("/replies/{reply}/remove", signed(self.remove)),
        ]

    async def list(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return await self._page(request, who)

    async def add(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        try:
            reply = self._read(form, ReplyId(self._talking.new_id()), who)
        except Unfit as unfit:
            return await self._page(request, who, unfit=unfit, form=form)
        async with self._database.write() as tx:
            is_added = await tx.replies.add(reply, self._talking.now())
        if not is_added:
            taken = Unfit("shortcut_taken", shortcut=reply.shortcut)
            return await self._page(request, who, unfit=taken, form=form)
        return _see()

    async def change(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        known = await self._find(request, who)
        try:
            reply = self._read(form, known.id, who)
        except Unfit as unfit:
            return await self._page(request, who, unfit=unfit, form=form, at=known.id)
        try:
            async with self._database.write() as tx:
                is_changed = await tx.replies.change(reply, self._talking.now())
        except BadData:
            is_changed = False
        if not is_changed:
            taken = Unfit("shortcut_taken", shortcut=reply.shortcut)
            return await self._page(request, who, unfit=taken, form=form, at=known.id)
        return _see()

    async def remove(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        known = await self._find(request, who)
        async with self._database.write() as tx:
            await tx.replies.remove(known.id)
        return _see()

    async def _find(self, request: web.Request, who: SignedIn) -> Reply:
        """One's own, or everybody's where they may change those. Raises Problem."""
        id_ = number_of(request.match_info["reply"])
        async with self._database.read() as tx:
            reply = await tx.replies.find(ReplyId(id_)) if id_ is not None else None
        if reply is None or reply.operator not in (None, who.operator.id):
            raise Problem(404, "reply_gone")
        if reply.operator is None:
            _require_sharing(who)
        return reply

    def _read(self, form: Mapping[str, str], id_: ReplyId, who: SignedIn) -> Reply:
        owner: OperatorId | None = who.operator.id
        if form.get("whose") == "all":
            _require_sharing(who)
            owner = None
        texts = {one: form.get(f"text_{one}", "") for one in self._languages}
        given = {one: text.replace("\r\n", "\n") for one, text in texts.items()}
        return Reply(id_, shortcut_of(form.get("shortcut", "")), owner, checked(given))

    async def _page(
        self,
        request: web.Request,
        who: SignedIn,
        *,
        unfit: Unfit | None = None,
        form: Mapping[str, str] | None = None,
        at: ReplyId | None = None,
    ) -> web.Response:
        """`at`: the reply whose form is shown again; None: that of a new one."""
        async with self._database.read() as tx:
            replies = await tx.replies.of(who.operator.id)
        say = sayer(language_of(request))
        values: dict[str, Any] = {
            "me": who.operator,
            "may_share": who.may(Right.SHARE_REPLIES),
            "csrf": who.csrf,
            "replies": replies,
            "names": {one: LANGUAGES.get(one, one) for one in self._languages},
            "placeholders": PLACEHOLDERS,
            "longest": LONGEST,
            "problem": say(unfit.phrase, **unfit.values) if unfit else "",
            "given": form or {},
            "at": at,
        }
        return self._rendering.page(request, "replies.html", 422 if unfit else 200, **values)


def _require_sharing(who: SignedIn) -> None:
    if not who.may(Right.SHARE_REPLIES):
        raise Problem(403, "not_allowed")


def _see() -> web.Response:
    return web.Response(status=303, headers={"Location": "/replies", "Cache-Control": "no-store"})
