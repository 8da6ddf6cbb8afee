"""Names of files, as people and other programs chose them: made harmless."""

import re

from core.text import clean

_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_LONGEST = 120


def harmless(name: str) -> str:
    """Without paths, control signs and what turns its direction; the end of a long one.

    "" where nothing is left.
    """
    return _UNSAFE.sub("_", clean(name)).strip(". ")[-_LONGEST:]
