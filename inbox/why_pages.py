"""Why a message went as it did; and what somebody gets, or why they do not."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from core.ids import ContactId, MessageId
from core.messages import Direction
from dialogues.catalog import Catalog
from inbox.bubbles import onlooker_of
from inbox.contacts_rows import name_of
from inbox.finding import find_listed, number_of
from inbox.language import language_of
from inbox.rendering import Problem, Rendering
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import Talking
from inbox.telling import status_words
from inbox.thread_view import preview
from inbox.topics_view import Known, standings
from inbox.why import facts
from inbox.why_reading import read_story
from storage.database import Database
from storage.tx import Tx

_MOST_RECORDS = 300
_MOST_MESSAGES = 100


class WhyPages:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        rendering: Rendering,
        sign_in: SignIn,
        talking: Talking,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._rendering = rendering
        self._sign_in = sign_in
        self._talking = talking
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get("/inbox/{conversation}/why/{message}", signed(self.explain)),
            # After the acts on many, whose paths look like a person's.
            web.get(r"/contacts/{contact:\d+}", signed(self.person)),
        ]

    async def explain(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        listed = await find_listed(self._talking, request)
        id_, language = number_of(request.match_info["message"]), language_of(request)
        async with self._database.read() as tx:
            found = await tx.messages.find([MessageId(id_)]) if id_ is not None else []
            message = found[0] if found else None
            if (
                message is None
                or message.address != listed.conversation.address
                or message.direction is not Direction.OUT
            ):
                raise Problem(404, "lost")
            onlooker = await onlooker_of(tx, who, language)
            story = await read_story(tx, listed, message)
        status, look = status_words(message, language)
        return self._rendering.page(
            request,
            "why.html",
            me=who.operator,
            csrf=who.csrf,
            listed=listed,
            message=message,
            text=preview(message, language).partition(": ")[2],
            became=status,
            look=look,
            facts=facts(story, self._catalog, onlooker),
        )

    async def person(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """How they stand to each topic at each messenger, and by which act of theirs."""
        id_, language = number_of(request.match_info["contact"]), language_of(request)
        async with self._database.read() as tx:
            known = await _read_person(tx, ContactId(id_)) if id_ is not None else None
        if known is None:
            raise Problem(404, "lost")
        return self._rendering.page(
            request,
            "contact.html",
            me=who.operator,
            csrf=who.csrf,
            known=known,
            standings=standings(known, self._catalog, self._clock(), language),
        )


async def _read_person(tx: Tx, id_: ContactId) -> Known | None:
    contact = (await tx.contacts.load([id_])).get(id_)
    if contact is not None and contact.merged_into is not None:
        contact = (await tx.contacts.load([contact.merged_into])).get(contact.merged_into)
    if contact is None:
        return None
    addresses = [address for _, address in await tx.addresses.of_people([contact.id])]
    ids = [address.id for address in addresses]
    records = await tx.consents.latest(ids, _MOST_RECORDS)
    threads = await tx.conversations.of_addresses(ids)
    return Known(
        name=name_of(contact, addresses),
        contact=contact,
        addresses=addresses,
        rows=await tx.subscriptions.load(ids),
        records=records[::-1],
        messages=await tx.messages.on_topics(ids, _MOST_MESSAGES),
        threads={one.conversation.address: str(one.conversation.id) for one in threads},
    )
