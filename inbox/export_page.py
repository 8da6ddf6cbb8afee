"""POST /contacts/export: everybody that a filter finds, as a file for a spreadsheet."""

from aiohttp import web

from core.acts import Did
from dialogues.catalog import Catalog
from inbox.contacts_csv import table_of
from inbox.contacts_filter import people_filter_of
from inbox.journal import Journal
from inbox.language import language_of, sayer
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from storage.database import Database

_MOST_COUNTED = 100_000
"""For the audit log; the file has everybody."""


class ExportPage:
    def __init__(
        self, database: Database, catalog: Catalog, sign_in: SignIn, journal: Journal
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [web.post("/contacts/export", signed(self.export, Right.EXPORT_CONTACT))]

    async def export(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """It is written down before the first line goes."""
        form = await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        wanted, language = people_filter_of(form, self._catalog), language_of(request)
        async with self._database.write() as tx:
            many = await tx.directory.count(wanted.sought(self._catalog), _MOST_COUNTED)
            told = f"{_MOST_COUNTED}+" if many > _MOST_COUNTED else str(many)
            exported = self._journal.act(who.by, Did.CONTACTS_EXPORTED, {"many": told})
            await tx.acts.add_many([exported])
        day = self._journal.clock().date().isoformat()
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="contacts-{day}.csv"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        say = sayer(language)
        async for piece in table_of(self._database, wanted, self._catalog, say, language):
            await response.write(piece)
        await response.write_eof()
        return response
