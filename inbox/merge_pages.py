"""/inbox/{conversation}/merge: who else the person is, with what both have side by side."""

from typing import Any

from aiohttp import web

from core.ids import ContactId, MergeId
from core.merging import Nonsense, which_stays
from core.people import Address
from inbox.beside import Beside
from inbox.finding import back, find_listed, number_of
from inbox.language import language_of
from inbox.merge_sides import look_for, read_side
from inbox.merging import Merging, NothingToUndo, NotJoined
from inbox.rendering import Problem, Refused, Rendering, answer, wants_json
from inbox.rights import Right
from inbox.searching import LONGEST
from inbox.sign_in import SignedIn, SignIn
from inbox.talking import Talking
from storage.conversations import Listed
from storage.database import Database
from storage.tx import Tx

_WHY = {
    Nonsense.ITSELF: "merge_itself",
    Nonsense.OTHER_SITE: "merge_other_site",
    Nonsense.TWO_CUSTOMERS: "merge_two_customers",
}


class MergePages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        talking: Talking,
        beside: Beside,
        merging: Merging,
    ) -> None:
        self._database = database
        self._catalog = merging.catalog
        self._rendering = rendering
        self._sign_in = sign_in
        self._talking = talking
        self._beside = beside
        self._merging = merging

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}/merge", self._sign_in.signed
        right = Right.MERGE_CONTACTS
        return [
            web.get(one, signed(self.show, right)),
            web.post(f"{one}/join", signed(self.join, right)),
            web.post(f"{one}/undo", signed(self.undo, right)),
        ]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Look for the other one; with one chosen, what would become of both."""
        listed = await find_listed(self._talking, request)
        # By the first name alone more are found who might be the same.
        first = listed.name.split(maxsplit=1)[0] if listed.name.strip() else ""
        typed = request.query.get("q", first)[:LONGEST].strip("\0")
        chosen = request.query.get("with", "")
        async with self._database.read() as tx:
            found = await look_for(tx, typed, listed, self._catalog) if not chosen else []
            preview = (
                await self._preview(tx, listed, chosen, language_of(request)) if chosen else {}
            )
        return self._rendering.page(
            request, "merge.html", me=who.operator, csrf=who.csrf, listed=listed, typed=typed,
            found=found, **preview,
        )  # fmt: skip

    async def _preview(self, tx: Tx, listed: Listed, chosen: str, language: str) -> dict[str, Any]:
        other = await self._whom(tx, chosen)
        contacts = await tx.contacts.load([listed.contact, other])
        addresses: dict[ContactId, list[Address]] = {listed.contact: [], other: []}
        for person, address in await tx.addresses.of_people(addresses):
            addresses[person].append(address)
        one, two = contacts[listed.contact], contacts[other]
        why = self._merging.nonsense(one, two, addresses, is_sure=False)
        kept, _ = which_stays(one, two)
        return {
            "sides": [
                await read_side(tx, who, addresses[who.id], self._catalog, language)
                for who in (one, two)
            ],
            "kept": kept.id,
            "why": _WHY[why] if why is not None else "",
            "may_insist": why is Nonsense.TWO_CUSTOMERS,
        }

    async def _whom(self, tx: Tx, text: str) -> ContactId:
        """The contact that stands for the one meant. Raises Problem."""
        id_ = number_of(text)
        found = await self._merging.whom(tx, ContactId(id_)) if id_ is not None else None
        if found is None:
            raise Problem(404, "nobody_there")
        return found

    async def join(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        async with self._database.read() as tx:
            other = await self._whom(tx, form.get("other", ""))
            people = await tx.addresses.of_people([listed.contact, other])
        is_sure = form.get("sure", "") == "yes"
        try:
            async with self._beside.write(*(address.id for _, address in people)) as tx:
                await self._merging.merge(tx, listed.contact, other, who.by, is_sure=is_sure)
        except NotJoined as error:
            raise Refused(_WHY[error.why], 409) from error
        return _to_thread(request, listed)

    async def undo(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        merge = number_of(form.get("merge", ""))
        if merge is None:
            raise Problem(400, "bad_form")
        async with self._database.read() as tx:
            people = await tx.addresses.of_people([listed.contact])
        try:
            async with self._beside.write(*(address.id for _, address in people)) as tx:
                await self._merging.undo(tx, listed.contact, MergeId(merge), who.by)
        except NothingToUndo as error:
            raise Refused("nothing_to_undo", 409) from error
        return _to_thread(request, listed)


def _to_thread(request: web.Request, listed: Listed) -> web.Response:
    """The page is another one: whose addresses and threads are theirs is all over it."""
    if wants_json(request):
        return answer({"to": f"/inbox/{listed.conversation.id}"})
    return back(request, listed, "person")
