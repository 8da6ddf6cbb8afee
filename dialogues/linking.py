"""A link was brought: whose it is, what it shows, what it subscribes to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.channels import Channel
from core.consent import Source
from core.ids import AddressId, ContactId, CustomerId, OrderId, SiteId, TopicId
from core.people import Json, Order
from core.text import clean
from core.tokens import OPERATOR, Claims, Link, OrderClaims
from core.topics import TopicClass
from dialogues import consenting, texts
from dialogues.dossier import Dossier
from dialogues.operating import shut_out


@dataclass(frozen=True, slots=True)
class Links:
    """What a batch knows about the links that were brought in it.

    `owners`: which address each (site, token, channel) is bound to, `fresh`: those bound by
    this very batch; `customers`: the contact that stands for each (site, customer), `blocked`:
    those of them whom operators have blocked.
    """

    links: Mapping[str, Link]
    owners: Mapping[tuple[SiteId, str, Channel], AddressId]
    customers: Mapping[tuple[SiteId, CustomerId], ContactId]
    fresh: set[tuple[SiteId, str, Channel]]
    blocked: set[ContactId]


def redeem(dossier: Dossier, code: str, known: Links, at: datetime, now: datetime) -> Link | None:
    """Carry out what the link says. None: it is unknown, too old, or another person's.

    Nobody is told which of these it was, and no order data is shown then. An operator's own link
    subscribes nobody to anything, however often it is brought.
    """
    link = known.links.get(code)
    if link is None or link.source == OPERATOR or link.expires_at <= at:
        return None
    claims = link.claims
    owner = known.owners.get((claims.site, claims.token, dossier.account.channel))
    if owner != dossier.id:
        return None
    evidence = _evidence(link)
    if consenting.is_out_of_order(dossier, at):
        for topic in _topics(dossier, claims):
            consenting.join(dossier, topic, Source.LINK, at, evidence)
        return None
    key = (claims.site, claims.token, dossier.account.channel)
    is_further = key in known.fresh
    known.fresh.discard(key)
    _join_contact(dossier, claims, known, now, is_further=is_further)
    _show_order(dossier, claims, known)
    _subscribe(dossier, link, evidence, at, now)
    dossier.changes.linked.append(link)
    return link


def _join_contact(
    dossier: Dossier, claims: Claims, known: Links, now: datetime, *, is_further: bool
) -> None:
    if claims.customer is None:
        _fill_in(dossier, claims)
        return
    customer = known.customers[claims.site, claims.customer]
    mine = dossier.contact
    if mine.id == customer:
        # The same customer came with a further token: the second proof. The same one is none.
        if is_further:
            dossier.address = replace(dossier.address, is_proven=True)
        _fill_in(dossier, claims)
    elif mine.customer is None:
        dossier.changes.merges.append((mine.id, customer))
        # Whether others came before is not asked here: until the next event, take it that they did.
        dossier.is_shared = True
        whole = dossier.people[customer]
        merged = replace(
            whole,
            attributes={**mine.attributes, **whole.attributes},
            tags=whole.tags | mine.tags,
            marketing_stopped_at=whole.marketing_stopped_at or mine.marketing_stopped_at,
            marketing_stopped_by=whole.marketing_stopped_by or mine.marketing_stopped_by,
        )
        for id_, contact in list(dossier.people.items()):
            if contact.id in (mine.id, customer):
                dossier.people[id_] = merged
        _fill_in(dossier, claims)
        if customer in known.blocked:
            shut_out(dossier, now)
    else:
        note = texts.say("other_customer", dossier.catalog.languages[0], customer=claims.customer)
        dossier.open_conversation(now, note=note)


def _fill_in(dossier: Dossier, claims: Claims) -> None:
    contact = dossier.contact
    site = dossier.catalog.sites.get(claims.site)
    filled = replace(
        contact,
        name=clean(claims.name) or contact.name,
        locale=claims.locale or contact.locale,
        timezone=contact.timezone or (site.timezone if site else ""),
        attributes={**contact.attributes, **claims.attributes},
    )
    if filled != contact:
        dossier.contact = filled


def _show_order(dossier: Dossier, claims: Claims, known: Links) -> None:
    if claims.order is None:
        return
    order = order_of(claims.order, OrderId(next(dossier.ids)))
    owner = dossier.contact.id
    if claims.customer is not None:
        owner = known.customers[claims.site, claims.customer]
    dossier.changes.orders.append((owner, claims.site, order))
    dossier.changes.shown.append((dossier.id, owner, order.ref))
    others = tuple(one for one in dossier.orders if one.ref != order.ref)
    dossier.orders = (*others, order)


def order_of(claims: OrderClaims, id_: OrderId) -> Order:
    return Order(
        id_,
        claims.ref,
        claims.number,
        claims.status,
        claims.total,
        claims.currency,
        claims.url,
        claims.items,
    )


def _subscribe(
    dossier: Dossier, link: Link, evidence: dict[str, Json], at: datetime, now: datetime
) -> None:
    for topic in _topics(dossier, link.claims):
        known = dossier.catalog.topics[topic]
        # Advertising without the words that were agreed to is asked about first.
        is_proven = known.cls is TopicClass.SERVICE or link.claims.consent is not None
        pending = known.confirm or not is_proven
        current = dossier.subscriptions.get(topic)
        is_new = current is None or not current.is_active
        consenting.join(dossier, topic, Source.LINK, at, evidence, pending=pending)
        if pending and is_new:
            consenting.ask_to_confirm(dossier, topic, now)


def _topics(dossier: Dossier, claims: Claims) -> list[TopicId]:
    site = dossier.catalog.sites.get(claims.site)
    wanted = claims.topics or (site.default_topics if site else ())
    return [topic for topic in wanted if topic in dossier.catalog.topics]


def _evidence(link: Link) -> dict[str, Json]:
    claims = link.claims
    evidence: dict[str, Json] = {"token": claims.token, "link": link.source, **link.page}
    if claims.page:
        evidence["page"] = dict(claims.page)
    if claims.consent is not None:
        consent = claims.consent
        evidence |= {"words": consent.text, "agreed_at": consent.at, "agreed_ip": consent.ip}
    return evidence
