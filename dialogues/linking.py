"""A link was brought: whose it is, what it shows, what it subscribes to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.arrivals import Arrival
from core.channels import Channel
from core.consent import Source
from core.ids import AddressId, ArrivalId, ContactId, CustomerId, OrderId, SiteId, TopicId
from core.merging import stopped_last
from core.people import Json, Order
from core.text import clean
from core.tokens import OPERATOR, WIDGET, Claims, Link, OrderClaims
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
    if consenting.is_out_of_order(dossier, at):
        for topic in _topics(dossier, claims):
            consenting.join(dossier, topic, _source(link), at, _evidence(link, topic))
        return None
    key = (claims.site, claims.token, dossier.account.channel)
    is_further = key in known.fresh
    known.fresh.discard(key)
    _join_contact(dossier, claims, known, now, is_further=is_further)
    _show_order(dossier, claims, known)
    if is_further:
        dossier.arrival = _arrival(dossier, link, at)
        dossier.changes.arrivals.append(dossier.arrival)
    _subscribe(dossier, link, at, now)
    dossier.arrival = None
    dossier.changes.linked.append(link)
    return link


def _arrival(dossier: Dossier, link: Link, at: datetime) -> Arrival:
    """Of the first to bring it; whoever brings it again has arrived before."""
    topics = _topics(dossier, link.claims)
    rows = (dossier.subscriptions.get(topic) for topic in topics)
    return Arrival(
        id=ArrivalId(next(dossier.ids)),
        site=link.claims.site,
        source=link.source,
        place=link.place,
        account=dossier.account.id,
        address=dossier.id,
        at=at,
        had_all=bool(topics) and all(row is not None and row.is_active for row in rows),
    )


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
        later = max((whole, mine), key=stopped_last)
        merged = replace(
            whole,
            attributes={**mine.attributes, **whole.attributes},
            tags=whole.tags | mine.tags,
            marketing_stopped_at=later.marketing_stopped_at,
            marketing_stopped_by=later.marketing_stopped_by,
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


def _subscribe(dossier: Dossier, link: Link, at: datetime, now: datetime) -> None:
    claims = link.claims
    for topic in _topics(dossier, claims):
        known = dossier.catalog.topics[topic]
        # Advertising without the words that were agreed to is asked about first. What a page of
        # ours showed was agreed to topic by topic.
        has_words = claims.agreed is not None or claims.consent is not None
        has_agreed = has_words and not _was_taken_back(dossier, link)
        pending = known.confirm or not (known.cls is TopicClass.SERVICE or has_agreed)
        current = dossier.subscriptions.get(topic)
        is_new = current is None or not current.is_active
        evidence = _evidence(link, topic)
        consenting.join(dossier, topic, _source(link), at, evidence, pending=pending)
        if pending and is_new:
            consenting.ask_to_confirm(dossier, topic, now)


def _was_taken_back(dossier: Dossier, link: Link) -> bool:
    """A STOP, here or elsewhere, ends what was agreed to before it; a Start shows no words anew."""
    stops = (dossier.address.stopped_at, dossier.contact.marketing_stopped_at)
    return any(at is not None and link.created_at <= at for at in stops)


def _topics(dossier: Dossier, claims: Claims) -> list[TopicId]:
    site = dossier.catalog.sites.get(claims.site)
    wanted = claims.topics or (site.default_topics if site else ())
    if claims.agreed is not None:
        wanted = tuple(claims.agreed)
    return [topic for topic in wanted if topic in dossier.catalog.topics]


def _source(link: Link) -> Source:
    return Source.WIDGET if link.source == WIDGET else Source.LINK


def _evidence(link: Link, topic: TopicId) -> dict[str, Json]:
    claims = link.claims
    evidence: dict[str, Json] = {"token": claims.token, "link": link.source, **link.page}
    if claims.agreed is not None:
        # Our own page's address and words: what the shop's server says of them is not needed.
        return {
            **evidence,
            "words": claims.agreed[topic],
            "agreed_at": link.created_at.isoformat(timespec="seconds"),
        }
    if claims.page:
        evidence["page"] = dict(claims.page)
    if claims.consent is not None:
        consent = claims.consent
        evidence |= {"words": consent.text, "agreed_at": consent.at, "agreed_ip": consent.ip}
    return evidence
