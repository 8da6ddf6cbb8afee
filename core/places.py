"""What figures call a page: its address without what tells one visitor from another. Pure."""

import re
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from core.text import clean

LONGEST = 200
ANY = "*"
"""Stands for a part of a path that each visitor has another one of."""
_DIGITS = 3
_LONG = 12
_TOO_LONG = 32
_PART = re.compile(r"[A-Za-z0-9]+")


def place_of(url: str) -> str:
    """Such as `https://shop.example.com/orders/*`.

    Without query and fragment; a segment that looks like a number, a random name or an address
    of mail is `*`: else each order would be a page of its own.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc}"
    if not parts.path:
        return origin[:LONGEST]
    return f"{origin}/{'/'.join(_told(one) for one in parts.path.split('/') if one)}"[:LONGEST]


def _told(segment: str) -> str:
    # As people read it, who look at the figures. Behind ";" stand sessions.
    text = clean(unquote(segment.partition(";")[0]))
    return ANY if _is_an_id(text) else text


def _is_an_id(text: str) -> bool:
    if not text.isprintable() or "@" in text:
        return True
    if sum(one.isdigit() for one in text) >= _DIGITS:
        return True
    return any(_is_random(part) for part in _PART.findall(text))


def _is_random(part: str) -> bool:
    """No word has so many letters, or turns so often from small to great."""
    if len(part) >= _TOO_LONG:
        return True
    turns = sum(
        one.isupper() != other.isupper() or one.isdigit() != other.isdigit()
        for one, other in pairwise(part)
    )
    return len(part) >= _LONG and turns * 5 >= len(part) * 2
