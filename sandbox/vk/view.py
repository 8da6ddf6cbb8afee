"""VK's messages as the phone shows them."""

from __future__ import annotations

import json

from sandbox.values import Json
from sandbox.view import (
    Bubble,
    Button,
    Document,
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
from sandbox.vk.dialogue import Dialogue

_SPANS = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "url": SpanKind.LINK,
}
_STYLES = {"primary": Style.PRIMARY, "positive": Style.GOOD, "negative": Style.BAD}


def bubble(dialogue: Dialogue, message: Json) -> Bubble:
    is_own = not message["out"]
    number = message["conversation_message_id"]
    read = dialogue.read_by_group if is_own else dialogue.read_by_person
    replied = message.get("reply_message")
    keyboard = message.get("keyboard") or {}
    admin = message.get("admin_author_id")
    return Bubble(
        id=str(number),
        is_own=is_own,
        at=message["date"],
        text=message["text"],
        spans=tuple(
            Span(_SPANS[each["type"]], each["offset"], each["length"], each.get("url", ""))
            for each in message.get("format_data", {}).get("items", [])
        ),
        media=_media(message),
        rows=rows(keyboard) if keyboard.get("inline") else (),
        quote=(replied["text"] or "…")[:80] if replied else "",
        author=f"id{admin}" if admin else "",
        is_edited="update_time" in message,
        ticks=Ticks.READ if number <= read else Ticks.SENT,
    )


def rows(keyboard: Json) -> Rows:
    return tuple(tuple(_button(each) for each in row) for row in keyboard.get("buttons", []))


def file_of(url: str) -> str:
    """The stored file that an address of the double's own leads to."""
    return url.rpartition("/")[2]


def _button(button: Json) -> Button:
    action = button["action"]
    # A button of these kinds has no label of its own: the app shows its usual one.
    label = action.get("label") or {"location": "📍", "vkpay": "VK Pay"}.get(action["type"], "…")
    return Button(label, action.get("link", ""), _STYLES.get(button.get("color", ""), Style.PLAIN))


def _media(message: Json) -> tuple[Medium, ...]:
    media = [_medium(each) for each in message["attachments"]]
    match message.get("geo"):
        case {"coordinates": {"latitude": latitude, "longitude": longitude}}:
            media.append(Place(latitude, longitude))
    match message.get("template"):
        case str() as template:
            elements = json.loads(template)["elements"]
            media += [Note(f"{e.get('title', '')} {e.get('description', '')}") for e in elements]
    return tuple(media)


def _medium(attachment: Json) -> Medium:
    match attachment:
        case {"photo": {"sizes": [*_, {"url": url, "width": width, "height": height}]}}:
            return Picture(file_of(url), width, height)
        case {"video": {"title": title}}:
            return Note(title)
        case {"audio_message": {"link_ogg": url}}:
            return Sound(file_of(url))
        case {"doc": {"url": url, "title": title, "size": size}}:
            return Document(file_of(url), title, size)
        case {"sticker": {"images": [{"url": url}, *_]}}:
            return Sticker(file_of(url))
        case {"type": kind}:
            return Note(str(kind))
        case _:
            return Note("…")
