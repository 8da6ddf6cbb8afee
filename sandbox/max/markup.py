"""Formatted texts: HTML and Markdown into plain text and the platform's `markup`.

Offsets and lengths are in UTF-16 code units. What the platform does with broken HTML is not known:
the double refuses it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from sandbox.max.call import units
from sandbox.max.errors import invalid
from sandbox.values import Json

_TAGS: Final = {
    "i": "emphasized",
    "em": "emphasized",
    "b": "strong",
    "strong": "strong",
    "s": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "code": "monospaced",
    "pre": "monospaced",
    "mark": "highlighted",
    "h1": "heading",
    "blockquote": "quote",
    "a": "link",
}
_MARKS: Final = {
    "**": "strong",
    "*": "emphasized",
    "~~": "strikethrough",
    "++": "underline",
    "^^": "highlighted",
}
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_~+^\[\]()#>])"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<label>[^\]]+)\]\((?P<url>[^)\s]+)\)"
    r"|(?P<mark>\*\*|~~|\+\+|\^\^|\*)(?=\S)(?P<inner>.+?)(?<=\S)(?P=mark)(?!\*)"
)
_LINE = re.compile(r"(?P<kind>#{1,6}|>) +(?P<rest>.+)")
_USER = re.compile(r"max://user/(\d{1,19})")


def parse(text: str, style: str) -> tuple[str, list[Json]]:
    """Plain text and its markup; `style` is html, markdown or "". Raises ApiError."""
    match style:
        case "html":
            parser = _Html()
            parser.feed(text)
            return parser.finished()
        case "markdown":
            return _markdown(text)
        case _:
            return text, []


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._at = 0
        self._open: list[tuple[str, int, str]] = []
        self._found: list[Json] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data("\n")
            return
        if tag not in _TAGS:
            raise invalid(f"text: unknown tag <{tag[:20]}>")
        self._open.append((tag, self._at, dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise invalid(f"text: </{tag[:20]}> closes nothing")
        _, start, url = self._open.pop()
        if self._at > start:
            self._found.append(_span(_TAGS[tag], start, self._at - start, url))

    def handle_data(self, data: str) -> None:
        self._out.append(data)
        self._at += units(data)

    def finished(self) -> tuple[str, list[Json]]:
        self.close()
        if self._open:
            raise invalid(f"text: <{self._open[-1][0]}> is not closed")
        return "".join(self._out), _ordered(self._found)


def _markdown(source: str) -> tuple[str, list[Json]]:
    out, found = "", list[Json]()
    for place, line in enumerate(source.split("\n")):
        out += "\n" if place else ""
        start = units(out)
        head = _LINE.fullmatch(line)
        plain, spans = _inline(head["rest"] if head else line)
        found += [{**each, "from": each["from"] + start} for each in spans]
        if head:
            kind = "quote" if head["kind"] == ">" else "heading"
            found.append(_span(kind, start, units(plain)))
        out += plain
    return out, _ordered(found)


def _inline(source: str) -> tuple[str, list[Json]]:
    out, at, found = "", 0, list[Json]()
    for match in _INLINE.finditer(source):
        out += source[at : match.start()]
        at, start = match.end(), units(out)
        if match["escaped"]:
            out += match["escaped"]
            continue
        if match["code"]:
            out += match["code"]
            found.append(_span("monospaced", start, units(match["code"])))
            continue
        plain, spans = _inline(match["label"] or match["inner"])
        kind = "link" if match["url"] else _MARKS[match["mark"]]
        found.append(_span(kind, start, units(plain), match["url"] or ""))
        found += [{**each, "from": each["from"] + start} for each in spans]
        out += plain
    return out + source[at:], found


def _span(kind: str, start: int, length: int, url: str = "") -> Json:
    span: Json = {"type": kind, "from": start, "length": length}
    if kind != "link":
        return span
    user = _USER.fullmatch(url)
    if user is not None:
        return {**span, "type": "user_mention", "user_id": int(user[1])}
    return {**span, "url": url}


def _ordered(found: list[Json]) -> list[Json]:
    return sorted(found, key=lambda each: (each["from"], -each["length"]))
