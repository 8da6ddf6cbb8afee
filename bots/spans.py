"""Formatting, there and back: messengers count in UTF-16 units, we in code points."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from bots.fields import Fields, hint
from core.content import Span, SpanKind


def spans_of(
    entities: Iterable[Fields], kinds: Mapping[str, SpanKind], text: str
) -> tuple[Span, ...]:
    """The formatting that we know; what makes no sense (off the text, other types) is left out.

    An entity is an object with `type`, `offset`, `length` and, for a link, `url`.
    """
    if not text:
        return ()
    starts = _starts(text)
    found = (_span(entity, kinds, starts) for entity in entities)
    return tuple(span for span in found if span is not None)


def entities_of(
    text: str, spans: Iterable[Span], names: Mapping[SpanKind, str]
) -> list[dict[str, str | int]]:
    """Spans as a platform's entities; kinds that it has no name for are left out."""
    starts = _starts(text)
    last = len(text)
    entities: list[dict[str, str | int]] = []
    for span in spans:
        start, end = min(span.offset, last), min(span.offset + span.length, last)
        if end <= start or span.kind not in names:
            continue
        entity: dict[str, str | int] = {
            "type": names[span.kind],
            "offset": starts[start],
            "length": starts[end] - starts[start],
        }
        if span.kind is SpanKind.LINK:
            entity["url"] = span.url
        entities.append(entity)
    return entities


def _starts(text: str) -> Sequence[int]:
    """Where each code point starts in UTF-16 units; one more number for the end."""
    if not text or max(text) <= "\uffff":
        return range(len(text) + 1)
    return list(accumulate((2 if sign > "\uffff" else 1 for sign in text), initial=0))


def _span(entity: Fields, kinds: Mapping[str, SpanKind], starts: Sequence[int]) -> Span | None:
    kind = kinds.get(hint(entity, "type", 32))
    offset, length = entity.get("offset"), entity.get("length")
    if kind is None or type(offset) is not int or type(length) is not int:
        return None
    if offset < 0 or length <= 0 or offset >= starts[-1]:
        return None
    # An end inside a surrogate pair is moved behind it.
    first = bisect_left(starts, offset)
    end = bisect_left(starts, min(offset + length, starts[-1]))
    url = hint(entity, "url", 2048) if kind is SpanKind.LINK else ""
    if kind is SpanKind.LINK and not url.startswith(("http://", "https://")):
        return None
    return Span(kind, first, end - first, url) if end > first else None
