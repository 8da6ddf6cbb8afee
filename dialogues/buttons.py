"""The values behind the server's own buttons. A value may be forged: only on one's own behalf."""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from core.ids import RecordId, TopicId
from core.topics import TopicClass

_PREFIX = "c"


@dataclass(frozen=True, slots=True)
class StopButton:
    """Leave everything, or one topic."""

    topic: TopicId | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back a STOP that was one tap too quick. `stamp`: as of ConfirmTopic."""

    stop: RecordId
    stamp: int


@dataclass(frozen=True, slots=True)
class Back:
    """Bring back the topics of one class that this STOP took."""

    stop: RecordId
    cls: TopicClass
    stamp: int


@dataclass(frozen=True, slots=True)
class ConfirmTopic:
    """`stamp` tells which STOP was the last one when the button was made."""

    topic: TopicId
    answer: bool
    stamp: int


@dataclass(frozen=True, slots=True)
class LikelyAnswer:
    stop: bool


ConsentButton: TypeAlias = StopButton | Undo | Back | ConfirmTopic | LikelyAnswer


def encode(button: ConsentButton) -> str:
    match button:
        case StopButton(topic):
            words = ["stop", topic or ""]
        case Undo(stop, stamp):
            words = ["undo", str(stop), str(stamp)]
        case Back(stop, cls, stamp):
            words = ["back", str(stop), cls, str(stamp)]
        case ConfirmTopic(topic, answer, stamp):
            words = ["topic", topic, "yes" if answer else "no", str(stamp)]
        case LikelyAnswer(stop):
            words = ["likely", "yes" if stop else "no"]
        case _:
            assert_never(button)
    return ".".join((_PREFIX, *words))


def decode(value: str) -> ConsentButton | None:
    """None for anything else."""
    match value.split("."):
        case [prefix, "stop", topic] if prefix == _PREFIX:
            return StopButton(TopicId(topic) if topic else None)
        case [prefix, "undo", stop, stamp] if prefix == _PREFIX and _is_id(stop, stamp):
            return Undo(RecordId(int(stop)), int(stamp))
        case [prefix, "back", stop, "service" | "marketing" as cls, stamp] if (
            prefix == _PREFIX and _is_id(stop, stamp)
        ):
            return Back(RecordId(int(stop)), TopicClass(cls), int(stamp))
        case [prefix, "topic", topic, "yes" | "no" as answer, stamp] if (
            prefix == _PREFIX and _is_id(stamp)
        ):
            return ConfirmTopic(TopicId(topic), answer == "yes", int(stamp))
        case [prefix, "likely", "yes" | "no" as answer] if prefix == _PREFIX:
            return LikelyAnswer(answer == "yes")
        case _:
            return None


def _is_id(*texts: str) -> bool:
    return all(text.isascii() and text.isdigit() and len(text) <= 19 for text in texts)
