"""The markup of a template → text with spans. Inserted values are never read as markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from core.content import Span, SpanKind
from flows.sandbox import CLOSE, OPEN

HOLE = "\ufdd2"
"""Stands for one inserted value while the template around it is read."""

_VALUE = re.compile(f"{OPEN}([^{CLOSE}]*)(?:{CLOSE}|$)")
_STRAY = re.compile(f"[{OPEN}{CLOSE}{HOLE}]")
_SIGNS = re.compile(r"[*_~`\[\\]")
_WORD = rf"(?<![\w{HOLE}])"
_NO_WORD = rf"(?![\w{HOLE}])"
_PATTERN = re.compile(
    r"\\(?P<escaped>[*_~`\[\]\\])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<url>[^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)"
    r"|\*\*(?P<bold>[^\s*](?:[^\n]*?[^\s*])?)\*\*"
    r"|~~(?P<strike>[^\s~](?:[^\n]*?[^\s~])?)~~"
    rf"|{_WORD}\*(?P<italic>[^\s*](?:[^\n*]*[^\s*])?)\*{_NO_WORD}"
    rf"|{_WORD}_(?P<under>[^\s_](?:[^\n]*?[^\s_])?)_{_NO_WORD}"
)
_KINDS = {
    "bold": SpanKind.BOLD,
    "strike": SpanKind.STRIKE,
    "italic": SpanKind.ITALIC,
    "under": SpanKind.ITALIC,
}
_IN_URL_SAFE = "-._~/:@!$'*,;"


@dataclass(frozen=True, slots=True)
class _Start:
    kind: SpanKind
    url: "tuple[str | int, ...]" = ()


@dataclass(frozen=True, slots=True)
class _End:
    pass


_Piece: TypeAlias = str | int | _Start | _End
"""A literal text, the number of an inserted value, or an edge of a span."""


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    spans: tuple[Span, ...] = ()


def read(marked: str) -> Formatted:
    """What a template rendered to, with its values between marks, as text and spans."""
    skeleton, values = _apart(marked)
    if not _SIGNS.search(skeleton):
        pieces: tuple[_Piece, ...] = tuple(_holes(skeleton, _Counter()))
    else:
        pieces = _pieces(skeleton)
    return _trimmed(*_filled(pieces, values))


def _apart(marked: str) -> tuple[str, list[str]]:
    """What the template says, with a hole for each inserted value, and the values."""
    values: list[str] = []
    if OPEN not in marked:
        return _STRAY.sub("", marked), values

    def take(match: re.Match[str]) -> str:
        values.append(_STRAY.sub("", match[1]))
        return HOLE

    return _VALUE.sub(take, marked.replace(HOLE, "")), values


def unmarked(marked: str) -> str:
    """A rendered text without the marks around its values, where no markup is read."""
    return _STRAY.sub("", marked) if _STRAY.search(marked) else marked


class _Counter:
    """Numbers the values in the order in which they stand."""

    def __init__(self) -> None:
        self.next = 0

    def take(self) -> int:
        self.next += 1
        return self.next - 1


@lru_cache(maxsize=4096)
def _pieces(skeleton: str) -> tuple[_Piece, ...]:
    return tuple(_parse(skeleton, _Counter()))


def _parse(text: str, counter: _Counter) -> Iterator[_Piece]:
    at = 0
    for match in _PATTERN.finditer(text):
        yield from _holes(text[at : match.start()], counter)
        at = match.end()
        kind = match.lastgroup
        if kind == "escaped":
            yield match["escaped"]
        elif kind == "code":
            yield _Start(SpanKind.CODE)
            yield from _holes(match["code"], counter)
            yield _End()
        elif kind == "url":
            label = list(_parse(match["label"], counter))
            yield _Start(SpanKind.LINK, tuple(_holes(match["url"], counter)))
            yield from label
            yield _End()
        elif kind is not None:
            yield _Start(_KINDS[kind])
            yield from _parse(match[kind], counter)
            yield _End()
    yield from _holes(text[at:], counter)


def _holes(text: str, counter: _Counter) -> Iterator[str | int]:
    first, *others = text.split(HOLE)
    if first:
        yield first
    for other in others:
        yield counter.take()
        if other:
            yield other


def _filled(pieces: tuple[_Piece, ...], values: list[str]) -> tuple[str, list[Span]]:
    parts: list[str] = []
    length = 0
    opened: list[tuple[_Start, int]] = []
    spans: list[Span] = []
    for piece in pieces:
        if isinstance(piece, _Start):
            opened.append((piece, length))
        elif isinstance(piece, _End):
            start, offset = opened.pop()
            spans += _span(start, offset, length - offset, values)
        else:
            part = values[piece] if isinstance(piece, int) else _STRAY.sub("", piece)
            parts.append(part)
            length += len(part)
    # An inner span ends first; reversed, the outer one comes first where both are as long.
    spans.reverse()
    return "".join(parts), sorted(spans, key=lambda span: (span.offset, -span.length))


def _span(start: _Start, offset: int, length: int, values: list[str]) -> Iterator[Span]:
    if length == 0:
        return
    if start.kind is not SpanKind.LINK:
        yield Span(start.kind, offset, length)
    elif url := build_url(start.url, values):
        yield Span(SpanKind.LINK, offset, length, url)


def _trimmed(text: str, spans: list[Span]) -> Formatted:
    whole = text.strip()
    if len(whole) == len(text):
        return Formatted(text, tuple(spans))
    cut = len(text) - len(text.lstrip())
    kept = []
    for span in spans:
        start = max(span.offset - cut, 0)
        end = min(span.offset + span.length - cut, len(whole))
        if end > start:
            kept.append(Span(span.kind, start, end - start, span.url))
    return Formatted(whole, tuple(kept))


def url(marked: str) -> str:
    """A rendered URL with its inserted values made fit for it; "" if it is no http(s) URL."""
    skeleton, values = _apart(marked.strip())
    return build_url(tuple(_holes(skeleton, _Counter())), values)


def build_url(pieces: tuple[str | int, ...], values: list[str]) -> str:
    """The URL, or "". A value at the front is a whole URL; elsewhere it is percent-encoded."""
    made = ""
    for piece in pieces:
        if isinstance(piece, str):
            made += piece
        elif not made:
            made += values[piece].strip()
        else:
            made += quote(values[piece], safe="" if _in_query(made) else _IN_URL_SAFE)
    return made if is_web(made) else ""


def _in_query(url: str) -> bool:
    return "?" in url or "#" in url


def is_web(url: str) -> bool:
    """Whether it is an absolute http(s) URL of a sane length, without a user's name in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(host)
        and "@" not in parts.netloc
        and len(url) <= 2048
        and url.isprintable()
        and " " not in url
    )


@lru_cache(maxsize=4096)
def constant(source: str) -> Formatted:
    """A text without inserted values, read once."""
    return read(source)
