"""Telegram's MessageEntity objects and our spans."""

from bots import spans
from bots.fields import Fields, rows
from core.content import Span, SpanKind

_MOST = 100
"""Telegram keeps no more entities of one message."""
_KINDS = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "code": SpanKind.CODE,
    "pre": SpanKind.CODE,
    "text_link": SpanKind.LINK,
}
_NAMES = {kind: name for name, kind in _KINDS.items() if name != "pre"}


def spans_of(message: Fields, name: str, text: str) -> tuple[Span, ...]:
    """The formatting that the entities in this field describe."""
    return spans.spans_of(rows(message, name, _MOST), _KINDS, text) if name in message else ()


def entities_of(text: str, parts: tuple[Span, ...]) -> list[dict[str, str | int]]:
    """Spans as Telegram's MessageEntity objects."""
    return spans.entities_of(text, parts, _NAMES) if parts else []
