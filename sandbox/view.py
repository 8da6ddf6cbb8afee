"""What a phone shows, whatever the messenger: the one shape that the pages know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class SpanKind(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    PRE = "pre"
    QUOTE = "quote"
    SPOILER = "spoiler"
    MARK = "mark"
    HEADING = "heading"
    LINK = "link"
    COMMAND = "command"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Span:
    """Formatting of a part of a text; `offset` and `length` count UTF-16 code units.

    A LINK leads to `url`; a tap on a COMMAND says its text; a TAG only looks like a link.
    """

    kind: SpanKind
    offset: int
    length: int
    url: str = ""


# `file` of each medium is the id of a stored file: the page fetches it below /phone/file/.
@dataclass(frozen=True, slots=True)
class Picture:
    kind: ClassVar[str] = "picture"
    file: str
    width: int = 0
    height: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sticker:
    kind: ClassVar[str] = "sticker"
    file: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Film:
    """`is_round` is a video note, `is_looped` a film that plays by itself without sound."""

    kind: ClassVar[str] = "film"
    file: str
    is_round: bool = False
    is_looped: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """A voice message, or music when it has a `title`."""

    kind: ClassVar[str] = "sound"
    file: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`size` in bytes."""

    kind: ClassVar[str] = "document"
    file: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    kind: ClassVar[str] = "place"
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Contact:
    kind: ClassVar[str] = "contact"
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something this phone has no better picture of, in words."""

    kind: ClassVar[str] = "note"
    text: str


Medium = Picture | Sticker | Film | Sound | Document | Place | Contact | Note


class Style(StrEnum):
    PLAIN = ""
    PRIMARY = "primary"
    GOOD = "success"
    BAD = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """With a `link` it opens that address by itself; else a press or a tap becomes an act."""

    label: str
    link: str = ""
    style: Style = Style.PLAIN


Rows = tuple[tuple[Button, ...], ...]


class Ticks(StrEnum):
    """NONE where the messenger shows none."""

    NONE = ""
    SENT = "sent"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `at` is Unix time in seconds; acts name the message by `id`.

    `is_own` is the person's, not the bot's. `author` names a human who wrote for the bot.
    """

    id: str
    is_own: bool
    at: float
    text: str = ""
    spans: tuple[Span, ...] = ()
    media: tuple[Medium, ...] = ()
    rows: Rows = ()
    quote: str = ""
    author: str = ""
    is_edited: bool = False
    is_removed: bool = False
    ticks: Ticks = Ticks.NONE


class Mode(StrEnum):
    """START shows only the Start button, BLOCKED only the way back, CHAT the whole composer."""

    START = "start"
    CHAT = "chat"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the bot's menu; a tap says `text`."""

    text: str
    description: str


@dataclass(frozen=True, slots=True)
class Screen:
    """What surrounds the messages: the keyboard below, the menu, what an empty chat tells."""

    mode: Mode
    keyboard: Rows = ()
    menu: tuple[Command, ...] = ()
    description: str = ""
