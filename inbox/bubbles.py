"""One message as our script takes it, when it was just written or has changed."""

from aiohttp import web

from core.ids import OperatorId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.filters import filter_of
from inbox.language import language_of
from inbox.rendering import Rendering
from inbox.sign_in import SignedIn
from inbox.thread import read_entries
from inbox.thread_view import Happened, Onlooker
from storage.conversations import Listed
from storage.database import Database
from storage.notes import Note
from storage.tx import Tx


class Bubbles:
    def __init__(self, database: Database, catalog: Catalog, rendering: Rendering) -> None:
        self._database = database
        self._catalog = catalog
        self._rendering = rendering

    async def show(
        self, request: web.Request, who: SignedIn, listed: Listed, one: Message | Note
    ) -> dict[str, str]:
        """{id, mark, html}, as the stream would send it."""
        happened = Happened(notes=[one]) if isinstance(one, Note) else Happened([one])
        language = language_of(request)
        async with self._database.read() as tx:
            onlooker = await onlooker_of(tx, who, language)
            [entry] = await read_entries(tx, happened, listed, self._catalog, onlooker)
        html = self._rendering.fragment(
            "entry.html",
            language,
            entry=entry,
            conversation=listed.conversation.id,
            csrf=who.csrf,
            filter=filter_of(request.query),
        )
        return {"id": entry.id, "mark": entry.mark, "html": html}


async def onlooker_of(tx: Tx, who: SignedIn, language: str) -> Onlooker:
    names = {OperatorId(one.id): one.name or one.login for one in await tx.operators.all()}
    return Onlooker(who.operator.id, names, language, who.operator.role)
