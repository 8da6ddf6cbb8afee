"""What a batch has to tell sites, noted event by event.

Written in the transaction of what it tells of, and only where some site wants it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never

from core import inbound as ev
from core.consent import Act
from core.content import Attachment, ContactCard, Location, Media
from core.conversations import Conversation, ConversationState
from core.hooks import Hooks
from core.ids import ContactId, MessageId, RecordId, SiteId, TopicId
from core.inbound import Inbound
from core.messages import Direction, Message
from core.people import Contact
from core.topics import Subscription, SubscriptionState
from dialogues import hook_events as he
from dialogues.catalog import Catalog
from dialogues.changes import Changes
from dialogues.dossier import Dossier
from dialogues.hook_statuses import StatusTelling
from dialogues.rating import RATED
from storage.deliveries import NewDelivery
from storage.tx import Tx


class _Counts(NamedTuple):
    """How long the batch's lists were."""

    messages: int
    records: int
    linked: int
    saved: int
    emitted: int
    rated: int


@dataclass(frozen=True, slots=True)
class _Before:
    """How things stood before one event."""

    subscriptions: Mapping[TopicId, Subscription]
    conversation: Conversation | None
    stop: RecordId | None
    counts: _Counts


@dataclass(frozen=True, slots=True)
class _Scene:
    """One event at one address, once it is decided."""

    dossier: Dossier
    person: he.ToldContact
    where: he.ToldAddress
    at: datetime
    before: _Before

    @property
    def who(self) -> tuple[he.ToldContact, he.ToldAddress]:
        return self.person, self.where

    @property
    def conversation(self) -> str | None:
        current = self.dossier.conversation
        return str(current.id) if current is not None else None


@dataclass(frozen=True, slots=True)
class _Told:
    contact: ContactId
    site: SiteId | None
    what: object


class Telling:
    """Of one batch. `before` and `after` stand around the decision about each event."""

    def __init__(self, catalog: Catalog, changes: Changes, now: datetime) -> None:
        self._hooks = catalog.hooks
        self._accounts = catalog.accounts
        self._changes = changes
        self._now = now
        self._told: list[_Told] = []

    def before(self, dossier: Dossier) -> _Before:
        return _Before(
            dict(dossier.subscriptions),
            dossier.conversation,
            dossier.address.stop,
            _counts(self._changes),
        )

    def after(self, dossier: Dossier, inbound: Inbound, before: _Before) -> None:
        """Note what this event changed, in the order in which a person would tell it."""
        if dossier.address.operator is not None:
            return  # An operator's own messenger is no contact's.
        at = min(inbound.at, self._now)
        scene = _Scene(dossier, contact_of(dossier.contact), _address(dossier), at, before)
        # A Start is no message: `contact.linked` tells of it.
        if not isinstance(inbound.event, ev.Started) and not dossier.is_unheard(self._now):
            self._note_messages(scene)
        self._note_links(scene)
        self._note_consent(scene)
        self._note_flows(scene)
        self._note_conversation(scene)

    def _note_messages(self, scene: _Scene) -> None:
        for message in self._changes.messages[scene.before.counts.messages :]:
            if message.direction is Direction.IN:
                told = he.MessageReceived(*scene.who, _message(message), scene.at)
                self._note(scene, told)

    def _note_links(self, scene: _Scene) -> None:
        for link in self._changes.linked[scene.before.counts.linked :]:
            order = link.claims.order.ref if link.claims.order else None
            told = he.ContactLinked(*scene.who, link.code, link.source, order, scene.at)
            self._note(scene, told, link.claims.site)

    def _note_consent(self, scene: _Scene) -> None:
        dossier, before = scene.dossier, scene.before
        records = self._changes.records[before.counts.records :]
        mine = [one for one in records if one.address == dossier.id]
        if not mine:
            return
        came, left = _moved(before.subscriptions, dossier.subscriptions)
        source, stop = str(mine[-1].source), dossier.address.stop
        is_stop = stop is not None and stop != before.stop
        if left or is_stop:
            everything = is_stop and not any(one.act is Act.BLOCK for one in mine)
            self._note(scene, he.Unsubscribed(*scene.who, left, everything, source, scene.at))
        if came:
            self._note(scene, he.Subscribed(*scene.who, came, source, scene.at))

    def _note_flows(self, scene: _Scene) -> None:
        changes, counts, conversation = self._changes, scene.before.counts, scene.conversation
        for one in changes.saved[counts.saved :]:
            answer = he.FlowAnswer(
                *scene.who, one.flow, one.step, one.name, one.value, one.subject or None, scene.at
            )
            self._note(scene, answer)
        ratings = changes.rated[counts.rated :]
        for event in changes.emitted[counts.emitted :]:
            if event.name != RATED or not ratings:
                data = dict(event.data)
                told = he.FlowEvent(*scene.who, str(event.id), event.name, data, scene.at)
                self._note(scene, told)
        for rating in ratings:
            rated = he.ConversationRated(
                *scene.who, conversation, rating.score, rating.comment, scene.at
            )
            self._note(scene, rated)

    def _note_conversation(self, scene: _Scene) -> None:
        before, current = scene.before.conversation, scene.dossier.conversation
        if current is None or current is before:
            return
        was_open, is_open = _is_open(before), _is_open(current)
        if is_open and not was_open:
            self._note(scene, he.ConversationOpened(*scene.who, str(current.id), scene.at))
        elif was_open and not is_open:
            reason = current.close_reason
            self._note(scene, he.ConversationClosed(*scene.who, str(current.id), reason, scene.at))

    def _note(self, scene: _Scene, told: object, site: SiteId | None = None) -> None:
        """`site`: whose own it is, where the contact may be nobody's. Never another site's."""
        contact = scene.dossier.contact
        whose = contact.site or site
        if (site is None or site == whose) and self._hooks.of(whose, he.kind_of(told)):
            self._told.append(_Told(contact.id, whose, told))

    async def write(self, tx: Tx, new_id: Callable[[], int], statuses: Iterable[MessageId]) -> bool:
        """Whether there is anything to deliver."""
        await tx.deliveries.follow(self._changes.merges)
        rows = _deliveries(self._hooks, self._told, new_id, self._now)
        await tx.deliveries.add(rows)
        teller = StatusTelling(self._hooks, self._accounts, new_id)
        return await teller.tell(tx, statuses, self._now) or bool(rows)


