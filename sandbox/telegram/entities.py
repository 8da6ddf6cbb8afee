"""HTML of `parse_mode` into text and entities, in the platform's words when it is wrong.

Offsets and lengths of entities are in UTF-16 code units (Bot API 10.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sandbox.telegram.errors import ApiError, bad_request
from sandbox.values import Json

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
KNOWN_KINDS = frozenset(_KINDS.values()) | {
    "mention",
    "hashtag",
    "cashtag",
    "bot_command",
    "url",
    "email",
    "phone_number",
    "text_mention",
    "expandable_blockquote",
}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE = re.compile(r"""\s*([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_TEXT = re.compile(r"[^<&]+")
_END = re.compile(r"</([^>\s]*)\s*>")
_START = re.compile(r"<([a-zA-Z0-9-]*)")


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Open:
    tag: str
    start: int
    entity: Json | None


@dataclass(slots=True)
class _Parser:
    source: str
    position: int = 0
    offset: int = 0
    out: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def run(self) -> tuple[str, list[Json]]:
        while self.position < len(self.source):
            match self.source[self.position]:
                case "<" if self.source.startswith("</", self.position):
                    self._end_tag()
                case "<":
                    self._start_tag()
                case "&":
                    self._reference()
                case _:
                    self._put(*_run(_TEXT, self.source, self.position))
        if self.stack:
            raise cannot_parse(
                f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"'
            )
        return "".join(self.out), self.entities

    def _put(self, text: str, end: int) -> None:
        self.out.append(text)
        self.offset += utf16_length(text)
        self.position = end

    def _reference(self) -> None:
        match = _REFERENCE.match(self.source, self.position)
        if match is None:
            self._put("&", self.position + 1)
            return
        number = int(match[1], 16) if match[1] else int(match[2] or 0)
        text = _NAMED[match[3]] if match[3] else _character(number)
        self._put(text, match.end())

    def _start_tag(self) -> None:
        match = _START.match(self.source, self.position)
        tag = match[1].lower() if match else ""
        if tag not in _KINDS:
            raise self._error(f'Unsupported start tag "{tag}"')
        attributes, end = self._attributes(self.position + 1 + len(tag))
        self.stack.append(_Open(tag, self.offset, self._entity(tag, attributes)))
        self.position = end

    def _attributes(self, at: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while True:
            rest = self.source[at : at + 64].lstrip()
            if not rest:
                raise self._error("Unclosed start tag")
            if rest.startswith((">", "/>")):
                return found, self.source.index(">", at) + 1
            match = _ATTRIBUTE.match(self.source, at)
            if match is None:
                raise self._error("Unexpected end of name token")
            value = match[2] or match[3] or match[4] or ""
            found[match[1].lower()] = _REFERENCE.sub(_plain, value)
            at = match.end()

    def _entity(self, tag: str, attributes: dict[str, str]) -> Json | None:
        match tag:
            case "span" if attributes.get("class") != "tg-spoiler":
                raise self._error('Tag "span" must have class "tg-spoiler"')
            case "tg-emoji":
                return {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "")}
            case "a":
                return _link(attributes.get("href", ""))
            case "code" if attributes.get("class", "").startswith("language-"):
                return {"type": "code", "language": attributes["class"].removeprefix("language-")}
            case "blockquote" if "expandable" in attributes:
                return {"type": "expandable_blockquote"}
            case _:
                return {"type": _KINDS[tag]}

    def _end_tag(self) -> None:
        match = _END.match(self.source, self.position)
        if match is None:
            raise self._error("Unclosed end tag")
        if not self.stack:
            raise self._error("Unexpected end tag")
        opened = self.stack.pop()
        if match[1] and match[1].lower() != opened.tag:
            raise self._error(
                "Unmatched end tag", f', expected "</{opened.tag}>", found "</{match[1]}>"'
            )
        self.position = match.end()
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        if opened.entity is None or self.offset == opened.start:
            return
        parent = self.stack[-1] if self.stack else None
        language = opened.entity.pop("language", None)
        if opened.tag == "code" and parent and parent.tag == "pre" and parent.entity is not None:
            # <pre><code class="language-x"> is one block of code with its language.
            if language and parent.start == opened.start:
                parent.entity["language"] = language
            return
        self.entities.append(
            {
                "type": opened.entity["type"],
                "offset": opened.start,
                "length": self.offset - opened.start,
                **opened.entity,
            }
        )

    def _error(self, words: str, more: str = "") -> ApiError:
        offset = len(self.source[: self.position].encode("utf-8", "surrogatepass"))
        return cannot_parse(f"{words} at byte offset {offset}{more}")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The text without tags and its entities. Raises ApiError "can't parse entities: …"."""
    return _Parser(source).run()


def trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends, as the platform does, and move the entities with it."""
    bare = text.lstrip()
    skipped = utf16_length(text) - utf16_length(bare)
    bare = bare.rstrip()
    total = utf16_length(bare)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - skipped)
        end = min(total, entity["offset"] + entity["length"] - skipped)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    kept.sort(key=lambda each: (each["offset"], -each["length"]))
    return bare, kept


def check_entities(given: object, text: str) -> list[Json]:
    """Entities given instead of a parse_mode: known kinds, within the text."""
    if not isinstance(given, list):
        raise cannot_parse("expected an Array of MessageEntity")
    total = utf16_length(text)
    for entity in given:
        if not isinstance(entity, dict) or entity.get("type") not in KNOWN_KINDS:
            raise bad_request("can't parse MessageEntity: unsupported type specified")
        offset, length = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(length, int):
            raise bad_request("can't parse MessageEntity: offset and length must be of type Number")
        if offset < 0 or length <= 0 or offset + length > total:
            raise bad_request("entity beyond the end of the text")
    return given


def cannot_parse(words: str) -> ApiError:
    return bad_request(f"can't parse entities: {words}")


def _run(pattern: re.Pattern[str], source: str, at: int) -> tuple[str, int]:
    match = pattern.match(source, at)
    return (match[0], match.end()) if match else (source[at], at + 1)


def _character(number: int) -> str:
    valid = 0 < number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if valid else "\N{REPLACEMENT CHARACTER}"


def _plain(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    return _character(int(match[1], 16) if match[1] else int(match[2] or 0))


def _link(href: str) -> Json | None:
    # A link without a valid address is dropped in silence, as the platform does.
    if re.match(r"(?i)(https?://|tg://)[^\s/]+", href):
        return {"type": "text_link", "url": href}
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", href):
        return {"type": "text_link", "url": f"http://{href}"}
    return None
