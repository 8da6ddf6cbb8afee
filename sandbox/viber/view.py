"""Viber's messages as the phone shows them."""

from __future__ import annotations

import html
import re

from sandbox.values import Json
from sandbox.viber.keyboard import grid
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
    Span,
    SpanKind,
    Sticker,
    Ticks,
)

# Texts of buttons may hold a few tags, such as <font color="#f00">.
_TAG = re.compile(r"<[^<>]{1,200}>")
_NAMELESS = {"share-phone": "☎", "location-picker": "📍"}


def is_shown(record: Json) -> bool:
    """Whether the phone has it: neither hidden nor still (or for ever) on its way."""
    has_arrived = not record["out"] or record["status"] in {"delivered", "seen"}
    return has_arrived and not record.get("hidden")


def bubble(record: Json) -> Bubble:
    message = record["message"]
    text: str = message.get("text") or message.get("alt_text") or ""
    spans: tuple[Span, ...] = ()
    if message["type"] == "url":
        text = message["media"]
        spans = (Span(SpanKind.LINK, 0, len(text.encode("utf-16-le")) // 2, text),)
    return Bubble(
        id=str(record["number"]),
        is_own=not record["out"],
        at=record["timestamp"] / 1000,
        text=text,
        spans=spans,
        media=_media(message, record.get("file_id", "")),
        rows=rows(message.get("rich_media")),
        ticks=Ticks.NONE if record["out"] else Ticks.SENT,
    )


def rows(keyboard: Json | None) -> Rows:
    """Without links: to open one is an act, since the bot hears of it."""
    return tuple(tuple(Button(_label(each)) for each in row) for row in grid(keyboard or {}))


def _label(button: Json) -> str:
    text = html.unescape(_TAG.sub("", button.get("Text", ""))).strip()
    return text or _NAMELESS.get(button.get("ActionType", ""), "…")


def _media(message: Json, file: str) -> tuple[Medium, ...]:
    medium = _medium(message, file)
    return () if medium is None else (medium,)


def _medium(message: Json, file: str) -> Medium | None:
    match message:
        case {"type": "picture"}:
            return Picture(file)
        case {"type": "video"}:
            return Film(file)
        case {"type": "file", "file_name": name, **sizes}:
            # What a person sends says file_size, what a bot sends says size.
            return Document(file, name, sizes.get("file_size") or sizes["size"])
        case {"type": "sticker", "sticker_id": number}:
            return Sticker(file) if file else Note(f"Sticker {number}")
        case {"type": "contact", "contact": {"name": name, "phone_number": phone}}:
            return Contact(name, phone)
        case {"type": "location", "location": {"lat": latitude, "lon": longitude}}:
            return Place(latitude, longitude)
        case _:
            return None
