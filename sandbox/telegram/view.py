"""Telegram's messages as the phone shows them."""

from __future__ import annotations

from sandbox.values import Json
from sandbox.view import (
    Bubble,
    Button,
    Contact,
    Document,
    Film,
    Medium,
    Picture,
    Place,
    Rows,
    Sound,
    Span,
    SpanKind,
    Sticker,
    Style,
)

_SPANS = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "code": SpanKind.CODE,
    "pre": SpanKind.PRE,
    "blockquote": SpanKind.QUOTE,
    "expandable_blockquote": SpanKind.QUOTE,
    "spoiler": SpanKind.SPOILER,
    "bot_command": SpanKind.COMMAND,
    "mention": SpanKind.TAG,
    "hashtag": SpanKind.TAG,
    "cashtag": SpanKind.TAG,
    "phone_number": SpanKind.TAG,
    "text_mention": SpanKind.TAG,
}


def bubble(bot_id: int, message: Json) -> Bubble:
    is_own = message["from"]["id"] != bot_id
    text = message.get("text") or message.get("caption") or ""
    entities = message.get("entities") or message.get("caption_entities") or []
    if is_own and text.startswith("/start "):
        # The apps hide the parameter of a deep link.
        text = "/start"
    replied = message.get("reply_to_message")
    return Bubble(
        id=str(message["message_id"]),
        is_own=is_own,
        at=message["date"],
        text=text,
        spans=tuple(span for each in entities if (span := _span(each, text))),
        media=_media(message),
        rows=rows(message.get("reply_markup", {}).get("inline_keyboard", [])),
        quote=(replied.get("text") or replied.get("caption") or "…")[:80] if replied else "",
        is_edited="edit_date" in message,
    )


def rows(keyboard: list[list[Json]]) -> Rows:
    return tuple(tuple(_button(each) for each in row) for row in keyboard)


def _button(button: Json) -> Button:
    return Button(button["text"], button.get("url", ""), Style(button.get("style", "")))


def _span(entity: Json, text: str) -> Span | None:
    kind, offset, length = entity["type"], entity["offset"], entity["length"]
    if kind in _SPANS:
        return Span(_SPANS[kind], offset, length)
    units = text.encode("utf-16-le", "surrogatepass")[offset * 2 : (offset + length) * 2]
    part = units.decode("utf-16-le", "replace")
    match kind:
        case "text_link":
            return Span(SpanKind.LINK, offset, length, entity["url"])
        case "url":
            url = part if part.lower().startswith(("http://", "https://")) else f"https://{part}"
            return Span(SpanKind.LINK, offset, length, url)
        case "email":
            return Span(SpanKind.LINK, offset, length, f"mailto:{part}")
        case _:
            return None


def _media(message: Json) -> tuple[Medium, ...]:
    medium = _medium(message)
    return () if medium is None else (medium,)


def _medium(message: Json) -> Medium | None:
    match message:
        case {"photo": [*_, {"file_id": file, "width": width, "height": height}]}:
            return Picture(file, width, height)
        case {"sticker": {"file_id": file, "emoji": emoji}}:
            return Sticker(file, emoji)
        case {"video_note": {"file_id": file}}:
            return Film(file, is_round=True)
        # Before documents: an animation carries both.
        case {"animation": {"file_id": file, "mime_type": "image/gif", "file_name": name}}:
            return Picture(file, name=name)
        case {"animation": {"file_id": file}}:
            return Film(file, is_looped=True)
        case {"video": {"file_id": file}}:
            return Film(file)
        case {"voice": {"file_id": file}}:
            return Sound(file)
        case {"audio": {"file_id": file, "file_name": name, **more}}:
            by = f" · {more['performer']}" if more.get("performer") else ""
            return Sound(file, f"{more.get('title') or name}{by}")
        case {"document": {"file_id": file, "file_name": name, "file_size": size}}:
            return Document(file, name, size)
        case {"location": {"latitude": latitude, "longitude": longitude}}:
            return Place(latitude, longitude)
        case {"contact": {"first_name": first, "phone_number": phone, **more}}:
            return Contact(f"{first} {more.get('last_name', '')}".strip(), phone)
        case _:
            return None
