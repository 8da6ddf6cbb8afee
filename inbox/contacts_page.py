"""/contacts: everybody, narrowed down and found by name; the door to what is done to many."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.ids import ContactId
from core.people import LONGEST_TAG
from dialogues.catalog import Catalog
from inbox.contacts_filter import people_filter_of
from inbox.contacts_rows import read_people
from inbox.finding import number_of
from inbox.language import language_of
from inbox.rendering import Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from storage.bulk_acts import BulkKind
from storage.database import Database
from storage.directory import TopicState

PAGE = 50
MOST_COUNTED = 1000
"""Above it a page says "more than": counting everybody would take longer than reading on."""


class ContactsPage:
    def __init__(
        self, database: Database, catalog: Catalog, rendering: Rendering, sign_in: SignIn
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._rendering = rendering
        self._sign_in = sign_in

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/contacts", self._sign_in.signed(self.show))]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        language, catalog = language_of(request), self._catalog
        wanted = people_filter_of(request.query, catalog)
        before = number_of(request.query.get("before", ""))
        sought = wanted.sought(catalog)
        async with self._database.read() as tx:
            found = await tx.directory.page(
                sought, PAGE + 1, ContactId(before) if before is not None else None
            )
            many = await tx.directory.count(sought, MOST_COUNTED)
            rows = await read_people(tx, found[:PAGE], catalog, language)
            tags = await tx.directory.tags()
        following = ""
        if len(found) > PAGE:
            following = urlencode({**wanted.fields, "before": found[PAGE - 1].id})
        return self._rendering.page(
            request,
            "contacts.html",
            me=who.operator,
            csrf=who.csrf,
            rows=rows,
            many=many,
            most=MOST_COUNTED,
            following=following,
            is_first=before is None,
            filter=wanted,
            may_act=who.may(Right.ACT_IN_BULK),
            may_export=who.may(Right.EXPORT_CONTACT),
            kinds=list(BulkKind),
            tags=tags,
            longest_tag=LONGEST_TAG,
            **choices(catalog, language),
        )


def choices(catalog: Catalog, language: str) -> dict[str, Any]:
    """What the filters offer."""
    return {
        "accounts": list(catalog.accounts.values()),
        "sites": list(catalog.sites.values()),
        "topics": {id_: catalog.title(id_, language) for id_ in catalog.topics},
        "states": list(TopicState),
    }
