"""What a batch has to tell sites, noted event by event; and what became of messages.

Written in the transaction of what it tells of, and only where some site wants it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from core import inbound as ev
from core.consent import Act
from core.content import Attachment, ContactCard, Location, Media
from core.conversations import Conversation, ConversationState
from core.hooks import Hooks, HookType
from core.ids import AccountId, ContactId, MessageId, RecordId, SiteId, TopicId
from core.inbound import Inbound
from core.messages import Direction, Message
from core.people import Contact
from core.topics import Subscription, SubscriptionState
from dialogues import hook_events as he
from dialogues.catalog import Account, Catalog
from dialogues.changes import Changes
from dialogues.dossier import Dossier
from dialogues.rating import RATED
from storage.deliveries import NewDelivery, ToldStatus
from storage.tx import Tx


@dataclass(frozen=True, slots=True)
class _Before:
    """How things stood before one event."""

    subscriptions: Mapping[TopicId, Subscription]
    conversation: Conversation | None
    stop: RecordId | None
    counts: tuple[int, ...]


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
        person = contact_of(dossier.contact)
        where = _address(dossier)
        messages, records, linked, saved, emitted, rated = before.counts
        changes = self._changes
        if not isinstance(inbound.event, ev.Started) and not dossier.is_unheard(self._now):
            for message in changes.messages[messages:]:
                if message.direction is Direction.IN:
                    self._note(dossier, he.MessageReceived(person, where, _message(message), at))
        for link in changes.linked[linked:]:
            order = link.claims.order.ref if link.claims.order else None
            told = he.ContactLinked(person, where, link.code, link.source, order, at)
            self._note(dossier, told, link.claims.site)
        self._note_consent(dossier, before, records, person, where, at)
        for one in changes.saved[saved:]:
            order = one.subject or None
            answer = he.FlowAnswer(
                person, where, one.flow, one.step, one.name, one.value, order, at
            )
            self._note(dossier, answer)
        ratings = changes.rated[rated:]
        for event in changes.emitted[emitted:]:
            if event.name == RATED and ratings:
                continue
            data = dict(event.data)
            told_event = he.FlowEvent(person, where, str(event.id), event.name, data, at)
            self._note(dossier, told_event)
        for rating in ratings:
            place = str(dossier.conversation.id) if dossier.conversation is not None else None
            self._note(
                dossier,
                he.ConversationRated(person, where, place, rating.score, rating.comment, at),
            )
        self._note_conversation(dossier, before.conversation, person, where, at)

    def _note_consent(
        self,
        dossier: Dossier,
        before: _Before,
        records: int,
        person: he.ToldContact,
        where: he.ToldAddress,
        at: datetime,
    ) -> None:
        mine = [one for one in self._changes.records[records:] if one.address == dossier.id]
        if not mine:
            return
        came, left = [], []
        for topic, row in sorted(dossier.subscriptions.items()):
            was = before.subscriptions.get(topic)
            was_active = was is not None and was.is_active
            had = was is not None and was.state is not SubscriptionState.UNSUBSCRIBED
            if row.is_active and not was_active:
                came.append(str(topic))
            elif had and row.state is SubscriptionState.UNSUBSCRIBED:
                left.append(str(topic))
        stop = dossier.address.stop
        is_stop = stop is not None and stop != before.stop
        is_block = any(one.act is Act.BLOCK for one in mine)
        source = str(mine[-1].source)
        if left or is_stop:
            everything = is_stop and not is_block
            told = he.Unsubscribed(person, where, left, everything, source, at)
            self._note(dossier, told)
        if came:
            self._note(dossier, he.Subscribed(person, where, came, source, at))

    def _note_conversation(
        self,
        dossier: Dossier,
        before: Conversation | None,
        person: he.ToldContact,
        where: he.ToldAddress,
        at: datetime,
    ) -> None:
        current = dossier.conversation
        if current is None or current is before:
            return
        ended = (ConversationState.CLOSED, ConversationState.BLOCKED)
        was_open = before is not None and before.state not in ended
        is_open = current.state not in ended
        if is_open and not was_open:
            self._note(dossier, he.ConversationOpened(person, where, str(current.id), at))
        elif was_open and not is_open:
            reason = current.close_reason
            closed = he.ConversationClosed(person, where, str(current.id), reason, at)
            self._note(dossier, closed)

    def _note(self, dossier: Dossier, told: object, site: SiteId | None = None) -> None:
        """`site`: whose own it is, where the contact may be nobody's. Never another site's."""
        whose = dossier.contact.site or site
        if (site is None or site == whose) and self._hooks.of(whose, he.kind_of(told)):
            self._told.append(_Told(dossier.contact.id, whose, told))

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


class StatusTelling:
    """Tells sites what became of messages of ours; whoever records an outcome asks it to."""

    def __init__(
        self, hooks: Hooks, accounts: Mapping[AccountId, Account], new_id: Callable[[], int]
    ) -> None:
        self._hooks = hooks
        self._accounts = accounts
        self._new_id = new_id

    async def tell(self, tx: Tx, messages: Iterable[MessageId], now: datetime) -> bool:
        """Write what is new about these; in the transaction that changed them."""
        ids = set(messages)
        if not ids or not self._hooks.wants(HookType.MESSAGE_STATUS):
            return False
        rows = []
        for one in await tx.deliveries.statuses(ids):
            targets = self._hooks.of(one.site, HookType.MESSAGE_STATUS)
            if not targets:
                continue
            payload, event = he.dump(self._shape(one, now)), self._new_id()
            rows += [
                NewDelivery(
                    event if number == 0 else self._new_id(),
                    event, site, target.key, HookType.MESSAGE_STATUS, one.contact, one.contact,
                    payload, now, key=f"status:{one.message}:{one.status}",
                )
                for number, (site, target) in enumerate(targets)
            ]  # fmt: skip
        await tx.deliveries.add_new(rows)
        return bool(rows)

    def _shape(self, one: ToldStatus, now: datetime) -> he.MessageStatus:
        account = self._accounts.get(one.account)
        return he.MessageStatus(
            contact=he.ToldContact(str(one.contact), one.site, one.customer),
            address=he.ToldAddress(
                str(one.address), one.account, account.channel if account else ""
            ),
            message=str(one.message),
            status=one.status,  # type: ignore[arg-type]  # Only such were asked for.
            error=one.error,
            cls=one.cls,
            topic=one.topic,
            author=one.author,
            key=one.key,
            at=now,
        )


def status_telling(catalog: Catalog, new_id: Callable[[], int]) -> StatusTelling | None:
    """None where nobody wants to hear of it."""
    if not catalog.hooks.wants(HookType.MESSAGE_STATUS):
        return None
    return StatusTelling(catalog.hooks, catalog.accounts, new_id)


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


def _counts(changes: Changes) -> tuple[int, ...]:
    lists: tuple[Collection[object], ...] = (
        changes.messages,
        changes.records,
        changes.linked,
        changes.saved,
        changes.emitted,
        changes.rated,
    )
    return tuple(map(len, lists))
