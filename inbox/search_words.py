"""From what people write to the words that a search compares: stems of Russian and English."""

import re
import threading
from dataclasses import dataclass

import Stemmer

_WORD = re.compile(r"\w+")
_LONGEST = 40
_MOST = 2_000
"""Distinct words of one message; beyond them nobody remembers what they look for."""
_MOST_ASKED = 8
# A stemmer is not to be shared by threads.
_mine = threading.local()


@dataclass(frozen=True, slots=True)
class Asked:
    """One word of a question: found as a stem, or as the beginning of a word where `begins`."""

    stem: str
    begins: str = ""


def words(text: str) -> list[str]:
    """The stems of a text, each once, in the order in which they come."""
    return list(dict.fromkeys(_stem(word) for word in _split(text)))[:_MOST]


def asked(question: str) -> list[Asked]:
    """What somebody typed; the last word may be unfinished. Nothing for nothing but signs."""
    typed = _split(question)[:_MOST_ASKED]
    is_finished = question[-1:].isspace()
    return [
        Asked(_stem(word), "" if is_finished or place < len(typed) - 1 else word)
        for place, word in enumerate(typed)
    ]


def excerpt(text: str, question: list[Asked], length: int = 140) -> list[tuple[str, bool]]:
    """Around the first word that was asked for: pieces of the text, and whether they are it."""
    line = " ".join(text.split())
    hits = [
        match.span()
        for match in _WORD.finditer(line)
        if any(_answers(match.group(), one) for one in question)
    ]
    first = hits[0][0] if hits else 0
    start = max(0, first - length // 3)
    start = line.find(" ", start) + 1 if 0 < start < first else start
    end = min(len(line), start + length)
    pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
    place = start
    for low, high in hits:
        if start <= low and high <= end:
            pieces += [(line[place:low], False), (line[low:high], True)]
            place = high
    pieces.append((line[place:end] + (" …" if end < len(line) else ""), False))
    return [(piece, is_hit) for piece, is_hit in pieces if piece]


def _answers(word: str, one: Asked) -> bool:
    folded = _fold(word)
    return _stem(folded) == one.stem or bool(one.begins and folded.startswith(one.begins))


def _split(text: str) -> list[str]:
    return [word[:_LONGEST] for word in _WORD.findall(_fold(text))]


def _fold(text: str) -> str:
    return text.casefold().replace("ё", "е")


def _stem(word: str) -> str:
    if not hasattr(_mine, "stemmers"):
        _mine.stemmers = (Stemmer.Stemmer("english"), Stemmer.Stemmer("russian"))
    english, russian = _mine.stemmers
    stemmed: str = (english if word.isascii() else russian).stemWord(word)
    return stemmed
