"""What operators do in a conversation, as forms; our script asks for JSON instead of a page."""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from core.content import Content, Media
from core.ids import ConversationId, OperatorId
from core.inbound import ConversationAct
from core.messages import Author
from inbox.bubbles import Bubbles
from inbox.conversations_api import LONGEST_TEXT
from inbox.file_forms import FileForm
from inbox.files import EmptyFile, Files
from inbox.filters import filter_of
from inbox.language import language_of, sayer
from inbox.rendering import Problem, Refused, answer, wants_json
from inbox.sign_in import SignedHandler, SignedIn, SignIn
from inbox.talking import KeyReused, Talking, Unreachable, Written
from media.library import TooLarge
from media.names import harmless
from media.store import StoreFailed
from storage.conversations import Listed

log = logging.getLogger(__name__)

MOST_FILES = 10
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Acting:
    def __init__(
        self,
        sign_in: SignIn,
        talking: Talking,
        files: Files,
        bubbles: Bubbles,
        page_of: Callable[..., Awaitable[web.Response]],
    ) -> None:
        self._sign_in = sign_in
        self._talking = talking
        self._files = files
        self._bubbles = bubbles
        self._page_of = page_of

    def routes(self) -> list[web.RouteDef]:
        one = "/inbox/{conversation}"
        acts = {
            "close": ConversationAct.CLOSE,
            "reopen": ConversationAct.REOPEN,
            "read": ConversationAct.READ,
            "give-back": ConversationAct.GIVE_BACK,
        }
        signed = self._sign_in.signed
        return [
            web.post(f"{one}/messages", signed(self.write)),
            web.post(f"{one}/assign", signed(self.assign)),
            *(web.post(f"{one}/{name}", signed(self._doing(act))) for name, act in acts.items()),
        ]

    async def write(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Queue an answer with its files. The same form twice is one answer."""
        form = await self._sign_in.file_form(request, who)
        listed = await self.find(request)
        text = form.fields.get("text", "").replace("\r\n", "\n").strip()
        try:
            written = await self._write(listed, text, form, who.operator.id)
        except Refused as refused:
            say = sayer(language_of(request))
            words = say(refused.phrase, name=listed.name, **refused.values)
            if wants_json(request):
                return answer({"error": words, "key": new_key()}, refused.status)
            if form.has_files:
                # A page cannot fill in what was chosen.
                words = f"{words} {say('choose_again')}"
            return await self._page_of(
                request, who, listed, status=refused.status, problem=words, draft=text
            )
        if wants_json(request):
            shown = await self._bubbles.show(request, who, listed, written.message)
            return answer({**shown, "key": new_key()})
        return back(request, listed)

    async def _write(
        self, listed: Listed, text: str, form: FileForm, operator: OperatorId
    ) -> Written:
        key = form.fields.get("key", "")
        if _KEY.fullmatch(key) is None:
            raise Problem(400, "bad_form")
        if len(text) > LONGEST_TEXT:
            raise Refused("too_long_answer", 422)
        content = Content(text, attachments=await self._keep(form))
        if content.is_empty:
            raise Refused("empty_answer", 422)
        try:
            return await self._talking.write(listed, content, key, operator, Author.OPERATOR)
        except Unreachable as error:
            raise Refused("unreachable", 409) from error
        except KeyReused as error:
            raise Refused("key_reused", 409) from error

    async def _keep(self, form: FileForm) -> tuple[Media, ...]:
        """The files of an answer. What was kept of a refused one is tidied away by itself."""
        kept: list[Media] = []
        async for name, chunks in form.files():
            if len(kept) == MOST_FILES:
                raise Refused("too_many_files", 422, most=MOST_FILES)
            try:
                kept.append(await self._files.keep(chunks, name))
            except EmptyFile as error:
                raise Refused("empty_file", 422, file=harmless(name)) from error
            except TooLarge as error:
                most = self._files.most_bytes // 2**20
                raise Refused("too_large_file", 413, file=harmless(name), most=most) from error
            except StoreFailed as error:
                log.warning("a file was not kept", extra={"error": str(error)})
                raise Refused("file_not_kept", 503) from error
        return tuple(kept)

    async def assign(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """To me, or to nobody."""
        form = await self._sign_in.form(request, who)
        wanted = form.get("assignee", "")
        if wanted not in ("me", "none"):
            raise Problem(400, "bad_form")
        assignee = who.operator.id if wanted == "me" else None
        listed = await self.find(request)
        await self._talking.act(listed, ConversationAct.ASSIGN, who.operator.id, assignee)
        return _done(request, listed)

    def _doing(self, act: ConversationAct) -> SignedHandler:
        async def handle(request: web.Request, who: SignedIn) -> web.StreamResponse:
            await self._sign_in.form(request, who)
            listed = await self.find(request)
            await self._talking.act(listed, act, who.operator.id)
            return _done(request, listed)

        return handle

    async def find(self, request: web.Request) -> Listed:
        """The conversation of this path. Raises Problem."""
        text = request.match_info["conversation"]
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
            raise Problem(404, "lost")
        listed = await self._talking.find(ConversationId(int(text)))
        if listed is None:
            raise Problem(404, "lost")
        return listed


def new_key() -> str:
    """What makes the next answer one of a kind, however often its form is sent."""
    return secrets.token_urlsafe(12)


def _done(request: web.Request, listed: Listed) -> web.Response:
    return answer({}) if wants_json(request) else back(request, listed)


def back(request: web.Request, listed: Listed, place: str = "end") -> web.Response:
    """To the conversation, in the list that one works in; `place` is where on its page."""
    query = filter_of(request.query).query
    location = f"/inbox/{listed.conversation.id}?{query}#{place}"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})
