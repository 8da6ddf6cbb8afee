"""Formatting → the HTML that MAX reads."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from core.content import Span, SpanKind

_TAGS = {
    SpanKind.BOLD: "b",
    SpanKind.ITALIC: "i",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKE: "s",
    SpanKind.CODE: "code",
    SpanKind.LINK: "a",
}


def html_of(text: str, spans: Sequence[Span]) -> str:
    """The text with its formatting, everything else in it escaped.

    Spans may overlap and tags may not: where a span begins or ends, all that go on are closed
    and opened again.
    """
    last = len(text)
    ends = {end for span in spans for end in (span.offset, span.offset + span.length)}
    bounds = sorted({0, last} | {end for end in ends if 0 < end < last})
    return "".join(_piece(text, spans, start, end) for start, end in pairwise(bounds))


def _piece(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    piece = escape(text[start:end], quote=False)
    for span in spans:
        if span.offset <= start and end <= span.offset + span.length:
            tag = _TAGS[span.kind]
            about = f' href="{escape(span.url)}"' if span.kind is SpanKind.LINK else ""
            piece = f"<{tag}{about}>{piece}</{tag}>"
    return piece
