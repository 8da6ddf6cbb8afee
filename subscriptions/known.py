"""Where a returning visitor is subscribed already: told to a page that the shop made just now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ids import AccountId, ContactId
from core.tokens import Claims
from storage.database import Database
from storage.tx import Tx
from subscriptions.minting import Door
from subscriptions.preferring import PreferenceLinks

FRESH = timedelta(hours=1)
"""A token that was signed longer ago may have been passed on, by e-mail say: it tells nothing."""


@dataclass(frozen=True, slots=True)
class KnownVisitor:
    """`messengers`: the titles of those in which they get something. `preferences`: where they
    choose what; None where they are nobody whom we know."""

    messengers: tuple[str, ...] = ()
    preferences: str | None = None


class Known:
    """`links` are good until the end of the day: they stand in a page, not in a message."""

    def __init__(
        self, database: Database, doors: Mapping[AccountId, Door], links: PreferenceLinks
    ) -> None:
        self._database = database
        self._doors = doors
        self._links = links

    async def look(self, claims: Claims, signed_at: datetime | None, now: datetime) -> KnownVisitor:
        """`claims` of a verified token. Keeps nothing. Raises Contended, Unavailable."""
        if claims.customer is None or signed_at is None or now - signed_at > FRESH:
            return KnownVisitor()
        key = (claims.site, claims.customer)
        async with self._database.read() as tx:
            contact = (await tx.contacts.find_customers([key])).get(key)
            if contact is None:
                return KnownVisitor()
            titles = await self._titles(tx, contact)
        return KnownVisitor(titles, self._links.of_contact(contact, now).url)

    async def _titles(self, tx: Tx, contact: ContactId) -> tuple[str, ...]:
        people = await tx.addresses.of_people([contact])
        addresses = [
            one
            for _, one in people
            if one.is_reachable and one.operator is None and one.account in self._doors
        ]
        rows = await tx.subscriptions.load([one.id for one in addresses])
        on = {
            one.account
            for one in addresses
            if any(row.is_active for row in rows.get(one.id, {}).values())
        }
        return tuple(door.title for id_, door in self._doors.items() if id_ in on)
