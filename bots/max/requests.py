"""One part of a message → the body of the one request that sends it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias, assert_never

from bots.keyboard import rows_of
from bots.max.html import html_of
from bots.max.limits import KEYBOARD_ROWS, LIMITS, WIDE_ROW
from core.content import (
    AskContactButton,
    AskLocationButton,
    Attachment,
    Button,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    UrlButton,
)

Json: TypeAlias = dict[str, Any]
UPLOAD_TYPES: Final = ("image", "video", "audio", "file")
_TYPES = {
    MediaKind.PHOTO: "image",
    MediaKind.VIDEO: "video",
    MediaKind.VOICE: "audio",
    MediaKind.AUDIO: "audio",
    MediaKind.DOCUMENT: "file",
    MediaKind.STICKER: "image",
}
_IMAGES = frozenset(
    f"image/{name}" for name in ("jpeg", "png", "gif", "tiff", "bmp", "heic", "heif")
)


class Unsendable(Exception):
    """The part is not one message of MAX's: a mistake of ours."""


def body_of(content: Content) -> Json:
    """What POST /messages takes. Raises Unsendable."""
    if len(content.attachments) > 1 or content.is_empty:
        raise Unsendable("one MAX message carries a text, or one thing and a text")
    content = _with_link_in_text(content)
    attachments = [_attachment(one) for one in content.attachments]
    if content.buttons:
        attachments.append(_keyboard(content.buttons))
    if content.spans:
        text: Json = {"text": html_of(content.text, content.spans), "format": "html"}
    else:
        text = {"text": content.text} if content.text else {}
    return {**text, "attachments": attachments} if attachments else text


def type_for(kind: MediaKind, mime: str) -> str:
    """As what a file is uploaded, and sent afterwards."""
    as_type = _TYPES[kind]
    return "file" if as_type == "image" and mime and mime not in _IMAGES else as_type


def _with_link_in_text(content: Content) -> Content:
    """MAX takes a picture by its URL, and nothing else: other files stand as links."""
    match content.attachments:
        case (Media(kind, ref),) if _TYPES[kind] != "image" and _is_url(ref):
            text = f"{content.text}\n{ref}" if content.text else ref
            return replace(content, text=text, attachments=())
        case _:
            return content


def _attachment(attachment: Attachment) -> Json:
    match attachment:
        case Media(kind, ref):
            return _media(kind, ref)
        case Location(latitude, longitude):
            return {"type": "location", "latitude": latitude, "longitude": longitude}
        case ContactCard(phone, name):
            return {"type": "contact", "payload": {"name": name or phone, "vcf_phone": phone}}
        case _:
            assert_never(attachment)


def _media(kind: MediaKind, ref: str) -> Json:
    if _is_url(ref):
        return {"type": "image", "payload": {"url": ref}}
    uploaded_as, _, token = ref.partition(":")
    if uploaded_as in UPLOAD_TYPES:
        return {"type": uploaded_as, "payload": {"token": token}}
    if kind is MediaKind.STICKER:
        return {"type": "sticker", "payload": {"code": ref}}
    return {"type": _TYPES[kind], "payload": {"token": ref}}


def _is_url(ref: str) -> bool:
    return ref.startswith(("https://", "http://"))


def _keyboard(buttons: Sequence[Button]) -> Json:
    is_plain = all(isinstance(button, PressButton) for button in buttons)
    in_row = LIMITS.buttons_in_row if is_plain else WIDE_ROW
    rows = [[_button(button) for button in row] for row in rows_of(buttons, in_row, KEYBOARD_ROWS)]
    return {"type": "inline_keyboard", "payload": {"buttons": rows}}


def _button(button: Button) -> Json:
    match button:
        case PressButton(label, value):
            return {"type": "callback", "text": label, "payload": value}
        case UrlButton(label, url):
            return {"type": "link", "text": label, "url": url}
        case AskContactButton(label):
            return {"type": "request_contact", "text": label}
        case AskLocationButton(label):
            return {"type": "request_geo_location", "text": label}
        case _:
            assert_never(button)
