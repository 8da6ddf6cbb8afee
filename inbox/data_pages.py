"""Giving out and erasing what is known of a person, from their conversation."""

import json
import logging

from aiohttp import web

from core.ids import ContactId
from inbox.beside import Beside
from inbox.files import Files
from inbox.finding import find_listed
from inbox.person_data import PersonData
from inbox.rendering import Refused, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn, done
from inbox.talking import Talking
from media.store import StoreFailed
from storage.conversations import Listed
from storage.database import Database
from storage.erasure import count_person

log = logging.getLogger(__name__)


class DataPages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        talking: Talking,
        beside: Beside,
        files: Files,
        data: PersonData,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._talking = talking
        self._beside = beside
        self._files = files
        self._data = data

    def routes(self) -> list[web.RouteDef]:
        one, signed = "/inbox/{conversation}", self._sign_in.signed
        return [
            web.post(f"{one}/export", signed(self.export, Right.EXPORT_CONTACT)),
            web.get(f"{one}/erase", signed(self.ask, Right.ERASE_CONTACT)),
            # One step below its page: whoever gives the password first comes back to that.
            web.post(f"{one}/erase/now", signed(self.erase, Right.ERASE_CONTACT)),
        ]

    async def export(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """One JSON document to keep; as `parley contacts export` prints it."""
        await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        here = listed.conversation
        async with self._beside.write(here.address) as tx:
            everything = await self._data.export(tx, listed.contact, who.by, here.id)
        name = f"contact-{listed.contact}-{self._talking.now():%Y-%m-%d}.json"
        return web.Response(
            text=json.dumps(everything, ensure_ascii=False, indent=2),
            content_type="application/json",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def ask(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """What goes and what stays, before it is too late."""
        listed = await find_listed(self._talking, request)
        async with self._database.read() as tx:
            counts = await count_person(tx, listed.contact)
        return self._rendering.page(
            request, "erase.html", me=who.operator, csrf=who.csrf, listed=listed, counts=counts
        )

    async def erase(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        listed = await find_listed(self._talking, request)
        self._sign_in.require_fresh(who)
        if form.get("sure", "") != "yes":
            raise Refused("say_that_you_are_sure", 422)
        await self._erase(listed.contact, listed, who)
        return done(request, f"/inbox/{listed.conversation.id}")

    async def _erase(self, contact: ContactId, listed: Listed, who: SignedIn) -> None:
        async with self._database.read() as tx:
            people = await tx.addresses.of_people([contact])
        async with self._beside.write(*(address.id for _, address in people)) as tx:
            await self._data.erase(tx, contact, who.by, listed.conversation.id)
        try:
            await self._files.delete_doomed()
        except StoreFailed as error:
            log.warning("erased files wait for the store", extra={"error": str(error)})
