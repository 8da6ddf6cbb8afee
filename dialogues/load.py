"""What a batch needs from the database, in bulk and in the one order of locks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import inbound as ev
from core.content import UrlButton
from core.ids import AccountId, AddressId, ContactId, CustomerId, SessionId, SiteId, TimerId, UserId
from core.inbound import Inbound
from core.people import Address, Contact, Profile
from core.tokens import Link
from core.topics import SubscriptionState
from core.words import StartSaid, StopSaid, read
from dialogues.buttons import Back, LikelyAnswer, StopButton, Undo
from dialogues.buttons import decode as consent_button
from dialogues.catalog import Catalog
from dialogues.changes import Changes
from dialogues.dossier import Dossier
from dialogues.linking import Links
from flows.load import load as load_flow
from storage.links import Bound
from storage.tx import Tx

Where = tuple[AccountId, UserId]
_ACTS = (ev.Started, ev.Said, ev.Pressed, ev.Edited, ev.Unblocked, ev.SaidElsewhere)
"""By these a person is there to be written to."""
_OFFERED_FOR = timedelta(days=30)
"""A keyboard stays below the chat until another one comes."""


@dataclass(slots=True)
class Loaded:
    """`before` are the rows as they were, to write only what changed."""

    dossiers: dict[Where, Dossier]
    links: Links
    timers: dict[TimerId, tuple[SessionId, int]]
    people: dict[ContactId, Contact]
    before: dict[AddressId, Address]
    people_before: dict[ContactId, Contact]


async def load(
    tx: Tx,
    inbounds: Sequence[Inbound],
    catalog: Catalog,
    changes: Changes,
    ids: Iterator[int],
    now: datetime,
) -> Loaded:
    """Locks: addresses → contacts; only then, in later statements, the rest."""
    addresses = await _addresses(tx, inbounds, ids, now)
    brought = _brought(inbounds, addresses, catalog)
    links = await tx.links.load(code for _, code in brought)
    customers = await _customers(tx, links, ids, now)
    people = await tx.contacts.lock(
        [a.contact for a in addresses.values()] + list(customers.values())
    )
    # Operators may have joined a customer with somebody else while we waited for the lock.
    customers = {customer: people[id_].id for customer, id_ in customers.items()}
    owners, fresh = await _bind(tx, brought, links, addresses, catalog, now)
    by_id = {address.id: address for address in addresses.values()}
    blocked = await tx.addresses.blocked_people(customers.values()) if customers else set()
    timers = await tx.timers.take(
        [e.timer for i in inbounds if isinstance(e := i.event, ev.TimerFired)]
    )
    dossiers = await _dossiers(tx, addresses, people, catalog, changes, ids)
    await _elsewhere(tx, inbounds, dossiers, catalog)
    await _shared(tx, dossiers)
    await _offered(tx, inbounds, dossiers, now)
    await _asked(tx, inbounds, dossiers, catalog)
    await _answers(tx, inbounds, dossiers)
    return Loaded(
        dossiers,
        Links(links, owners, customers, fresh, blocked),
        timers,
        people,
        by_id,
        dict(people),
    )


def _brought(
    inbounds: Sequence[Inbound], addresses: dict[Where, Address], catalog: Catalog
) -> list[tuple[Inbound, str]]:
    """The codes that these events redeem: their own, or those of an earlier opening."""
    waiting = {where: address.opened_with for where, address in addresses.items()}
    brought = []
    for inbound in inbounds:
        where = (inbound.account, inbound.user)
        if _forgets_opening(inbound, catalog):
            waiting[where] = ""
            continue
        match inbound.event:
            case ev.Opened(param):
                waiting[where] = param or waiting.get(where, "")
                continue
            case ev.Started(code) | ev.Said(link=code):
                code = code or waiting.get(where, "")
                waiting[where] = ""
            case ev.Pressed():
                code = waiting.get(where, "")
                waiting[where] = ""
            case _:
                continue
        if code:
            brought.append((inbound, code))
    return brought


def _forgets_opening(inbound: Inbound, catalog: Catalog) -> bool:
    """Whoever leaves does not come in by the link that they had opened before."""
    match inbound.event:
        case ev.Blocked() | ev.SendRefused():
            return True
        case ev.Said(content):
            return isinstance(read(content.text, catalog.vocabulary), StopSaid)
        case ev.Pressed(value):
            return isinstance(consent_button(value), StopButton)
        case _:
            return False


async def _addresses(
    tx: Tx, inbounds: Sequence[Inbound], ids: Iterator[int], now: datetime
) -> dict[Where, Address]:
    first: dict[Where, Inbound] = {}
    for inbound in inbounds:
        if inbound.address is None:
            first.setdefault((inbound.account, inbound.user), inbound)
    locked = await tx.addresses.lock({(inbound.account, inbound.user) for inbound in inbounds})
    missing = [where for where in first if where not in locked]
    if missing:
        new = [
            Address(
                AddressId(next(ids)),
                *where,
                ContactId(next(ids)),
                first[where].profile or Profile(),
                # Opening a chat permits nothing yet, and who reads has not written.
                is_reachable=isinstance(first[where].event, _ACTS),
            )
            for where in missing
        ]
        await tx.addresses.add(new, now)
        # Later than the first: whoever is new is seldom anyone's but ours yet.
        locked |= await tx.addresses.lock(missing)
    return locked


async def _customers(
    tx: Tx, links: dict[str, Link], ids: Iterator[int], now: datetime
) -> dict[tuple[SiteId, CustomerId], ContactId]:
    if not links:
        return {}
    wanted = {
        (link.claims.site, link.claims.customer)
        for link in links.values()
        if link.claims.customer is not None
    }
    new = [Contact(ContactId(next(ids)), site, customer) for site, customer in sorted(wanted)]
    return await tx.contacts.ensure_customers(new, now)


async def _bind(
    tx: Tx,
    brought: Sequence[tuple[Inbound, str]],
    links: dict[str, Link],
    addresses: dict[Where, Address],
    catalog: Catalog,
    now: datetime,
) -> tuple[dict[Bound, AddressId], set[Bound]]:
    wanted = []
    for inbound, code in brought:
        link = links.get(code)
        address = addresses.get((inbound.account, inbound.user))
        if link is not None and address is not None and link.expires_at > inbound.at:
            channel = catalog.accounts[inbound.account].channel
            wanted.append((link.claims.site, link.claims.token, channel, address.id))
    return await tx.links.bind(wanted, now)


async def _dossiers(
    tx: Tx,
    addresses: dict[Where, Address],
    people: dict[ContactId, Contact],
    catalog: Catalog,
    changes: Changes,
    ids: Iterator[int],
) -> dict[Where, Dossier]:
    wanted = [address.id for address in addresses.values()]
    subscriptions = await tx.subscriptions.load(wanted)
    sessions = await tx.sessions.load(wanted)
    conversations = await tx.conversations.load(wanted)
    orders = await tx.orders.visible(wanted)
    orders |= await tx.orders.of_proven([a.id for a in addresses.values() if a.is_proven])
    await _versions(tx, {s.version for of in sessions.values() for s in of.values()}, catalog)
    return {
        where: Dossier(
            address,
            people=people,
            account=catalog.accounts[address.account],
            catalog=catalog,
            changes=changes,
            ids=ids,
            subscriptions=subscriptions.get(address.id, {}),
            sessions=sessions.get(address.id, {}),
            conversation=conversations.get(address.id),
            orders=orders.get(address.id, ()),
        )
        for where, address in addresses.items()
    }


async def _versions(tx: Tx, needed: set[str], catalog: Catalog) -> None:
    """Flows of versions that this node has not seen: another node runs newer or older ones."""
    missing = needed - set(catalog.versions)
    if missing:
        for version, source in (await tx.flows.load(missing)).items():  # type: ignore[arg-type]
            catalog.versions[version] = load_flow(source)


async def _elsewhere(
    tx: Tx, inbounds: Sequence[Inbound], dossiers: dict[Where, Dossier], catalog: Catalog
) -> None:
    """For those who leave or come back: what the person has on their other addresses."""
    leaving = [
        dossiers[where]
        for inbound in inbounds
        if _leaves(inbound, catalog) and (where := (inbound.account, inbound.user)) in dossiers
    ]
    if not leaving:
        return
    others = await tx.addresses.of_people([dossier.contact.id for dossier in leaving])
    rows = await tx.subscriptions.load([address.id for _, address in others])
    for dossier in leaving:
        dossier.elsewhere = tuple(
            (catalog.accounts[address.account].title, row.topic)
            for contact, address in others
            if contact == dossier.contact.id
            and address.id != dossier.id
            and address.is_reachable
            and address.account in catalog.accounts
            for row in rows.get(address.id, {}).values()
            if row.state is SubscriptionState.SUBSCRIBED
        )
        dossier.is_stopped_elsewhere = any(
            contact == dossier.contact.id and address.id != dossier.id and address.stop is not None
            for contact, address in others
        )


async def _shared(tx: Tx, dossiers: dict[Where, Dossier]) -> None:
    """Which customers come on several addresses: each may know only what it told itself."""
    customers = {
        dossier.contact.id
        for dossier in dossiers.values()
        if dossier.contact.customer is not None and not dossier.address.is_proven
    }
    if not customers:
        return
    others = Counter(contact for contact, _ in await tx.addresses.of_people(customers))
    for dossier in dossiers.values():
        dossier.is_shared = others[dossier.contact.id] > 1


async def _offered(
    tx: Tx, inbounds: Sequence[Inbound], dossiers: dict[Where, Dossier], now: datetime
) -> None:
    """Where a press of a URL's button comes as a text: which URLs we offered."""
    asking = {
        dossier.id: dossier
        for inbound in inbounds
        if isinstance(inbound.event, ev.Said)
        and inbound.event.content.text.startswith(("http://", "https://"))
        and (dossier := dossiers.get((inbound.account, inbound.user))) is not None
        and dossier.account.limits.echoes_urls
    }
    if not asking:
        return
    for address, content in await tx.messages.offered(asking, now - _OFFERED_FOR):
        for button in content.buttons:
            if isinstance(button, UrlButton):
                asking[address].offered_urls.setdefault(button.url, button.label)


