"""Texts of messages as HTML: everything a person or a bot wrote stays text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from sandbox.values import Json

_SIMPLE = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_WEB = re.compile(r"(?i)https?://")


def render_text(text: str, entities: list[Json]) -> Markup:
    """`text` with its entities as elements; offsets are UTF-16 code units."""
    units = text.encode("utf-16-le", "surrogatepass")
    spans = sorted(entities, key=lambda each: (each["offset"], -each["length"]))
    return _range(units, 0, len(units) // 2, spans)


def _range(units: bytes, start: int, end: int, spans: list[Json]) -> Markup:
    out = Markup("")
    at = start
    for place, span in enumerate(spans):
        begin, stop = max(span["offset"], start), min(span["offset"] + span["length"], end)
        if begin < at or begin >= stop:
            continue
        inner = [each for each in spans[place + 1 :] if begin <= each["offset"] < stop]
        out += escape(_slice(units, at, begin))
        out += _element(span, _range(units, begin, stop, inner), _slice(units, begin, stop))
        at = stop
    return out + escape(_slice(units, at, end))


def _slice(units: bytes, start: int, end: int) -> str:
    return units[start * 2 : end * 2].decode("utf-16-le", "replace")


def _element(span: Json, inner: Markup, text: str) -> Markup:
    kind = span["type"]
    if kind in _SIMPLE:
        tag = _SIMPLE[kind]
        return Markup("<{0}>{1}</{0}>").format(Markup(tag), inner)  # noqa: S704  # our own tag
    match kind:
        case "spoiler":
            return Markup('<span class="spoiler" tabindex="0">{}</span>').format(inner)
        case "text_link":
            return _link(str(span.get("url", "")), inner)
        case "url":
            return _link(text if _WEB.match(text) else f"https://{text}", inner)
        case "email":
            return Markup('<a href="mailto:{}">{}</a>').format(text, inner)
        case "bot_command":
            return Markup('<button class="command" data-say="{}">{}</button>').format(text, inner)
        case "mention" | "hashtag" | "cashtag" | "phone_number" | "text_mention":
            return Markup('<span class="tag">{}</span>').format(inner)
        case _:
            return inner


def _link(url: str, inner: Markup) -> Markup:
    # Only the web: a scheme such as javascript: never becomes a link.
    if not _WEB.match(url):
        return Markup('<span class="tag">{}</span>').format(inner)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        url, inner
    )
