"""One part of a message → the fields of messages.send that say it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from bots.contract import Part
from bots.spans import entities_of
from bots.vk.content import SPAN_NAMES
from bots.vk.keyboard import NO_KEYBOARD, keyboard_of
from core.content import (
    AskContactButton,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
)
from core.ids import UserId

_MOST_ATTACHMENTS: Final = 10
_REF = re.compile(r"[a-z_]{3,20}-?\d{1,20}_\d{1,20}(_[A-Za-z0-9]{1,64})?")
_STICKER = re.compile(r"\d{1,12}")


class Unsendable(Exception):
    """The part is not one message of VK's: a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Request:
    """A messages.send to one person; `fields` name no receiver, so that equal ones can share it."""

    user: int
    fields: dict[str, Any]


def request_of(user: UserId, part: Part) -> Request:
    """Raises Unsendable."""
    if not user.isascii() or not user.isdigit():
        raise Unsendable("no such user id")
    fields = {"random_id": random_id_of(part.random_id), **_fields_of(part.content)}
    return Request(int(user), fields)


def edit_of(user: UserId, external_id: str, content: Content) -> dict[str, Any]:
    """What messages.edit takes for a bare text. Raises Unsendable."""
    if content.attachments or content.buttons or not content.text:
        raise Unsendable("only a bare text can be edited")
    return {**_whose(user, external_id, "message_id"), **_fields_of(content)}


def deletion_of(user: UserId, external_id: str) -> dict[str, Any]:
    """What messages.delete takes. Raises Unsendable."""
    return {**_whose(user, external_id, "message_ids"), "delete_for_all": 1}


def _whose(user: UserId, external_id: str, name: str) -> dict[str, Any]:
    """In whose dialogue which message is. Raises Unsendable."""
    if not all(one.isascii() and one.isdigit() for one in (user, external_id)):
        raise Unsendable("no such user or message id")
    return {"peer_id": int(user), name: int(external_id)}


def random_id_of(number: int) -> int:
    """The number as VK takes it: 31 bits and never 0, which would switch the protection off."""
    return (number ^ (number >> 31)) & 0x7FFFFFFF or 1


def _fields_of(content: Content) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "message": "\n".join(filter(None, [content.text, *_words(content)])),
        "dont_parse_links": 1,
        # What looks like "[id1|Anna]" in somebody's words shall ring at nobody's phone.
        "disable_mentions": 1,
    }
    if items := entities_of(content.text, content.spans, SPAN_NAMES):
        fields["format_data"] = json.dumps({"version": 1, "items": items})
    fields |= _attached(content)
    keyboard = keyboard_of(content.buttons)
    if keyboard or content.clears_keyboard:
        fields["keyboard"] = keyboard or NO_KEYBOARD
    return fields


def _words(content: Content) -> Iterator[str]:
    """What VK has no form for: a card, and a button that shares a phone, which people can type."""
    for attachment in content.attachments:
        if isinstance(attachment, ContactCard):
            yield f"{attachment.name} {attachment.phone}".strip()
    for button in content.buttons:
        if isinstance(button, AskContactButton):
            yield button.label


def _attached(content: Content) -> dict[str, Any]:
    places = [one for one in content.attachments if isinstance(one, Location)]
    files = [one for one in content.attachments if isinstance(one, Media)]
    stickers = [one for one in files if one.kind is MediaKind.STICKER]
    if len(places) > 1 or len(files) > _MOST_ATTACHMENTS or (stickers and len(files) > 1):
        raise Unsendable("one VK message cannot carry these attachments")
    fields: dict[str, Any] = {}
    if places:
        fields |= {"lat": places[0].latitude, "long": places[0].longitude}
    if stickers:
        return fields | {"sticker_id": _sticker(stickers[0])}
    if files:
        fields["attachment"] = ",".join(_refs(files))
    return fields


def _sticker(sticker: Media) -> int:
    if not _STICKER.fullmatch(sticker.ref):
        raise Unsendable("the sticker has no number of VK's")
    return int(sticker.ref)


def _refs(files: Sequence[Media]) -> Iterator[str]:
    for media in files:
        match media.kind:
            case (
                MediaKind.PHOTO
                | MediaKind.VIDEO
                | MediaKind.DOCUMENT
                | MediaKind.VOICE
                | MediaKind.AUDIO
            ):
                if not _REF.fullmatch(media.ref):
                    raise Unsendable("the file was not uploaded to VK")
                yield media.ref
            case MediaKind.STICKER:
                raise Unsendable("a sticker goes alone")
            case _:
                assert_never(media.kind)
