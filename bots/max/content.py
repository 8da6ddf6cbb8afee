"""What stands in a MAX message → Content. Pure, and on the hot path."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bots.fields import Fields, WrongType, count, degrees, hint, inner, rows, text
from bots.spans import spans_of
from core.content import Attachment, ContactCard, Content, Location, Media, MediaKind, SpanKind

MOST_TEXT: Final = 65_536
"""MAX's own bound is 4000; what is longer is cut here."""
_MOST_URL = 4096
_MOST_ATTACHMENTS = 24
"""MAX's own bound is 12."""
_MOST_SPANS = 100
_MOST_CARD = 16_384
_PHONE = re.compile(r"^(?:[\w-]+\.)?TEL(?:;[^:\r\n]*)?:(?:tel:)?([^\r\n]{1,64})", re.I | re.M)
_NAME = re.compile(r"^FN(?:;[^:\r\n]*)?:([^\r\n]{1,256})", re.I | re.M)

_MEDIA = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.VOICE,
    "file": MediaKind.DOCUMENT,
    "sticker": MediaKind.STICKER,
}
_SPANS = {
    "strong": SpanKind.BOLD,
    "emphasized": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "monospaced": SpanKind.CODE,
    "link": SpanKind.LINK,
}


def content_of(message: Fields, sender: int) -> Content:
    """What the message says. A kind that we cannot show is named, so that nobody overlooks it.

    Raises WrongType.
    """
    content = _said(inner(message, "body"), sender)
    link = message.get("link")
    if type(link) is not dict or link.get("type") != "forward":
        return content
    # Other people's words, marked as such: a forwarded STOP is none, nor is a card one's own.
    forwarded = _said(inner(link, "message"), sender=0)
    words = f"[forwarded] {forwarded.text}".rstrip()
    return replace(
        content,
        text=f"{content.text}\n{words}" if content.text else words,
        attachments=content.attachments + forwarded.attachments,
    )


def _said(body: Fields, sender: int) -> Content:
    said = text(body, "text", MOST_TEXT)
    spans = spans_of(_entities(body), _SPANS, said)
    attachments: list[Attachment] = []
    lines = [said] if said else []
    for fields in rows(body, "attachments", _MOST_ATTACHMENTS):
        kind = hint(fields, "type", 32)
        if found := _attachment(kind, fields, sender):
            attachments.append(found)
        elif line := _line(kind, fields, said):
            lines.append(line)
    return Content("\n".join(lines), spans, tuple(attachments))


def _entities(body: Fields) -> Iterator[Fields]:
    for entity in rows(body, "markup", _MOST_SPANS):
        yield {**entity, "offset": entity.get("from")}


def _attachment(kind: str, fields: Fields, sender: int) -> Attachment | None:
    if kind in _MEDIA:
        return _media(fields, _MEDIA[kind])
    if kind == "location":
        return Location(degrees(fields, "latitude", 90), degrees(fields, "longitude", 180))
    if kind == "contact":
        return _card(inner(fields, "payload"), sender)
    return None


def _media(fields: Fields, kind: MediaKind) -> Media:
    payload = inner(fields, "payload")
    url = hint(payload, "url", _MOST_URL)
    if not url.startswith(("https://", "http://")):
        url = hint(payload, "token", _MOST_URL)
    if not url:
        raise WrongType("a file without an address")
    return Media(kind, url, hint(fields, "filename", 256), size=count(fields, "size"))


def _card(payload: Fields, sender: int) -> ContactCard:
    """The sender's own where MAX says both: whose card it is, and that it was asked for.

    Only a card that the button of `request_contact` sent carries a `hash`; a card of oneself
    that was merely forwarded may have been edited.
    """
    vcard = hint(payload, "vcf_info", _MOST_CARD)
    person = payload.get("max_info")
    who: Fields = person if type(person) is dict else {}
    phone = _PHONE.search(vcard)
    number = phone[1].strip() if phone else ""
    # MAX writes international numbers, now with a plus and now without.
    if number.isdigit():
        number = "+" + number
    name = f"{hint(who, 'first_name', 256)} {hint(who, 'last_name', 256)}".strip()
    if not name and (written := _NAME.search(vcard)):
        name = written[1].strip()
    is_asked_for = bool(hint(payload, "hash", 512))
    own = is_asked_for and type(who.get("user_id")) is int and who["user_id"] == sender
    return ContactCard(number, name, own)


def _line(kind: str, fields: Fields, said: str) -> str:
    """What stands for an attachment that is no file: "" where the text says it already."""
    if kind == "inline_keyboard":
        return ""
    if kind == "share":
        payload = fields.get("payload")
        url = hint(payload, "url", _MOST_URL) if type(payload) is dict else ""
        return "" if url in said else url
    return f"[{kind or 'attachment'}]"
