"""The working set: what a batch knows about one address, updated event by event."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from core.altering import Target
from core.arrivals import Arrival, Turned
from core.consent import Act, ConsentRecord, Source
from core.content import Content, Media, digest_in
from core.conversations import Conversation, ConversationState
from core.hearing import is_unheard
from core.ids import (
    AddressId,
    ContactId,
    ConversationId,
    FlowName,
    MessageId,
    OperatorId,
    RecordId,
    SendId,
    SessionId,
    TopicId,
)
from core.messages import Author, Direction, Message, MessageClass, Status
from core.parts import fit
from core.people import Address, Contact, Json, Order
from core.switching import is_stopped
from core.topics import Subscription, TopicClass
from dialogues.catalog import Account, Catalog
from dialogues.changes import Changes
from flows.buttons import option_buttons
from flows.session import Session, SessionState
from storage.files import NewFile
from storage.sends import NewSend


class Dossier:
    """One address and all that decisions about it need. Not shared between batches.

    `people` is shared by the dossiers of a batch: two addresses may be one person.
    `elsewhere` are (account title, topic) that the person has on other addresses, and
    `is_stopped_elsewhere` whether a STOP is in force on one: both known to those who leave or
    come back. `is_shared`: the person has further addresses. `offered_urls` are the labels of the
    buttons that a text which is one URL may have come from. `last_asked_at`: when the person was
    asked last how a conversation was, known where one is being closed. `answers` are
    those that operators want to alter. `arrival`: by which link somebody comes just now.
    """

    def __init__(
        self,
        address: Address,
        *,
        people: dict[ContactId, Contact],
        account: Account,
        catalog: Catalog,
        changes: Changes,
        ids: Iterator[int],
        subscriptions: dict[TopicId, Subscription],
        sessions: dict[SessionId, Session],
        conversation: Conversation | None,
        orders: tuple[Order, ...],
    ) -> None:
        self.address = address
        self.people = people
        self.account = account
        self.catalog = catalog
        self.changes = changes
        self.ids = ids
        self.subscriptions = subscriptions
        self.sessions = sessions
        self.conversation = conversation
        self.orders = orders
        self.elsewhere: tuple[tuple[str, TopicId], ...] = ()
        self.is_stopped_elsewhere = False
        self.is_shared = False
        self.offered_urls: dict[str, str] = {}
        self.last_asked_at: datetime | None = None
        self.answers: dict[MessageId, Target] = {}
        self.arrival: Arrival | None = None
        self.started: list[str] = []
        self.said: list[MessageId] = []
        self.why_not = ""

    @property
    def id(self) -> AddressId:
        return self.address.id

    @property
    def contact(self) -> Contact:
        """The contact that stands for the person."""
        return self.people[self.address.contact]

    @contact.setter
    def contact(self, contact: Contact) -> None:
        for id_, known in self.people.items():
            if known.id == contact.id:
                self.people[id_] = contact

    @property
    def locale(self) -> str:
        """The language to speak: what the shop told, else the messenger, else the first one."""
        told = self.contact.locale or self.address.profile.locale
        short = told.replace("_", "-").partition("-")[0].lower()
        return short if short in self.catalog.languages else self.catalog.languages[0]

    @property
    def is_silenced(self) -> bool:
        """An operator has taken over: the bot says nothing by itself in this conversation."""
        return (
            self.conversation is not None
            and self.conversation.is_handed_over
            and self.conversation.state is not ConversationState.CLOSED
        )

    @property
    def is_stopped(self) -> bool:
        """A STOP is in force and nothing was subscribed since."""
        return is_stopped(self.address, self.subscriptions)

    def is_unheard(self, now: datetime) -> bool:
        """What the contact sends is kept, and nothing comes of it but acts of consent."""
        return is_unheard(self.address, now)

    def stand(self, row: Subscription, *, restored: bool = False) -> None:
        """How this address stands to a topic from now on: the one place where that changes.

        `restored`: what a STOP took is back, and counts to where it came from in the first place.
        """
        before = self.subscriptions.get(row.topic)
        if row is before:
            return
        self.subscriptions[row.topic] = row
        known = self.catalog.topics.get(row.topic)
        self.changes.turned.append(
            Turned(
                self.id,
                self.account.id,
                self.account.site,
                row.topic,
                known.cls if known else TopicClass.MARKETING,
                before,
                row,
                self.arrival,
                restored,
            )
        )

    def record(
        self,
        act: Act,
        source: Source,
        at: datetime,
        topic: TopicId | None = None,
        evidence: dict[str, Json] | None = None,
    ) -> RecordId:
        """Append a line of evidence; its id."""
        id_ = RecordId(next(self.ids))
        self.changes.records.append(
            ConsentRecord(id_, self.id, topic, act, source, at, evidence or {})
        )
        return id_

    def heard(self, content: Content, external_id: str, at: datetime) -> None:
        """Keep what the contact said; its files are fetched after the commit."""
        id_ = MessageId(next(self.ids))
        self.changes.messages.append(
            Message(
                id=id_,
                address=self.id,
                direction=Direction.IN,
                cls=MessageClass.REPLY,
                author=Author.CONTACT,
                content=content,
                status=Status.RECEIVED,
                created_at=at,
                external_id=external_id,
            )
        )
        self.expect_files(id_, content)
        self._touch(at)

    def expect_files(self, message: MessageId, content: Content) -> None:
        """Files that are to be fetched from the messenger where it said this."""
        self.changes.files += [
            NewFile(message, position, self.account.id)
            for position, one in enumerate(content.attachments)
            if isinstance(one, Media)
        ]

    def say(
        self,
        content: Content,
        now: datetime,
        *,
        cls: MessageClass = MessageClass.REPLY,
        author: Author = Author.SYSTEM,
        topic: TopicId | None = None,
        session: SessionId | None = None,
        operator: OperatorId | None = None,
        message: MessageId | None = None,
        key: str | None = None,
        flow: FlowName | None = None,
        step: str = "",
    ) -> MessageId:
        """Queue a message with its parts; whether it may really go is judged when it is claimed."""
        id_ = message or MessageId(next(self.ids))
        life = self.catalog.life.get(cls)
        self.changes.messages.append(
            Message(
                id=id_,
                address=self.id,
                direction=Direction.OUT,
                cls=cls,
                author=author,
                content=content,
                status=Status.QUEUED,
                created_at=now,
                topic=topic,
                key=key,
                session=session,
                operator=operator,
                expires_at=now + life if life else None,
                flow=flow,
                step=step,
            )
        )
        self.changes.files += [
            NewFile(id_, position, self.account.id, digest)
            for position, one in enumerate(content.attachments)
            if isinstance(one, Media) and (digest := digest_in(one.ref)) is not None
        ]
        for number, part in enumerate(fit(self._as_shown(content), self.account.limits)):
            self.changes.sends.append(
                NewSend(
                    SendId(next(self.ids)), id_, number, self.account.id, self.id, cls, now, part
                )
            )
        self.said.append(id_)
        self._touch(now)
        return id_

    def _as_shown(self, content: Content) -> Content:
        """With the buttons of the open question, where a message without any would hide them."""
        if content.buttons or not self.account.limits.keyboard_vanishes or self.is_silenced:
            return content
        for session in self.sessions.values():
            if session.state is SessionState.ASKING and session.options:
                return replace(content, buttons=option_buttons(session))
        return content

    def open_conversation(self, now: datetime, *, note: str = "", hand_over: bool = False) -> None:
        """Put the thread before the operators; somebody waits there from now on.

        Whoever is not heard waits for nobody.
        """
        if self.is_unheard(now):
            return
        self._open(now, note=note, hand_over=hand_over)

    def _open(self, now: datetime, *, note: str = "", hand_over: bool = False) -> None:
        current = self.conversation
        if current is None:
            current = Conversation(
                ConversationId(next(self.ids)),
                self.id,
                self.account.id,
                ConversationState.OPEN,
                now,
                now,
            )
        is_fresh = current.state is ConversationState.CLOSED
        self.conversation = replace(
            current,
            state=ConversationState.OPEN,
            opened_at=now if is_fresh else current.opened_at,
            first_answer_at=None if is_fresh else current.first_answer_at,
            snoozed_until=None,
            closed_at=None,
            close_reason="",
            last_message_at=max(current.last_message_at, now),
            unread=current.unread + 1,
            is_handed_over=hand_over or (current.is_handed_over and not is_fresh),
            note=note or ("" if is_fresh else current.note),
            waiting_since=current.waiting_since or now,
        )

    def answered(
        self,
        now: datetime,
        *,
        by_person: bool,
        operator: OperatorId | None = None,
        message: MessageId | None = None,
    ) -> None:
        """Somebody else answers: nobody waits any more.

        Where a person does, with this `message`, the bot keeps still, and what nobody had is
        theirs.
        """
        current = self.conversation
        if current is not None and current.state is ConversationState.BLOCKED:
            return
        if current is None or current.state is ConversationState.CLOSED:
            self._open(now)
        current = self.conversation
        assert current is not None
        self.conversation = replace(
            current,
            state=ConversationState.OPEN,
            snoozed_until=None,
            last_message_at=max(current.last_message_at, now),
            unread=0,
            waiting_since=None,
            first_answer_at=current.first_answer_at or (now if by_person else None),
            is_handed_over=by_person or current.is_handed_over,
            assignee=current.assignee or operator,
            answer=message if by_person else current.answer,
            answerer=operator if by_person else current.answerer,
        )

    def end_sessions(self) -> None:
        self.changes.ended.update(self.sessions)
        self.sessions.clear()

    def _touch(self, at: datetime) -> None:
        if self.is_unheard(at):
            return
        if self.conversation is not None and at > self.conversation.last_message_at:
            self.conversation = replace(self.conversation, last_message_at=at)
