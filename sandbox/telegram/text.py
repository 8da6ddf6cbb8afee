"""Texts and captions of a call: parsed, trimmed, measured."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.call import Call
from sandbox.telegram.detect import detect
from sandbox.telegram.entities import check_entities, parse_html, trim, utf16_length
from sandbox.telegram.errors import bad_request
from sandbox.values import Json

# Bot API 10.3: characters after the parsing of entities. The platform was seen to count code
# points; the double counts a bot's texts in UTF-16 code units, which is never more lenient.
# Persons may send as many code points as their apps allow.
MOST_TEXT = 4096
MOST_CAPTION = 1024
# The server refuses absurd texts before it parses them (source of telegram-bot-api).
_MOST_RAW = 1 << 15
# Control characters, NUL among them, become spaces.
_CONTROLS = {code: " " for code in range(32) if chr(code) not in "\n\t"}


def text_fields(call: Call) -> Json:
    """`text` and `entities` of a message, checked."""
    text, entities = _parse(call.text("text"), call.text("parse_mode"), call.nested("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MOST_TEXT:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption_fields(given: str, parse_mode: str, entities_given: Any) -> Json:
    """`caption` and `caption_entities`, checked; nothing when there is no caption."""
    caption, entities = _parse(given, parse_mode, entities_given)
    if not caption:
        return {}
    if utf16_length(caption) > MOST_CAPTION:
        raise bad_request("message caption is too long")
    return {"caption": caption, **({"caption_entities": entities} if entities else {})}


def said(text: str) -> Json:
    """`text` and `entities` of what a person wrote."""
    entities = detect(text, [])
    return {"text": text, **({"entities": entities} if entities else {})}


def _parse(given: str, parse_mode: str, entities_given: Any) -> tuple[str, list[Json]]:
    if len(given) > _MOST_RAW:
        raise bad_request("text is too long")
    clean = given.translate(_CONTROLS)
    match parse_mode.lower():
        case "html":
            text, entities = parse_html(clean)
        case "" | "none":
            text, entities = clean, []
            if entities_given:
                entities = check_entities(entities_given, clean)
        case _:
            # MarkdownV2 and Markdown are real, but this double does not speak them.
            raise bad_request("unsupported parse_mode")
    text, entities = trim(text, entities)
    return text, detect(text, entities)
