"""One part of a message → the one message of Viber's that carries it."""

import re
from mimetypes import guess_extension
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from viberbot.api.messages import (
    ContactMessage,
    FileMessage,
    LocationMessage,
    PictureMessage,
    StickerMessage,
    TextMessage,
    URLMessage,
    VideoMessage,
)
from viberbot.api.messages.data_types.contact import Contact
from viberbot.api.messages.data_types.location import Location as Place
from viberbot.api.messages.message import Message

from bots.viber.keyboard import keyboard_of, version_for
from bots.viber.limits import LIMITS
from bots.viber.plain import plain_of
from core.content import ContactCard, Content, Location, Media, MediaKind
from core.text import utf16_length

_PICTURES = frozenset(("", "image/jpeg", "image/png", "image/gif"))
_PICTURE_BYTES: Final = 2**20
_VIDEO_BYTES: Final = 26 * 2**20
_FILE_BYTES: Final = 50 * 2**20
_NUMBER = re.compile(r"[0-9]{1,18}")
_NAME = 256
_CARD_NAME = 28
_CARD_PHONE = 18


class Unsendable(Exception):
    """The part is not one message of Viber's: a mistake of ours."""


def fields_of(content: Content) -> dict[str, Any]:
    """What a request says beside who sends it to whom. Raises Unsendable."""
    about: dict[str, Any] = {"min_api_version": version_for(content.buttons)}
    if content.buttons:
        about["keyboard"] = keyboard_of(content.buttons)
    return _known(_message(content, about).to_dict())


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """The library writes null for what we do not say."""
    return {
        name: _known(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None
    }


def _message(content: Content, about: dict[str, Any]) -> Message:
    match content.attachments:
        case ():
            return TextMessage(text=plain_of(content), **about)
        case (Media() as media,):
            return _media(media, plain_of(content), about)
        case (Location(latitude, longitude),) if not content.text:
            return LocationMessage(location=Place(lat=latitude, lon=longitude), **about)
        case (ContactCard() as card,) if not content.text:
            return ContactMessage(contact=_contact(card), **about)
        case _:
            raise Unsendable("one Viber message cannot carry this text and these attachments")


def _media(media: Media, caption: str, about: dict[str, Any]) -> Message:
    """As the kind that shows it best, for all of which Viber fetches a public URL.

    A picture alone has a caption; a video and a file must tell their size. What has no place in
    them stands as a link: nothing is lost.
    """
    url = media.ref
    if media.kind is MediaKind.STICKER and _NUMBER.fullmatch(url) and not caption:
        return StickerMessage(sticker_id=int(url), **about)
    if not url.startswith(("https://", "http://")):
        raise Unsendable("Viber takes files by their URL only")
    if _is_picture(media) and utf16_length(caption) <= LIMITS.caption:
        return PictureMessage(text=caption, media=url, **about)
    if caption:
        return TextMessage(text=f"{caption}\n{url}", **about)
    if media.kind is MediaKind.VIDEO and _holds(_VIDEO_BYTES, media):
        return VideoMessage(media=url, size=media.size, **about)
    if _holds(_FILE_BYTES, media):
        return FileMessage(media=url, size=media.size, file_name=_name(media), **about)
    return URLMessage(media=url, **about)


def _is_picture(media: Media) -> bool:
    is_small = media.size is None or media.size <= _PICTURE_BYTES
    return media.kind is MediaKind.PHOTO and is_small and media.mime in _PICTURES


def _holds(most: int, media: Media) -> bool:
    return media.size is not None and 0 < media.size <= most


def _name(media: Media) -> str:
    """A file name with an extension, by which Viber tells what to do with the file."""
    address, _, _ = media.ref.partition("?")
    name = PurePosixPath(media.name or unquote(address)).name or "file"
    if not PurePosixPath(name).suffix:
        name += guess_extension(media.mime) or ".bin"
    return name[-_NAME:]


def _contact(card: ContactCard) -> Contact:
    name = (card.name or card.phone)[:_CARD_NAME]
    return Contact(name=name, phone_number=card.phone[:_CARD_PHONE])
