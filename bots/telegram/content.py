"""What stands in a Telegram message → Content. Pure, and on the hot path."""

from collections.abc import Callable
from typing import Final

from bots.fields import (
    Fields,
    WrongType,
    count,
    degrees,
    hint,
    inner,
    rows,
    text,
    whole,
)
from bots.telegram.kinds import ABOUT, SERVICE
from bots.telegram.spans import spans_of
from core.content import Attachment, ContactCard, Content, Location, Media, MediaKind
from core.text import clean

MOST_TEXT: Final = 65_536
"""Telegram's own bound is 4096; whoever sends more to the webhook is cut here."""
_MOST_ID: Final = 512

_MEDIA = (
    # An animation has a `document` beside it, for old clients: it must be looked for first.
    ("animation", MediaKind.VIDEO),
    ("video", MediaKind.VIDEO),
    ("document", MediaKind.DOCUMENT),
    ("voice", MediaKind.VOICE),
    ("audio", MediaKind.AUDIO),
    ("video_note", MediaKind.VIDEO),
    ("sticker", MediaKind.STICKER),
)


def content_of(message: Fields) -> Content:
    """What the message says. A kind that we cannot show is named, so that nobody overlooks it.

    Raises WrongType.
    """
    if "text" in message:
        said = text(message, "text", MOST_TEXT)
        return Content(said, spans_of(message, "entities", said))
    attachment = _attachment(message)
    if attachment is None:
        return Content(_placeholder(message))
    if "venue" in message:
        return Content(_venue(message), attachments=(attachment,))
    said = text(message, "caption", MOST_TEXT)
    return Content(said, spans_of(message, "caption_entities", said), (attachment,))


def notice(message: Fields) -> str:
    """The name of a service message, "" for one that a person wrote."""
    if "text" in message:
        return ""
    return next((name for name in message if name in SERVICE), "")


def _attachment(message: Fields) -> Attachment | None:
    if "photo" in message:
        return _photo(message)
    for name, kind in _MEDIA:
        if name in message:
            return _media(inner(message, name), kind)
    if "location" in message:
        place = inner(message, "location")
        return Location(degrees(place, "latitude", 90), degrees(place, "longitude", 180))
    if "contact" in message:
        return _card(message)
    return None


def _photo(message: Fields) -> Media:
    """The largest of the sizes that Telegram made of one picture."""
    sizes = rows(message, "photo", 32)
    largest = max(sizes, key=lambda size: count(size, "width") or 0, default={})
    return _media(largest, MediaKind.PHOTO)


def _media(file: Fields, kind: MediaKind) -> Media:
    ref = text(file, "file_id", _MOST_ID)
    if not ref:
        raise WrongType("file_id is missing")
    name = hint(file, "emoji" if kind is MediaKind.STICKER else "file_name", 256)
    return Media(kind, ref, name, hint(file, "mime_type", 128), count(file, "file_size"))


def _card(message: Fields) -> ContactCard:
    """A card may be anybody's: it is the sender's own only by its user id."""
    card = inner(message, "contact")
    phone = text(card, "phone_number", 64)
    # Telegram writes international numbers, now with a plus and now without.
    if phone.isdigit():
        phone = "+" + phone
    name = f"{hint(card, 'first_name', 256)} {hint(card, 'last_name', 256)}".strip()
    sender = message.get("from")
    own = type(sender) is dict and "user_id" in card and card["user_id"] == whole(sender, "id")
    return ContactCard(phone, name, own)


def _venue(message: Fields) -> str:
    venue = inner(message, "venue")
    return ", ".join(filter(None, (hint(venue, "title", 256), hint(venue, "address", 512))))


_DETAILS: dict[str, Callable[[Fields], str]] = {
    "poll": lambda poll: hint(poll, "question", 512),
    "dice": lambda dice: f"{hint(dice, 'emoji', 16)} {count(dice, 'value') or ''}".strip(),
    "game": lambda game: hint(game, "title", 256),
    "checklist": lambda checklist: hint(checklist, "title", 256),
}


def _placeholder(message: Fields) -> str:
    """Like "[poll] Tea or coffee?": operators see that something came, and what."""
    name = next((name for name in message if name not in ABOUT), "message")
    found = message.get(name)
    detail = _DETAILS[name](found) if name in _DETAILS and type(found) is dict else ""
    return f"[{clean(name[:64])}] {detail}".rstrip()
