"""Answers of operators, as forms; our script asks for JSON instead of a page."""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from core.channels import Limits
from core.content import Content, Media
from core.ids import MessageId, OperatorId
from core.messages import RESENDABLE, Author, Direction, Message
from dialogues.catalog import Catalog
from inbox.bubbles import Bubbles, onlooker_of
from inbox.file_forms import FileForm
from inbox.files import EmptyFile, Files
from inbox.finding import KEY, back, find_listed, number_of, refused_to_say, why_silent
from inbox.foreseeing import MOST_FILES, Foreseen, foresee
from inbox.language import language_of, sayer
from inbox.presence import Presence
from inbox.rendering import Problem, Refused, answer, wants_json
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import KeyReused, Overtaken, Talking, Unreachable, Written
from inbox.thread_view import preview
from media.kinds import sent_as
from media.library import TooLarge
from media.names import harmless
from media.store import StoreFailed
from storage.conversations import Listed
from storage.database import Database

log = logging.getLogger(__name__)


class Acting:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        talking: Talking,
        files: Files,
        bubbles: Bubbles,
        presence: Presence,
        page_of: Callable[..., Awaitable[web.Response]],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._talking = talking
        self._files = files
        self._bubbles = bubbles
        self._presence = presence
        self._page_of = page_of

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}", self._sign_in.signed
        return [
            web.post(f"{one}/messages", signed(self.write)),
            web.post(f"{one}/messages/{{message}}/again", signed(self.resend)),
            web.post(f"{one}/foresee", signed(self.foresee)),
        ]

    async def write(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Queue an answer with its files. The same form twice is one answer."""
        form = await self._sign_in.file_form(request, who)
        listed = await find_listed(self._talking, request)
        text = form.fields.get("text", "").replace("\r\n", "\n").strip()
        try:
            written = await self._write(listed, text, form, who.operator.id)
        except Refused as refused:
            return await self._refuse(request, who, listed, refused, text, form)
        except Overtaken as overtaken:
            told = await self._overtaken(request, who, overtaken)
            return await self._refuse(request, who, listed, told, text, form)
        self._presence.stops(listed.conversation.id, who.operator.id)
        if wants_json(request):
            shown = await self._bubbles.show(request, who, listed, written.message)
            return answer({**shown, "key": new_key()})
        return back(request, listed)

    async def _refuse(
        self,
        request: web.Request,
        who: SignedIn,
        listed: Listed,
        refused: Refused,
        text: str,
        form: FileForm,
    ) -> web.StreamResponse:
        say = sayer(language_of(request))
        words = say(refused.phrase, **{"name": listed.name, **refused.values})
        may_force = refused.phrase in ("overtaken", "overtaken_elsewhere")
        if wants_json(request):
            return answer({"error": words, "key": new_key(), "force": may_force}, refused.status)
        if form.has_files:
            # A page cannot fill in what was chosen.
            words = f"{words} {say('choose_again')}"
        return await self._page_of(
            request,
            who,
            listed,
            status=refused.status,
            problem=words,
            draft=text,
            may_force=may_force,
        )

    async def _overtaken(
        self, request: web.Request, who: SignedIn, overtaken: Overtaken
    ) -> Refused:
        message, language = overtaken.answer, language_of(request)
        if message is None or message.operator is None:
            return Refused("overtaken_elsewhere", 409)
        async with self._database.read() as tx:
            onlooker = await onlooker_of(tx, who, language)
        said = preview(message, language).partition(": ")[2]
        return Refused("overtaken", 409, who=onlooker.name(message.operator), text=said)

    async def _write(
        self, listed: Listed, text: str, form: FileForm, operator: OperatorId
    ) -> Written:
        fields = form.fields
        key = fields.get("key", "")
        if KEY.fullmatch(key) is None:
            raise Problem(400, "bad_form")
        # First without the files: what is refused anyway need not be kept.
        self._require(self._foreseen(listed, Content(text)))
        content = Content(text, attachments=await self._keep(form))
        if content.is_empty:
            raise Refused("empty_answer", 422)
        self._require(self._foreseen(listed, content))
        is_forced = bool(fields.get("force"))
        seen = None if is_forced else number_of(fields.get("seen", ""))
        try:
            return await self._talking.write(
                listed,
                content,
                key,
                operator,
                Author.OPERATOR,
                MessageId(seen) if seen is not None else None,
            )
        except Unreachable as error:
            raise refused_to_say(error, listed) from error
        except KeyReused as error:
            raise Refused("key_reused", 409) from error

    def _foreseen(self, listed: Listed, content: Content) -> Foreseen:
        account = self._catalog.accounts.get(listed.account)
        limits, title = (account.limits, account.title) if account else (_NO_LIMITS, "")
        return foresee(content, limits, title, why_silent=why_silent(listed))

    def _require(self, foreseen: Foreseen) -> None:
        for phrase in foreseen.refusals:
            status = 409 if phrase.name in ("unreachable", "blocked_here") else 422
            raise Refused(phrase.name, status, None, **phrase.values)

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

    async def foresee(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """What would become of an answer, while it is being written: {problem, hint}."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        content = Content(form.get("text", "").strip(), attachments=_announced(form))
        foreseen = self._foreseen(listed, content)
        say = sayer(language_of(request))
        problem, hint = (
            " ".join(say(one.name, **{"name": listed.name, **one.values}) for one in phrases)
            for phrases in (foreseen.refusals, foreseen.hints)
        )
        return answer({"problem": problem, "hint": hint})

    async def resend(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Say once more what did not arrive."""
        await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        original = await self._original(request, listed)
        try:
            written = await self._talking.resend(listed, original, who.operator.id)
        except Unreachable as error:
            raise refused_to_say(error, listed) from error
        if wants_json(request):
            shown = await self._bubbles.show(request, who, listed, original)
            fresh = await self._bubbles.show(request, who, listed, written.message)
            return answer({"entries": [{**shown, "mark": f"{shown['mark']} again"}, fresh]})
        return back(request, listed)

    async def _original(self, request: web.Request, listed: Listed) -> Message:
        id_ = number_of(request.match_info["message"])
        async with self._database.read() as tx:
            found = await tx.messages.find([MessageId(id_)]) if id_ is not None else []
        message = found[0] if found else None
        if message is None or message.address != listed.conversation.address:
            raise Problem(404, "lost")
        if message.direction is not Direction.OUT or message.status not in RESENDABLE:
            raise Refused("not_resendable", 409)
        return message


def new_key() -> str:
    """What makes the next answer one of a kind, however often its form is sent."""
    return secrets.token_urlsafe(12)


def _announced(form: Mapping[str, str]) -> tuple[Media, ...]:
    """Files that a browser tells of before it brings them: a list of [name, size, type]."""
    try:
        told = json.loads(form.get("files", "[]"))
        return tuple(
            Media(sent_as(str(mime), int(size)), "", harmless(str(name)), str(mime), int(size))
            for name, size, mime in told[: MOST_FILES + 1]
        )
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Problem(400, "bad_form") from error


_NO_LIMITS = Limits(
    text=4096, caption=1024, button_label=64, button_value_bytes=64, buttons=1, buttons_in_row=1,
    start_parameter=64, account_per_second=1, address_per_second=1, address_burst=1,
    is_idempotent=False, tells_delivered=False, tells_read=False,
)  # fmt: skip
"""For an account that is not configured any more: nothing can be sent there."""
