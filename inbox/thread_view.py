"""A thread as its page shows it: bubbles, and quiet lines about what happened between them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, TypeAlias, assert_never

from core.acts import ActRecord
from core.altering import Target
from core.content import Attachment, ContactCard, Location, Media, MediaKind
from core.ids import MessageId, OperatorId, TopicId
from core.languages import pick
from core.messages import RESENDABLE, Author, Direction, Message
from core.roles import Role
from dialogues.catalog import Catalog
from inbox.altering_words import Alterable, alterable, altering_words
from inbox.files import is_elsewhere
from inbox.language import sayer, size
from inbox.telling import consent_words, status_words
from inbox.telling_acts import thread_words
from storage.consents import StoredRecord
from storage.conversations import Listed
from storage.files import FileMark, FileState
from storage.messages import Mark
from storage.notes import Note

_FOLDS_AT = 900
_SHOWN_FOLDED = 500
_MISSING = {FileState.WAITING: "file_waits", FileState.FAILED: "file_missing"}
_INLINE = {MediaKind.PHOTO, MediaKind.STICKER, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO}


@dataclass(frozen=True, slots=True)
class FileShown:
    """`is_elsewhere`: at a URL of somebody else's, so that only a link to it is shown.

    `missing` says why it cannot be shown yet, "" where it can.
    """

    kind: str
    title: str
    url: str
    about: str
    is_elsewhere: bool
    is_inline: bool
    missing: str
    may_retry: bool
    is_veiled: bool = False
    """A picture of somebody whom nobody here knows: it is shown when one asks for it."""


@dataclass(frozen=True, slots=True)
class PlaceShown:
    url: str
    about: str


@dataclass(frozen=True, slots=True)
class CardShown:
    name: str
    phone: str
    is_own: bool


AttachmentShown: TypeAlias = FileShown | PlaceShown | CardShown


@dataclass(frozen=True, slots=True)
class Bubble:
    """`rest` is what a long text folds away. `mark` changes when the message does.

    `resend`: "may" be said once more, "done" already, or "" where that is out of the question.
    """

    kind: ClassVar[str] = "bubble"
    id: str
    mark: str
    side: str
    author: str
    at: datetime
    text: str
    rest: str
    attachments: tuple[AttachmentShown, ...]
    buttons: tuple[str, ...]
    status: str
    look: str
    told_at: datetime | None
    """When the messenger told of it: delivered or read."""
    edited_at: datetime | None
    removed_at: datetime | None
    is_ours: bool
    resend: str = ""
    altering: str = ""
    """What is under way of an edit or a deletion, or why it was not done."""
    is_refused: bool = False
    may_alter: Alterable | None = None
    is_mine: bool = False
    """Whoever looks wrote it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened and was not said."""

    kind: ClassVar[str] = "line"
    id: str
    mark: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class NoteShown:
    """What operators tell each other. `calls` are the names in it that call somebody."""

    kind: ClassVar[str] = "note"
    id: str
    mark: str
    at: datetime
    author: str
    text: str
    calls: tuple[str, ...]
    is_for_me: bool


Entry: TypeAlias = Bubble | Line | NoteShown


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who reads, and the names of all operators."""

    operator: OperatorId
    names: Mapping[OperatorId, str]
    language: str
    role: Role = Role.OPERATOR

    def name(self, operator: OperatorId | None) -> str:
        say = sayer(self.language)
        if operator is None:
            return say("an_operator")
        return (
            say("you")
            if operator == self.operator
            else self.names.get(operator, say("an_operator"))
        )


