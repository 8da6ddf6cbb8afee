"""Words of leaving and coming back, in any language that is configured."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from core.ids import TopicId

LONGEST = 200
"""A message longer than this is a letter, never a command."""

STOP_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke",
        "opt out", "opt-out", "optout", "remove", "/stop",
    ),
    "ru": (
        "стоп", "/стоп", "отписаться", "отписка", "отпишите", "отпишите меня", "остановить",
        "не пишите", "не пишите мне", "больше не пишите", "отписаться от рассылки",
    ),
}  # fmt: skip
START_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("start", "unstop", "resume", "subscribe", "begin"),
    "ru": ("старт", "подписаться", "вернуться", "возобновить"),
}
COURTESY: Mapping[str, tuple[str, ...]] = {
    "en": ("please", "thanks", "thank you", "hi", "hello", "sorry", "ok", "now"),
    "ru": (
        "пожалуйста", "спасибо", "здравствуйте", "добрый день", "привет", "извините", "простите",
        "большое спасибо", "ок",
    ),
}  # fmt: skip
LIKELY_STOPS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "dont write", "do not write", "dont message", "do not message", "stop writing",
        "stop messaging", "stop texting", "stop sending", "leave me alone", "delete my number",
        "remove me", "take me off", "no more messages", "dont text", "dont contact me",
        "do not contact me", "unsubscribe", "unsubscribing", "stop everything", "stop stop",
        "opt me out", "enough", "spam",
    ),
    "ru": (
        "перестаньте", "хватит", "удалите мой номер", "удалите меня", "не пишите мне",
        "не надо мне писать", "не присылайте", "прекратите", "отстаньте", "надоели", "спам",
        "отписаться", "отпишите", "отпишись", "отпишитесь", "отстань", "стоп рассылка",
        "это спам", "уберите меня", "отключите рассылку", "не хочу получать", "больше не пишите",
    ),
}  # fmt: skip
_ENOUGH_ALONE = frozenset({"enough", "spam", "хватит", "перестаньте", "прекратите", "спам"})


@dataclass(frozen=True, slots=True)
class StopSaid:
    """`topic` None: everything."""

    topic: TopicId | None = None


@dataclass(frozen=True, slots=True)
class StartSaid:
    topic: TopicId | None = None


@dataclass(frozen=True, slots=True)
class LikelyStop:
    pass


Word: TypeAlias = StopSaid | StartSaid | LikelyStop


@lru_cache(maxsize=256)
def normalise(text: str) -> str:
    """Case folded, ё as е, without punctuation and emoji, single spaces. A leading / stays.

    Remembered: several rules ask for one text in turn.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("’", "'")
    folded = folded.replace("'", "")
    words = " ".join(_SIGN.sub(_gap, folded).split())
    return f"/{words}" if folded.strip().startswith("/") else words


_SIGN = re.compile(r"[^\w ]|_")
"""What is neither letter, number nor space."""


def _gap(sign: re.Match[str]) -> str:
    # Accents, selectors, joiners and direction marks stand inside words; all else parts them.
    character = sign[0]
    return (
        ""
        if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc") and character not in "\n\t\r"
        else " "
    )


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Normalised words of all configured languages; made once by `vocabulary`.

    Compared by identity, so that `read` can remember what it read.
    """

    stops: frozenset[str]
    starts: frozenset[str]
    courtesies: tuple[str, ...]
    likely: re.Pattern[str]
    topics: Mapping[str, TopicId]


def vocabulary(
    languages: Iterable[str],
    topics: Mapping[str, TopicId],
    *,
    extra_stops: Iterable[str] = (),
    extra_starts: Iterable[str] = (),
) -> Vocabulary:
    """The words for these languages. `topics` maps a topic's id or title to the topic."""
    chosen = list(languages)

    def words(table: Mapping[str, tuple[str, ...]], extra: Iterable[str] = ()) -> list[str]:
        listed = [word for language in chosen for word in table.get(language, ())]
        return [normalise(word) for word in (*listed, *extra)]

    courtesies = sorted(words(COURTESY), key=len, reverse=True)
    return Vocabulary(
        stops=frozenset(words(STOP_WORDS, extra_stops)),
        starts=frozenset(words(START_WORDS, extra_starts)),
        courtesies=tuple(courtesies),
        likely=_any_of(words(LIKELY_STOPS)),
        topics={normalise(name): topic for name, topic in topics.items()},
    )


@lru_cache(maxsize=2048)
def read(text: str, vocabulary: Vocabulary) -> Word | None:
    """What the whole message says about leaving or coming back; None for any other message.

    A word inside a sentence is never enough; a sentence that may mean STOP is a LikelyStop.
    """
    if len(text) > LONGEST:
        return None
    said = _without_courtesy(normalise(text), vocabulary.courtesies)
    if not said:
        return None
    if said in vocabulary.stops:
        return StopSaid()
    if said in vocabulary.starts:
        return StartSaid()
    return _about_a_topic(said, vocabulary) or _likely(said, vocabulary)


def is_consent_word(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a typed `text` would be taken as STOP or START before any flow could see it."""
    return isinstance(read(text, vocabulary), StopSaid | StartSaid)


def _about_a_topic(said: str, vocabulary: Vocabulary) -> Word | None:
    verb, _, rest = said.partition(" ")
    for joint in ("", "from ", "to ", "от ", "на "):
        topic = vocabulary.topics.get(rest.removeprefix(joint))
        if topic is not None and verb in vocabulary.stops:
            return StopSaid(topic)
        if topic is not None and verb in vocabulary.starts:
            return StartSaid(topic)
    return None


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases inside a sentence; those of _ENOUGH_ALONE only where they begin it."""
    listed = sorted(set(phrases), key=len, reverse=True)
    inside = [re.escape(phrase) for phrase in listed if phrase not in _ENOUGH_ALONE]
    # "хватит" alone asks us to stop; "чай хватит на месяц" talks about tea.
    alone = [re.escape(phrase) for phrase in listed if phrase in _ENOUGH_ALONE]
    sentences = "|".join(inside) or "(?!)"
    openings = "|".join(alone) or "(?!)"
    return re.compile(rf"\b(?:{sentences})\b|\A(?:{openings})(?:\Z| мне\b| писать\b)")


def _likely(said: str, vocabulary: Vocabulary) -> LikelyStop | None:
    if len(said) > 80 or said.startswith("please do not stop"):
        return None
    return LikelyStop() if vocabulary.likely.search(said) else None


@lru_cache(maxsize=4096)
def _without_courtesy(said: str, courtesies: tuple[str, ...]) -> str:
    """The words without any courtesy before and after them."""
    changed = True
    while changed and said:
        changed = False
        for courtesy in courtesies:
            if said == courtesy:
                return ""
            if said.startswith(f"{courtesy} "):
                said, changed = said[len(courtesy) + 1 :], True
            elif said.endswith(f" {courtesy}"):
                said, changed = said[: -len(courtesy) - 1], True
    return re.sub(r"\s+", " ", said)
