"""What a message says: text with spans, attachments, buttons; the same shape in and out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class SpanKind(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Span:
    """Formatting of `length` characters from `offset`, both in code points of the text."""

    kind: SpanKind
    offset: int
    length: int
    url: str = ""


class MediaKind(StrEnum):
    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    VOICE = "voice"
    AUDIO = "audio"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True)
class Media:
    """A file. `ref` is an http(s) URL, a file of ours ("sha256:" and its digest), or the platform's
    own file id when it came from there."""

    kind: MediaKind
    ref: str
    name: str = ""
    mime: str = ""
    size: int | None = None


_OURS = "sha256:"


def ref_of(digest: str) -> str:
    """What a `Media` carries for a file of ours."""
    return _OURS + digest


def digest_in(ref: str) -> str | None:
    """The digest of a file of ours; None for a URL or a messenger's own id."""
    return ref.removeprefix(_OURS) if ref.startswith(_OURS) else None


@dataclass(frozen=True, slots=True)
class Location:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A shared phone. `own` is True only where the platform vouches that it is the sender's."""

    phone: str
    name: str
    own: bool


Attachment: TypeAlias = Media | Location | ContactCard


@dataclass(frozen=True, slots=True)
class PressButton:
    """Comes back as `Pressed` with `value`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class UrlButton:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class AskContactButton:
    """Asks the person to share their own phone with one tap."""

    label: str


@dataclass(frozen=True, slots=True)
class AskLocationButton:
    label: str


Button: TypeAlias = PressButton | UrlButton | AskContactButton | AskLocationButton


@dataclass(frozen=True, slots=True)
class Content:
    """One thing said. `clears_keyboard` takes away a keyboard that an earlier message left."""

    text: str = ""
    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
    clears_keyboard: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.attachments
