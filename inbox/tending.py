"""What operators change about a person: subscriptions on their word, tags, whom we listen to."""

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.consent import Source
from core.ids import SessionId, TopicId
from core.inbound import (
    ConversationAct,
    OperatorActed,
    OperatorEdited,
    OperatorEnded,
    OptedByPage,
)
from core.people import LONGEST_TAG, Address, Json
from core.switching import WhyNot
from core.text import clean
from dialogues.catalog import Catalog
from inbox.bubbles import onlooker_of
from inbox.card import read_records
from inbox.finding import done, find_listed, number_of
from inbox.language import language_of
from inbox.rendering import Problem, Refused, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedHandler, SignedIn, SignIn
from inbox.switches import WHY_NOT
from inbox.talking import Talking
from storage.conversations import Listed
from storage.database import Database

_LONGEST_WORDS = 1000
_LONGEST_VALUE = 300
_MOST_TAGS = 50
_MOST_ATTRIBUTES = 100
_NAME = re.compile(r"[^\W\d]\w{0,63}")
_YES = {"yes", "true", "да", "1"}
_NO = {"no", "false", "нет", "0"}


class Tending:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        talking: Talking,
        rendering: Rendering,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._talking = talking
        self._rendering = rendering

    def routes(self) -> list[web.RouteDef]:
        one = "/inbox/{conversation}"
        acts: dict[str, SignedHandler] = {
            "subscription": self.opt,
            "tags": self.tag,
            "tags/off": self.untag,
            "attributes": self.set_attribute,
            "session/end": self.end_session,
            "block": self._hearing(ConversationAct.BLOCK),
            "unblock": self._hearing(ConversationAct.UNBLOCK),
            "unmute": self._hearing(ConversationAct.UNMUTE),
        }
        tending = Right.TEND_CONTACT
        return [
            web.get(f"{one}/consents", self._sign_in.signed(self.consents)),
            *(
                web.post(f"{one}/{name}", self._sign_in.signed(act, tending))
                for name, act in acts.items()
            ),
        ]

    async def consents(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Every act of consent with its evidence, a page at a time, the newest first."""
        listed = await find_listed(self._talking, request)
        before, language = number_of(request.query.get("before", "")), language_of(request)
        async with self._database.read() as tx:
            onlooker = await onlooker_of(tx, who, language)
            people = await tx.addresses.of_people([listed.contact])
            addresses = [address for _, address in people]
            records, earlier = await read_records(
                tx, addresses, before, self._catalog, onlooker, listed.name
            )
        return self._rendering.page(
            request, "consents.html", me=who.operator, csrf=who.csrf, listed=listed,
            records=records, earlier=earlier, is_first=before is None,
        )  # fmt: skip

    async def opt(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Subscribe or unsubscribe the contact on their word, which is kept as the evidence."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        topic, act = TopicId(form.get("topic", "")), form.get("act", "")
        address = await self._address(listed, form)
        if act not in ("subscribe", "unsubscribe") or not await self._is_known(topic, address):
            raise Problem(400, "bad_form")
        words = clean(form.get("words", "")).strip()
        if not 0 < len(words) <= _LONGEST_WORDS:
            raise Refused("needs_their_word", 422, most=_LONGEST_WORDS)
        operator = who.operator.id
        evidence = {"written": words, "operator": str(operator)}
        opted = OptedByPage(topic, act == "subscribe", Source.OPERATOR, evidence, operator=operator)
        [answer] = await self._talking.tell([address], "opted", opted)
        if answer.status in set(WhyNot):
            raise Refused(WHY_NOT[WhyNot(answer.status)], 409, name=listed.name)
        return done(request, listed, "person")

    async def _address(self, listed: Listed, form: Mapping[str, str]) -> Address:
        """The one that the form means, this conversation's without a word. Raises Problem."""
        id_ = number_of(form.get("address", str(listed.conversation.address)))
        for address in await self._addresses(listed):
            if address.id == id_:
                return address
        raise Problem(400, "bad_form")

    async def _addresses(self, listed: Listed) -> list[Address]:
        async with self._database.read() as tx:
            return [address for _, address in await tx.addresses.of_people([listed.contact])]

    async def _is_known(self, topic: TopicId, address: Address) -> bool:
        if topic in self._catalog.topics:
            return True
        async with self._database.read() as tx:
            return topic in (await tx.subscriptions.load([address.id])).get(address.id, {})

    async def tag(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        name = " ".join(clean(form.get("tag", "")).split())
        if not 0 < len(name) <= LONGEST_TAG:
            raise Refused("bad_tag", 422, most=LONGEST_TAG)
        async with self._database.read() as tx:
            tags = (await tx.contacts.load([listed.contact]))[listed.contact].tags
        if len(tags - {name}) >= _MOST_TAGS:
            raise Refused("too_many_tags", 409, most=_MOST_TAGS)
        await self._edit(listed, OperatorEdited(name, True, who.operator.id, is_tag=True))
        return done(request, listed, "person")

    async def untag(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        name = form.get("tag", "")
        await self._edit(listed, OperatorEdited(name, None, who.operator.id, is_tag=True))
        return done(request, listed, "person")

    async def set_attribute(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """A value by its name; an empty one takes it away. What was a number stays one."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        name, text = form.get("name", "").strip(), clean(form.get("value", "")).strip()
        async with self._database.read() as tx:
            known = (await tx.contacts.load([listed.contact]))[listed.contact].attributes
        if name not in known:
            if _NAME.fullmatch(name) is None:
                raise Refused("bad_attribute", 422)
            if len(known) >= _MOST_ATTRIBUTES:
                raise Refused("too_many_attributes", 409, most=_MOST_ATTRIBUTES)
        if len(text) > _LONGEST_VALUE:
            raise Refused("long_attribute", 422, most=_LONGEST_VALUE)
        value = read_value(text, known.get(name)) if text else None
        await self._edit(listed, OperatorEdited(name, value, who.operator.id))
        return done(request, listed, "person")

    async def _edit(self, listed: Listed, event: OperatorEdited) -> None:
        await self._talking.tell([await self._here(listed)], "edited", event)

    async def _here(self, listed: Listed) -> Address:
        return await self._address(listed, {})

    async def end_session(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """The bot drops a dialogue; one that is over already is no mistake."""
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        session = number_of(form.get("session", ""))
        if session is None:
            raise Problem(400, "bad_form")
        ended = OperatorEnded(SessionId(session), who.operator.id)
        await self._talking.tell([await self._here(listed)], "ended", ended)
        return done(request, listed, "person")

    def _hearing(self, act: ConversationAct) -> SignedHandler:
        """At all of the person's addresses at once; a mute belongs to one of them."""

        async def handle(request: web.Request, who: SignedIn) -> web.StreamResponse:
            await self._sign_in.form(request, who)
            listed = await find_listed(self._talking, request)
            is_one = act is ConversationAct.UNMUTE
            addresses = [await self._here(listed)] if is_one else await self._addresses(listed)
            await self._talking.tell(addresses, act, OperatorActed(act, who.operator.id))
            return done(request, listed, "person")

        return handle


def read_value(text: str, known: Json) -> Any:
    """As what stands there now: a text, a number, or yes and no. Raises Refused."""
    match known:
        case bool():
            if text.lower() not in _YES | _NO:
                raise Refused("needs_yes_or_no", 422)
            return text.lower() in _YES
        case int() | float():
            return _number(text)
        case None | str():
            return text
        case _:
            raise Refused("attribute_is_whole", 409)


def _number(text: str) -> int | float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e15:
        raise Refused("needs_number", 422)
    return int(number) if number.is_integer() else number
