"""Entities the platform finds by itself in a text: commands, addresses, mentions, hashtags."""

from __future__ import annotations

import re

from sandbox.telegram.entities import utf16_length
from sandbox.values import Json

_PATTERN = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,!?;:)\]'])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/<>@])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})\b"
    r"|(?<![\w&#])(?P<hashtag>\#(?!\d+\b)\w{1,256})"
)
_HINT = re.compile(r"[/@#]")


def detect(text: str, entities: list[Json]) -> list[Json]:
    """`entities` with what was found outside of links and code, in order of place."""
    if not _HINT.search(text):
        return entities
    taken = [
        (each["offset"], each["offset"] + each["length"])
        for each in entities
        if each["type"] in {"code", "pre", "text_link", "url", "mention", "email", "hashtag"}
    ]
    found = []
    for match in _PATTERN.finditer(text):
        start = utf16_length(text[: match.start()])
        end = start + utf16_length(match[0])
        if not any(start < stop and begin < end for begin, stop in taken):
            found.append({"type": str(match.lastgroup), "offset": start, "length": end - start})
    return sorted([*entities, *found], key=lambda each: (each["offset"], -each["length"]))
