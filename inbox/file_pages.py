"""Files of messages, for operators: shown, and asked for once more where they did not come."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from core.content import Media
from core.ids import AccountId
from core.messages import Message
from inbox.bubbles import Bubbles
from inbox.files import Files, FileUnavailable
from inbox.finding import back
from inbox.rendering import Problem, answer, wants_json
from inbox.sign_in import SignedIn, SignIn
from storage.conversations import Listed
from storage.database import Database


class FilePages:
    """`collect` is called when a file is to be fetched from its messenger once more."""

    def __init__(
        self,
        database: Database,
        sign_in: SignIn,
        files: Files,
        bubbles: Bubbles,
        clock: Callable[[], datetime],
        collect: Callable[[], None],
    ) -> None:
        self._database = database
        self._sign_in = sign_in
        self._files = files
        self._bubbles = bubbles
        self._clock = clock
        self._collect = collect

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/files/{message}/{number}", self._sign_in.signed
        return [
            web.get(one, signed(self.show)),
            web.post(f"{one}/retry", signed(self.retry)),
        ]

    async def show(self, request: web.Request, _who: SignedIn) -> web.StreamResponse:
        message, _, account, media = await self._find(request)
        try:
            return await self._files.send(request, message, account, media)
        except FileUnavailable as error:
            raise Problem(502, "file_gone") from error

    async def retry(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Somebody else may have asked already: then the page only shows how it stands."""
        await self._sign_in.form(request, who)
        message, number, _, _ = await self._find(request)
        if await self._files.retry(message, number, self._clock()):
            self._collect()
            message = (await self._find(request))[0]
        listed = await self._conversation_of(message)
        if wants_json(request):
            return answer(await self._bubbles.show(request, who, listed, message))
        return back(request, listed, f"m{message.id}")

    async def _find(self, request: web.Request) -> tuple[Message, int, AccountId, Media]:
        id_, number = (_number(request.match_info[name]) for name in ("message", "number"))
        found = await self._files.find(id_, number)
        if found is None:
            raise Problem(404, "file_gone")
        message, account, media = found
        return message, number, account, media

    async def _conversation_of(self, message: Message) -> Listed:
        async with self._database.read() as tx:
            known = (await tx.conversations.load([message.address])).get(message.address)
            found = await tx.conversations.find([known.id]) if known is not None else []
        if not found:
            raise Problem(404, "lost")
        return found[0]


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    if not is_number or int(text) >= 2**63:
        raise Problem(404, "file_gone")
    return int(text)