async def _asked(
    tx: Tx, inbounds: Sequence[Inbound], dossiers: dict[Where, Dossier], catalog: Catalog
) -> None:
    """Where conversations are closed: when these people were asked last how it was."""
    if catalog.ask_every is None:
        return
    closing = [
        dossiers[where]
        for inbound in inbounds
        if isinstance(inbound.event, ev.OperatorActed)
        and inbound.event.act is ev.ConversationAct.CLOSE
        and (where := (inbound.account, inbound.user)) in dossiers
    ]
    if closing:
        last = await tx.ratings.last_asked(dossier.contact.id for dossier in closing)
        for dossier in closing:
            dossier.last_asked_at = last.get(dossier.contact.id)


async def _answers(tx: Tx, inbounds: Sequence[Inbound], dossiers: dict[Where, Dossier]) -> None:
    """The answers that operators want to alter; read once their addresses are locked."""
    wanted = [e.message for i in inbounds if isinstance(e := i.event, ev.OperatorAltered)]
    if not wanted:
        return
    by_address = {dossier.id: dossier for dossier in dossiers.values()}
    for id_, target in (await tx.alterations.targets(wanted)).items():
        if dossier := by_address.get(target.message.address):
            dossier.answers[id_] = target


def _leaves(inbound: Inbound, catalog: Catalog) -> bool:
    match inbound.event:
        case ev.Said(content) | ev.Edited(_, content):
            return isinstance(read(content.text, catalog.vocabulary), StopSaid | StartSaid)
        case ev.Pressed(value):
            return isinstance(consent_button(value), StopButton | LikelyAnswer | Undo | Back)
        case _:
            return False
