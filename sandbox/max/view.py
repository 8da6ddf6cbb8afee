"""MAX's messages as the phone shows them."""

from __future__ import annotations

import re
from typing import Final

from sandbox.max.dialog import Dialog, Kept
from sandbox.values import Json
from sandbox.view import (
    Bubble,
    Button,
    Contact,
    Document,
    Film,
    Medium,
    Note,
    Picture,
    Place,
    Rows,
    Sound,
    Span,
    SpanKind,
    Sticker,
    Style,
    Ticks,
)

_SPANS: Final = {
    "strong": SpanKind.BOLD,
    "emphasized": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "monospaced": SpanKind.CODE,
    "highlighted": SpanKind.MARK,
    "heading": SpanKind.HEADING,
    "quote": SpanKind.QUOTE,
    "link": SpanKind.LINK,
    "user_mention": SpanKind.TAG,
}
_STYLES: Final = {"positive": Style.GOOD, "negative": Style.BAD}
_CARD = re.compile(r"^(FN|TEL)[^:\r\n]*:([^\r\n]*)", re.MULTILINE)


def bubble(bot_id: int, dialog: Dialog, kept: Kept) -> Bubble:
    is_own = kept.sender_id != bot_id
    body, link = kept.message["body"], kept.message["link"]
    attachments = body["attachments"]
    ticks = Ticks.READ if kept.number <= dialog.read_by_bot else Ticks.SENT
    return Bubble(
        id=kept.mid,
        is_own=is_own,
        at=kept.message["timestamp"] / 1000,
        text=body["text"] or "",
        spans=tuple(
            Span(_SPANS[each["type"]], each["from"], each["length"], each.get("url", ""))
            for each in body["markup"]
        ),
        media=tuple(each for one in attachments if (each := _medium(one)) is not None),
        rows=_rows(attachments),
        quote=(link["message"]["text"] or "…")[:80] if link else "",
        is_edited=kept.is_edited,
        # The app shows ticks only beside what its owner wrote.
        ticks=ticks if is_own else Ticks.NONE,
    )


def file_of(url: str) -> str:
    """The stored file that an address of the double's own leads to."""
    return url.rpartition("/")[2]


def buttons_of(body: Json) -> list[list[Json]]:
    """The rows of the inline keyboard; none where there is no keyboard."""
    for each in body["attachments"]:
        if each["type"] == "inline_keyboard":
            rows: list[list[Json]] = each["payload"]["buttons"]
            return rows
    return []


def _rows(attachments: list[Json]) -> Rows:
    rows = buttons_of({"attachments": attachments})
    return tuple(tuple(_button(each) for each in row) for row in rows)


def _button(button: Json) -> Button:
    style = _STYLES.get(button.get("intent", ""), Style.PLAIN)
    return Button(button["text"], button.get("url", ""), style)


def _medium(attachment: Json) -> Medium | None:
    match attachment:
        case {"type": "image", "payload": {"url": url}}:
            return Picture(file_of(url))
        case {"type": "video", "payload": {"url": url}}:
            return Film(file_of(url))
        case {"type": "audio", "payload": {"url": url}}:
            return Sound(file_of(url))
        case {"type": "file", "payload": {"url": url}, "filename": name, "size": size}:
            return Document(file_of(url), name, size)
        case {"type": "sticker", "payload": {"url": url}}:
            return Sticker(file_of(url))
        case {"type": "location", "latitude": latitude, "longitude": longitude}:
            return Place(latitude, longitude)
        case {"type": "contact", "payload": {"vcf_info": card}}:
            fields = {match[1]: match[2] for match in _CARD.finditer(card or "")}
            return Contact(fields.get("FN", "…"), fields.get("TEL", ""))
        case {"type": "share", "payload": {"url": url}}:
            return Note(attachment.get("title") or url)
        case _:
            return None
