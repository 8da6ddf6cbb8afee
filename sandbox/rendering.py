"""Texts of messages as HTML: everything a person or a bot wrote stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from sandbox.view import Span, SpanKind

_SIMPLE = {
    SpanKind.BOLD: "strong",
    SpanKind.HEADING: "strong",
    SpanKind.ITALIC: "em",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKE: "s",
    SpanKind.MARK: "mark",
    SpanKind.CODE: "code",
    SpanKind.PRE: "pre",
    SpanKind.QUOTE: "blockquote",
}
_WEB = re.compile(r"(?i)https?://|mailto:")


def render_text(text: str, spans: Sequence[Span]) -> Markup:
    """`text` with its spans as elements."""
    units = text.encode("utf-16-le", "surrogatepass")
    ordered = sorted(spans, key=lambda each: (each.offset, -each.length))
    return _range(units, 0, len(units) // 2, ordered)


def _range(units: bytes, start: int, end: int, spans: list[Span]) -> Markup:
    out = Markup("")
    at = start
    for place, span in enumerate(spans):
        begin, stop = max(span.offset, start), min(span.offset + span.length, end)
        if begin < at or begin >= stop:
            continue
        inner = [each for each in spans[place + 1 :] if begin <= each.offset < stop]
        out += escape(_slice(units, at, begin))
        out += _element(span, _range(units, begin, stop, inner), _slice(units, begin, stop))
        at = stop
    return out + escape(_slice(units, at, end))


def _slice(units: bytes, start: int, end: int) -> str:
    return units[start * 2 : end * 2].decode("utf-16-le", "replace")


def _element(span: Span, inner: Markup, text: str) -> Markup:
    match span.kind:
        case SpanKind.SPOILER:
            return Markup('<span class="spoiler" tabindex="0">{}</span>').format(inner)
        case SpanKind.LINK:
            return _link(span.url, inner)
        case SpanKind.COMMAND:
            return Markup('<button class="command" data-say="{}">{}</button>').format(text, inner)
        case SpanKind.TAG:
            return Markup('<span class="tag">{}</span>').format(inner)
        case kind:
            tag = Markup(_SIMPLE[kind])  # noqa: S704  # our own tag
            return Markup("<{0}>{1}</{0}>").format(tag, inner)


def _link(url: str, inner: Markup) -> Markup:
    # Only the web and mail: a scheme such as javascript: never becomes a link.
    if not _WEB.match(url):
        return Markup('<span class="tag">{}</span>').format(inner)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        url, inner
    )
