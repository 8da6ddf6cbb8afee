"""What the shop tells: flows that start by it, a message to be sent, who the person is. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from core import inbound as ev
from core.content import Content, UrlButton
from core.languages import pick
from core.messages import Author, MessageClass
from core.people import LONGEST_TAG, Contact, Json
from core.topics import TopicClass
from dialogues import consenting, flowing
from dialogues.dossier import Dossier
from flows.happenings import Trigger

MOST_TAGS = 100
MOST_ATTRIBUTES = 100


def by_shop(dossier: Dossier, event: ev.ShopEvent | ev.ContactTold, now: datetime) -> None:
    match event:
        case ev.ShopEvent():
            _happened(dossier, event, now)
        case ev.ContactTold():
            _told(dossier, event)


def _happened(dossier: Dossier, event: ev.ShopEvent, now: datetime) -> None:
    """Start what waits for it, and say what is to be said; `dossier.why_not` tells what is not."""
    order = None
    if event.order is not None:
        order = next((one for one in dossier.orders if one.ref == event.order.ref), None)
        if order is None:
            # Not this address's to know: neither the order nor what the event tells of it.
            dossier.why_not = "not_their_order"
            return
    has_begun = flowing.enter(
        dossier, Trigger.EVENT, now, order=order, event_name=event.name, data=event.data
    )
    if event.message is not None:
        dossier.why_not = _say(dossier, event.message, now)
    elif not has_begun:
        dossier.why_not = _why_silent(dossier) or ("stopped" if dossier.is_stopped else "no_flow")


def _why_silent(dossier: Dossier) -> str:
    address = dossier.address
    if address.operator is not None:
        return "operators_own"
    if address.blocked_at is not None:
        return "blocked_here"
    return "" if address.is_reachable else "unreachable"


def _say(dossier: Dossier, message: ev.ShopMessage, now: datetime) -> str:
    """Queue it where the topic is subscribed; why not, or "". The claim judges it once more."""
    if why_not := _why_silent(dossier):
        return why_not
    row = dossier.subscriptions.get(message.topic)
    if row is None or not row.is_active:
        return "unsubscribed"
    if consenting.class_of(dossier, message.topic) is not TopicClass.SERVICE:
        return "not_service"
    default = dossier.catalog.languages[0]
    text = pick(message.texts, dossier.locale, default)
    buttons = tuple(
        UrlButton(pick(label, dossier.locale, default), url) for label, url in message.buttons
    )
    dossier.say(
        Content(text, buttons=buttons),
        now,
        cls=MessageClass.SERVICE,
        author=Author.API,
        topic=message.topic,
    )
    return ""


def _told(dossier: Dossier, event: ev.ContactTold) -> None:
    """What the shop knows better than we; the person's own acts are not touched."""
    changed = changed_by(dossier.contact, event)
    if changed != dossier.contact:
        dossier.contact = changed
        dossier.changes.told.add(dossier.id)


def changed_by(contact: Contact, event: ev.ContactTold) -> Contact:
    attributes = {**contact.attributes, **event.attributes}
    kept: Mapping[str, Json] = {
        name: value for name, value in attributes.items() if value is not None
    }
    tags = (contact.tags | {tag[:LONGEST_TAG] for tag in event.tags_on}) - event.tags_off
    return replace(
        contact,
        name=contact.name if event.name is None else event.name,
        locale=contact.locale if event.locale is None else event.locale,
        timezone=contact.timezone if event.timezone is None else event.timezone,
        attributes=kept if event.attributes else contact.attributes,
        tags=frozenset(sorted(tags)[:MOST_TAGS]),
    )
