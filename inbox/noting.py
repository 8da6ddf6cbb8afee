"""Notes beside a conversation, replies kept ready for it, and who is typing there."""

from aiohttp import web

from core.ids import NoteId
from core.languages import pick
from core.people import Address, Contact
from dialogues.catalog import Catalog
from inbox.acting import new_key
from inbox.beside import Beside
from inbox.bubbles import Bubbles
from inbox.finding import KEY, back, find_listed
from inbox.mentions import called
from inbox.presence import Presence
from inbox.ready_replies import filled
from inbox.rendering import Problem, Refused, answer, wants_json
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import Talking
from storage.conversations import Listed
from storage.database import Database
from storage.notes import Note
from storage.tx import Tx

LONGEST_NOTE = 10_000


class Noting:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        talking: Talking,
        bubbles: Bubbles,
        beside: Beside,
        presence: Presence,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._talking = talking
        self._bubbles = bubbles
        self._beside = beside
        self._presence = presence

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}", self._sign_in.signed
        return [
            web.post(f"{one}/notes", signed(self.write)),
            web.post(f"{one}/typing", signed(self.types)),
            web.get(f"{one}/replies", signed(self.replies)),
        ]

    async def write(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Keep a note. The same form twice is one note; nothing of it is ever sent."""
        form = (await self._sign_in.file_form(request, who)).fields
        listed = await find_listed(self._talking, request)
        text, key = form.get("text", "").replace("\r\n", "\n").strip(), form.get("key", "")
        if KEY.fullmatch(key) is None:
            raise Problem(400, "bad_form")
        if not text:
            raise Refused("empty_note", 422)
        if len(text) > LONGEST_NOTE:
            raise Refused("too_long_note", 422, most=LONGEST_NOTE)
        note = await self._keep(
            listed, who, text, f"{listed.conversation.id}:{who.operator.id}:{key}"
        )
        self._presence.stops(listed.conversation.id, who.operator.id)
        if wants_json(request):
            shown = await self._bubbles.show(request, who, listed, note)
            return answer({**shown, "key": new_key()})
        return back(request, listed)

    async def _keep(self, listed: Listed, who: SignedIn, text: str, key: str) -> Note:
        id_, now = NoteId(self._talking.new_id()), self._talking.now()
        conversation = listed.conversation
        async with self._beside.write(conversation.address) as tx:
            names = [
                (one.id, (one.name, one.login))
                for one in await tx.operators.all()
                if one.disabled_at is None
            ]
            calls = called(text, names)
            note = Note(id_, conversation.id, who.operator.id, text, calls, now, key)
            if not await tx.notes.add(note):
                return await tx.notes.by_key(key) or note
        return note

    async def types(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Others shall see it for a few seconds."""
        await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        id_ = listed.conversation.id
        self._presence.types(id_, who.operator.id)
        async with self._database.read() as tx:
            await self._presence.tell(tx, (id_, who.operator.id))
        return answer({})

    async def replies(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Those kept ready, filled for this contact and in their language where it is there."""
        listed = await find_listed(self._talking, request)
        async with self._database.read() as tx:
            known = await tx.replies.of(who.operator.id)
            address, contact = await _person(tx, listed)
            orders = (await tx.orders.visible([address.id])).get(address.id, ())
            others = await tx.addresses.of_people([contact.id])
        # What another address of the person told is not for this one, until a second proof.
        is_known = address.is_proven or len(others) < 2
        first, last = address.profile.first_name, address.profile.last_name
        name = (contact.name if is_known else "") or f"{first} {last}".strip()
        newest = max(orders, key=lambda one: one.id, default=None)
        values = {
            "name": name,
            "first_name": first or name.partition(" ")[0],
            "order": (newest.number or newest.ref) if newest else "",
            "operator": who.operator.name or who.operator.login,
        }
        locale = contact.locale or address.profile.locale
        default = self._catalog.languages[0]
        shown = [
            {
                "shortcut": one.shortcut,
                "text": filled(pick(one.texts, locale, default), values),
                "own": one.operator is not None,
            }
            for one in known
        ]
        return answer({"replies": shown})


async def _person(tx: Tx, listed: Listed) -> tuple[Address, Contact]:
    id_ = listed.conversation.address
    address = (await tx.addresses.load([id_]))[id_]
    return address, (await tx.contacts.load([listed.contact]))[listed.contact]