def _deliveries(
    hooks: Hooks, told: Iterable[_Told], new_id: Callable[[], int], now: datetime
) -> list[NewDelivery]:
    rows = []
    for one in told:
        kind, payload, event = he.kind_of(one.what), he.dump(one.what), new_id()
        rows += [
            NewDelivery(
                event if number == 0 else new_id(),
                event, site, target.key, kind, one.contact, one.contact, payload, now,
            )
            for number, (site, target) in enumerate(hooks.of(one.site, kind))
        ]  # fmt: skip
    return rows


def _moved(
    before: Mapping[TopicId, Subscription], after: Mapping[TopicId, Subscription]
) -> tuple[list[str], list[str]]:
    """Topics that are subscribed now and were not, and those that are left."""
    came, left = [], []
    for topic, row in sorted(after.items()):
        was = before.get(topic)
        if row.is_active and (was is None or not was.is_active):
            came.append(str(topic))
        had = was is not None and was.state is not SubscriptionState.UNSUBSCRIBED
        if had and row.state is SubscriptionState.UNSUBSCRIBED:
            left.append(str(topic))
    return came, left


def _is_open(conversation: Conversation | None) -> bool:
    ended = (ConversationState.CLOSED, ConversationState.BLOCKED)
    return conversation is not None and conversation.state not in ended


def contact_of(contact: Contact) -> he.ToldContact:
    return he.ToldContact(str(contact.id), contact.site, contact.customer)


def _address(dossier: Dossier) -> he.ToldAddress:
    return he.ToldAddress(str(dossier.id), dossier.account.id, dossier.account.channel)


def _message(message: Message) -> he.ToldMessage:
    content = message.content
    attachments = [_attachment(one) for one in content.attachments]
    return he.ToldMessage(str(message.id), content.text, attachments)


def _attachment(attachment: Attachment) -> he.ToldAttachment:
    match attachment:
        case Media(kind, _, name, _, size):
            return he.ToldAttachment(kind, name, size)
        case Location(latitude, longitude):
            return he.ToldAttachment("location", latitude=latitude, longitude=longitude)
        case ContactCard(phone, name, _):
            return he.ToldAttachment("contact", name, phone=phone)
        case _:
            assert_never(attachment)


def _counts(changes: Changes) -> _Counts:
    return _Counts(
        len(changes.messages),
        len(changes.records),
        len(changes.linked),
        len(changes.saved),
        len(changes.emitted),
        len(changes.rated),
    )
