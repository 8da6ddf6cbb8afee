"""What stands in a Viber message → Content. Pure, and on the hot path."""

from typing import Final

from bots.fields import Fields, WrongType, count, degrees, hint, inner, text, whole
from core.content import Attachment, ContactCard, Content, Location, Media, MediaKind

MOST_TEXT: Final = 65_536
"""Viber's own bound is 7000; what is longer is cut here."""
_MOST_URL = 4096


def content_of(message: Fields) -> Content:
    """What the message says. A kind that we cannot show is named, so that nobody overlooks it.

    Raises WrongType.
    """
    match kind := text(message, "type", 32):
        case "text":
            return Content(text(message, "text", MOST_TEXT))
        case "url":
            return Content(text(message, "media", MOST_TEXT))
        case "picture" | "video" | "file":
            caption = hint(message, "text", MOST_TEXT)
            return Content(caption, attachments=(_media(message, _KINDS[kind]),))
        case "sticker":
            # Viber gives no picture of it, only its number, which can be sent back.
            number = str(whole(message, "sticker_id"))
            return _of(Media(MediaKind.STICKER, number))
        case "contact":
            return _of(_card(inner(message, "contact")))
        case "location":
            place = inner(message, "location")
            return _of(Location(degrees(place, "lat", 90), degrees(place, "lon", 180)))
        case _:
            return Content(f"[{kind or 'message'}]")


_KINDS = {"picture": MediaKind.PHOTO, "video": MediaKind.VIDEO, "file": MediaKind.DOCUMENT}


def _of(attachment: Attachment) -> Content:
    return Content(attachments=(attachment,))


def _media(message: Fields, kind: MediaKind) -> Media:
    url = text(message, "media", _MOST_URL)
    if not url.startswith(("https://", "http://")):
        raise WrongType("media is not a URL")
    size = count(message, "file_size" if kind is MediaKind.DOCUMENT else "size")
    return Media(kind, url, hint(message, "file_name", 256), size=size)


def _card(card: Fields) -> ContactCard:
    """Never the sender's own: Viber does not vouch for it.

    The phone that the share-phone button sends and a card of somebody else's, picked from the
    address book, come as the same message.
    """
    phone = text(card, "phone_number", 64)
    # Viber writes international numbers without a plus.
    if phone.isdigit():
        phone = "+" + phone
    return ContactCard(phone, hint(card, "name", 256), own=False)