@dataclass(frozen=True, slots=True)
class Happened:
    """What a thread is made of; ids of all kinds grow with time."""

    messages: Sequence[Message] = ()
    records: Sequence[StoredRecord] = ()
    notes: Sequence[Note] = ()
    acts: Sequence[ActRecord] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What else is to be known of these messages: where their files stand, which of them were
    said once more, what operators may want to alter, and whether nobody here knows the contact
    yet."""

    files: Mapping[tuple[MessageId, int], FileMark]
    resent: frozenset[MessageId] = frozenset()
    targets: Mapping[MessageId, Target] = field(default_factory=dict)
    is_stranger: bool = False


def entries(
    happened: Happened, listed: Listed, catalog: Catalog, onlooker: Onlooker, known: Known
) -> list[Entry]:
    """In the order in which it happened."""
    shown: list[tuple[int, Entry]] = [
        (one.id, _message(one, listed, catalog, onlooker, known)) for one in happened.messages
    ]
    shown += [(one.id, _record(one, listed, catalog, onlooker)) for one in happened.records]
    shown += [(one.id, _note(one, onlooker)) for one in happened.notes]
    shown += [(one.id, _act(one, onlooker)) for one in happened.acts]
    return [entry for _, entry in sorted(shown, key=lambda pair: pair[0])]


def mark_of(one: Mark | Message) -> str:
    """Stands for a message as it was shown."""
    times = [at.isoformat() if at else "" for at in (one.edited_at, one.removed_at, one.files_at)]
    whole = json.dumps([one.id, one.status, one.error, *times, one.altering, one.alter_error])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def digest_of(marks: Sequence[Mark]) -> str:
    """Stands for a whole thread as it was shown: another one, and something changed."""
    whole = "".join(mark_of(one) for one in marks)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def preview(message: Message | None, language: str) -> str:
    """The beginning of what was said, or what was sent instead, in one line."""
    say = sayer(language)
    if message is None:
        return ""
    if _is_start(message):
        return say(_start_phrase(message), name="").strip(" :")
    text = " ".join(message.content.text.split())[:140]
    if message.removed_at is not None and message.direction is Direction.OUT:
        text = say("was_deleted")
    if not text and message.content.attachments:
        text = _title(message.content.attachments[0], language)
    text = text or say("no_text")
    match message.author:
        case Author.CONTACT:
            return text
        case Author.FLOW | Author.SYSTEM:
            return f"{say('bot')}: {text}"
        case Author.OPERATOR:
            return f"{say('an_operator')}: {text}"
        case Author.API:
            return f"{say('shop_api')}: {text}"
        case _:
            assert_never(message.author)


def _message(
    message: Message, listed: Listed, catalog: Catalog, onlooker: Onlooker, known: Known
) -> Entry:
    mark = mark_of(message)
    say = sayer(onlooker.language)
    if _is_start(message):
        # The parameter is a code of ours: it says nothing to a person.
        words = say(_start_phrase(message), name=listed.name)
        return Line(str(message.id), mark, message.created_at, words)
    text = message.content.text
    folds = len(text) > _FOLDS_AT or text.count("\n") > 24
    head = _head(text) if folds else text
    status, look = status_words(message, onlooker.language)
    account = catalog.accounts.get(listed.account)
    return Bubble(
        id=str(message.id),
        mark=mark,
        side=message.direction,
        author=_author(message, listed, catalog, onlooker),
        at=message.created_at,
        text=head,
        rest=text[len(head) :],
        attachments=tuple(
            _attachment(one, message, number, onlooker.language, known)
            for number, one in enumerate(message.content.attachments)
        ),
        buttons=tuple(button.label for button in message.content.buttons),
        status=status,
        look=look,
        told_at=message.read_at or message.delivered_at,
        edited_at=message.edited_at,
        removed_at=message.removed_at,
        is_ours=message.author is Author.OPERATOR,
        resend=_resend(message, listed, known),
        altering=altering_words(message, listed, account, onlooker.language),
        is_refused=bool(message.alter_error),
        is_mine=message.operator is not None and message.operator == onlooker.operator,
        may_alter=alterable(
            known.targets.get(message.id),
            listed,
            account,
            onlooker.operator,
            onlooker.role,
            onlooker.language,
        ),
    )


def _resend(message: Message, listed: Listed, known: Known) -> str:
    if message.id in known.resent:
        return "done"
    may = message.status in RESENDABLE and message.removed_at is None and listed.may_be_told
    return "may" if may else ""


def _is_start(message: Message) -> bool:
    text = message.content.text
    return message.direction is Direction.IN and (text == "/start" or text.startswith("/start "))


def _start_phrase(message: Message) -> str:
    return "came_by_link" if " " in message.content.text else "pressed_start"


def _head(text: str) -> str:
    """The first lines, cut between words."""
    lines = text[:_SHOWN_FOLDED].split("\n")
    head = "\n".join(lines[:16])
    return head[: head.rfind(" ")] if " " in head[_SHOWN_FOLDED // 2 :] else head


def _author(message: Message, listed: Listed, catalog: Catalog, onlooker: Onlooker) -> str:
    say = sayer(onlooker.language)
    match message.author:
        case Author.CONTACT:
            return listed.name
        case Author.FLOW | Author.SYSTEM:
            flow = catalog.flows.get(message.flow) if message.flow is not None else None
            if flow is None or not flow.title:
                return say("bot")
            return say("bot_flow", flow=pick(flow.title, onlooker.language))
        case Author.OPERATOR:
            return onlooker.name(message.operator)
        case Author.API:
            return say("shop_api")
        case _:
            assert_never(message.author)


def _attachment(
    attachment: Attachment, message: Message, number: int, language: str, known: Known
) -> AttachmentShown:
    match attachment:
        case Media(kind, ref, name, _, bytes_):
            mark = known.files.get((message.id, number))
            is_ours = not is_elsewhere(message, attachment, mark)
            # Those from before files were kept have no mark: they come straight from there.
            missing = _MISSING.get(mark.state, "") if mark and is_ours else ""
            return FileShown(
                kind=kind,
                title=name or _title(attachment, language),
                url=f"/inbox/files/{message.id}/{number}" if is_ours else ref,
                about=size(bytes_, language),
                is_elsewhere=not is_ours,
                is_inline=kind in _INLINE and is_ours,
                missing=sayer(language)(missing) if missing else "",
                # The form carries the page's own token, so it never leads elsewhere.
                may_retry=is_ours and mark is not None and mark.state is FileState.FAILED,
                is_veiled=known.is_stranger and message.direction is Direction.IN,
            )
        case Location(latitude, longitude):
            place = f"{latitude:.5f}, {longitude:.5f}"
            query = f"mlat={latitude:.6f}&mlon={longitude:.6f}"
            map_ = f"#map=16/{latitude:.5f}/{longitude:.5f}"
            return PlaceShown(f"https://www.openstreetmap.org/?{query}{map_}", place)
        case ContactCard(phone, name, own):
            return CardShown(name, phone, own)
        case _:
            assert_never(attachment)


def _title(attachment: Attachment, language: str) -> str:
    say = sayer(language)
    match attachment:
        case Media(kind):
            return say(kind)
        case Location():
            return say("location")
        case ContactCard():
            return say("card")
        case _:
            assert_never(attachment)


def _record(record: StoredRecord, listed: Listed, catalog: Catalog, onlooker: Onlooker) -> Line:
    title = topic_title(catalog, record.topic, onlooker.language)
    words = consent_words(record, listed.name, title, onlooker.language)
    return Line(f"c{record.id}", "", record.at, words)


def _act(record: ActRecord, onlooker: Onlooker) -> Line:
    return Line(f"a{record.id}", "", record.at, thread_words(record, onlooker.language))


def _note(note: Note, onlooker: Onlooker) -> NoteShown:
    return NoteShown(
        id=f"n{note.id}",
        mark="",
        at=note.created_at,
        author=onlooker.name(note.operator),
        text=note.text,
        calls=tuple(onlooker.names.get(one, "") for one in note.mentions),
        is_for_me=onlooker.operator in note.mentions,
    )


def topic_title(catalog: Catalog, topic: TopicId | None, language: str) -> str | None:
    return None if topic is None else catalog.title(topic, language)
