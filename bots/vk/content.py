"""What stands in a VK message → Content. Pure, and on the hot path."""

from collections.abc import Iterator
from typing import Final

from bots.fields import Fields, degrees, inner, rows, text
from bots.spans import spans_of
from bots.vk.attachments import media_of, placeholder
from core.content import Attachment, Content, Location, Span, SpanKind

MOST_TEXT: Final = 65_536
"""VK's own bound is 9000; whoever sends more to the webhook is cut here."""
_MOST_ATTACHMENTS = 16
_MOST_FORWARDED = 10
_MOST_QUOTED = 500
_KINDS = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "url": SpanKind.LINK,
}
SPAN_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
"""VK's names; it has none for struck out text and code."""


def content_of(message: Fields) -> Content:
    """What the message says. What we cannot show is named, so that nobody overlooks it.

    Raises WrongType.
    """
    said = text(message, "text", MOST_TEXT)
    attachments, lines = [], []
    for row in rows(message, "attachments", _MOST_ATTACHMENTS):
        media = media_of(row)
        if media is not None:
            attachments.append(media)
        elif line := placeholder(row, said):
            lines.append(line)
    lines += _forwarded(message)
    full = "\n".join([said, *lines] if said else lines)
    places: list[Attachment] = [_place(message)] if message.get("geo") is not None else []
    return Content(full, _spans(message, said), (*attachments, *places))


def _spans(message: Fields, said: str) -> tuple[Span, ...]:
    """`format_data` stands in no schema; it is read as messages.send wants it."""
    found = message.get("format_data")
    return spans_of(rows(found, "items", 100), _KINDS, said) if type(found) is dict else ()


def _place(message: Fields) -> Location:
    place = inner(inner(message, "geo"), "coordinates")
    return Location(degrees(place, "latitude", 90), degrees(place, "longitude", 180))


def _forwarded(message: Fields) -> Iterator[str]:
    """Other people's words, marked as such: a forwarded STOP is none."""
    for forwarded in rows(message, "fwd_messages", _MOST_FORWARDED):
        words = forwarded.get("text")
        quoted = text(forwarded, "text", _MOST_QUOTED) if type(words) is str else ""
        kinds = [
            f"[{row['type'][:32]}]"
            for row in rows(forwarded, "attachments", _MOST_ATTACHMENTS)
            if type(row.get("type")) is str
        ]
        yield " ".join(["[forwarded]", *filter(None, [quoted]), *kinds])
