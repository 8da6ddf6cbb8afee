"""GET /api/v1/contacts…: who somebody is, what they agreed to, and how one knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.errors import ApiError, busy, not_found
from api.keys import Scope, require_site
from api.paging import DEFAULT, MOST, cursor, read_id
from api.routing import Call, Reply, Route, request_body
from core.ids import AccountId, ContactId, CustomerId, EventKey, SiteId
from core.inbound import Inbound
from core.people import Address, Contact
from dialogues.catalog import Account, Catalog
from dialogues.contact_body import ContactChange, read_change
from dialogues.intake import Intake, Overloaded
from dialogues.shop_events import changed_by
from inbox.shapes import (
    ShownAddress,
    ShownContact,
    ShownRecord,
    ShownSubscription,
    show_order,
    show_subscription,
)
from storage.consents import StoredRecord
from storage.database import Database
from storage.tx import Tx


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichContact:
    site: Annotated[str, Field(max_length=64)]
    customer: Annotated[str, Field(max_length=200)]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT


@dataclass(frozen=True, slots=True)
class Contacts:
    items: list[ShownContact]
    next: str | None


@dataclass(frozen=True, slots=True)
class Records:
    items: list[ShownRecord]
    next: str | None


@dataclass(frozen=True, slots=True)
class MadePreferences:
    """Whoever has the link may choose: show it to this person alone."""

    url: str
    expires_at: datetime


class PeopleApi:
    def __init__(self, database: Database, catalog: Catalog, intake: Intake) -> None:
        self._intake = intake
        self._database = database
        self._catalog = catalog

    def table(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/contacts",
                handler=self.find,
                summary="The contact that is this customer of this site, if there is one",
                scope=Scope.READ,
                tag="contacts",
                query=WhichContact,
                answers={200: Contacts},
            ),
            Route(
                method="GET",
                path="/api/v1/contacts/{id}",
                handler=self.show,
                summary="A contact with orders, addresses and subscriptions",
                scope=Scope.READ,
                tag="contacts",
                answers={200: ShownContact},
                errors=(404,),
            ),
            Route(
                method="PATCH",
                path="/api/v1/contacts/{id}",
                handler=self.change,
                summary="Tell what the shop knows of a contact; what is left out stays",
                scope=Scope.EVENTS,
                tag="contacts",
                body=ContactChange,
                answers={200: ShownContact},
                errors=(404,),
            ),
            Route(
                method="GET",
                path="/api/v1/contacts/{id}/consents",
                handler=self.consents,
                summary="Every act of consent with its evidence, the oldest first",
                scope=Scope.READ,
                tag="contacts",
                query=Page,
                answers={200: Records},
                errors=(404,),
            ),
            Route(
                method="POST",
                path="/api/v1/contacts/{id}/preferences",
                handler=self.preferences,
                summary="A link by which this person chooses what they get, for your account page",
                scope=Scope.LINKS,
                tag="contacts",
                answers={201: MadePreferences},
                errors=(404,),
            ),
        ]

    async def find(self, call: Call) -> Reply:
        query: WhichContact = call.query
        require_site(call.key, query.site)
        wanted = (SiteId(query.site), CustomerId(query.customer))
        async with self._database.read() as tx:
            found = (await tx.contacts.find_customers([wanted])).get(wanted)
            items = [await self._whole(tx, found)] if found is not None else []
        return Reply(200, Contacts(items, None))

    async def show(self, call: Call) -> Reply:
        async with self._database.read() as tx:
            contact = await self._contact(tx, call)
            return Reply(200, await self._whole(tx, contact.id))

    async def change(self, call: Call) -> Reply:
        told = read_change(call.body)
        async with self._database.read() as tx:
            contact = await self._contact(tx, call)
            people = await tx.addresses.of_people([contact.id])
        if people:
            _, address = people[0]
            key = EventKey(f"told:{self._intake.new_id(call.now)}")
            inbound = Inbound(
                address.account, address.user, key, call.now, told, address=address.id
            )
            try:
                await self._intake.submit([inbound])
            except Overloaded as error:
                raise busy() from error
        else:  # They have no address that an event could come to.
            async with self._database.write() as tx:
                known = (await tx.contacts.lock([contact.id]))[contact.id]
                await tx.contacts.save([changed_by(known, told)])
        async with self._database.read() as tx:
            return Reply(200, await self._whole(tx, contact.id))

    async def consents(self, call: Call) -> Reply:
        query: Page = call.query
        after = read_id(query.after) if query.after else 0
        async with self._database.read() as tx:
            contact = await self._contact(tx, call)
            people = await tx.addresses.of_people([contact.id])
            records = await tx.consents.of_addresses(
                [address.id for _, address in people], after, query.limit + 1
            )
        following = cursor(records[query.limit - 1].id) if len(records) > query.limit else None
        return Reply(200, Records([_record(one) for one in records[: query.limit]], following))

    async def preferences(self, call: Call) -> Reply:
        async with self._database.read() as tx:
            contact = await self._contact(tx, call)
        links = self._catalog.preferences
        if links is None:
            raise not_found("page of preferences")
        made = links.of_contact(contact.id, call.now)
        return Reply(201, MadePreferences(made.url, made.expires_at))

    async def _contact(self, tx: Tx, call: Call) -> Contact:
        """The one that stands for this id. A key of another site learns nothing of it."""
        given = call.path["id"]
        is_id = given.isascii() and given.isdigit() and len(given) < 20
        if not is_id or int(given) >= 2**63:
            raise not_found("contact")
        found = (await tx.contacts.load([ContactId(int(given))])).get(ContactId(int(given)))
        if found is not None and found.merged_into is not None:
            found = (await tx.contacts.load([found.merged_into])).get(found.merged_into)
        if found is None:
            raise not_found("contact")
        if call.key.site is not None and not await self._is_of(tx, found, call.key.site):
            raise ApiError(403, "forbidden", "this contact belongs to another site")
        return found

    async def _is_of(self, tx: Tx, contact: Contact, site: SiteId) -> bool:
        """Who came by no customer's token is of the sites on whose accounts they wrote."""
        if contact.site is not None:
            return contact.site == site
        accounts = self._catalog.accounts
        people = await tx.addresses.of_people([contact.id])
        known = (accounts.get(address.account) for _, address in people)
        return any(one is not None and one.site == site for one in known)

    async def _whole(self, tx: Tx, id_: ContactId) -> ShownContact:
        contact = (await tx.contacts.load([id_]))[id_]
        addresses = [address for _, address in await tx.addresses.of_people([id_])]
        rows = await tx.subscriptions.load([address.id for address in addresses])
        topics = dict(self._catalog.topics)
        shown = [
            _address(
                address,
                self._catalog.accounts,
                [show_subscription(row, topics) for row in rows.get(address.id, {}).values()],
            )
            for address in addresses
        ]
        return ShownContact(
            id=str(contact.id),
            site=contact.site,
            customer=contact.customer,
            name=contact.name,
            locale=contact.locale,
            timezone=contact.timezone,
            attributes=dict(contact.attributes),
            tags=sorted(contact.tags),
            orders=[show_order(order) for order in await tx.orders.of_contact(id_)],
            addresses=shown,
            subscriptions=[
                show_subscription(row, topics, str(address.id))
                for address in addresses
                for row in rows.get(address.id, {}).values()
            ],
        )


def _address(
    address: Address, accounts: Mapping[AccountId, Account], subscriptions: list[ShownSubscription]
) -> ShownAddress:
    account = accounts.get(address.account)
    return ShownAddress(
        id=str(address.id),
        account=address.account,
        channel=account.channel if account else "",
        user=address.user,
        reachable=address.is_reachable,
        stopped_at=address.stopped_at if address.stop is not None else None,
        last_inbound_at=address.last_inbound_at,
        subscriptions=subscriptions,
    )


def _record(record: StoredRecord) -> ShownRecord:
    return ShownRecord(
        str(record.id),
        record.at,
        str(record.address),
        record.topic,
        record.act,
        record.source,
        dict(record.evidence) if record.evidence is not None else None,
    )
