"""Cleaning, measuring and cutting text, without any library's opinion about it."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)


def clean(text: str) -> str:
    """The text with NUL and lone surrogates as U+FFFD: PostgreSQL stores neither."""
    return _UNSTORABLE.sub("\ufffd", text)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, as Telegram and VK count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_points(text: str, limit: int) -> list[int]:
    """Where to cut so that no piece exceeds `limit` UTF-16 units; sorted, without 0 and the end.

    Prefers paragraphs, then lines, sentences, words; a longer word is cut between characters.
    """
    points: list[int] = []
    start = 0
    while utf16_length(text[start:]) > limit:
        start = _next_cut(text, start, limit)
        points.append(start)
    return points


def _next_cut(text: str, start: int, limit: int) -> int:
    end = _fitting_end(text, start, limit)
    for border in _BORDERS:
        best = 0
        for match in border.finditer(text, start, end):
            best = match.end()
        # A piece of less than a third is a worse sight than a cut sentence.
        if best - start > (end - start) // 3:
            return best
    return end


def _fitting_end(text: str, start: int, limit: int) -> int:
    """The furthest end such that text[start:end] fits, never inside a joined emoji."""
    end = start
    units = 0
    while end < len(text):
        units += 2 if text[end] > "\uffff" else 1
        if units > limit:
            break
        end += 1
    joined = end
    while joined > start + 1 and joined < len(text) and _joins(text, joined):
        joined -= 1
    return joined if joined > start + 1 else end


def _joins(text: str, at: int) -> bool:
    """Whether a cut at `at` would tear one visible sign (variation selector, ZWJ, accent, skin)."""
    before, after = text[at - 1], text[at]
    return (
        after in "\u200d\ufe0f\ufe0e\u20e3"
        or before == "\u200d"
        or "\u0300" <= after <= "\u036f"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
