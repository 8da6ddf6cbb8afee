"""One dialog between a bot and a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.values import Json

# Older messages of a dialog are forgotten: the double's memory is bounded.
MOST_MESSAGES: Final = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as the platform tells it; `number` counts the messages of its dialog."""

    number: int
    message: Json
    is_edited: bool = False

    @property
    def mid(self) -> str:
        mid: str = self.message["body"]["mid"]
        return mid

    @property
    def sender_id(self) -> int:
        sender_id: int = self.message["sender"]["user_id"]
        return sender_id


@dataclass(slots=True)
class Dialog:
    """`is_started` is the permission to write; `is_suspended` that the person stopped the bot.

    Messages are by `mid`; an edit replaces one. `read_by_bot` is the last number that the bot
    marked as seen.
    """

    person_id: int
    chat_id: int
    is_started: bool = False
    is_suspended: bool = False
    next_number: int = 1
    last_seq: int = 0
    read_by_bot: int = 0
    last_stamp: int = 0
    messages: dict[str, Kept] = field(default_factory=dict)

    def next_seq(self, now_ms: int) -> int:
        """A number that grows in the dialog and needs more than 53 bits, as the platform's."""
        self.last_seq = max(self.last_seq + 1, now_ms << 16)
        return self.last_seq

    def stamp(self, now_ms: int) -> int:
        """The moment of an event in milliseconds; no two of a dialog share one."""
        self.last_stamp = max(self.last_stamp + 1, now_ms)
        return self.last_stamp

    def take_number(self) -> int:
        number = self.next_number
        self.next_number += 1
        return number

    def put(self, kept: Kept) -> None:
        self.messages[kept.mid] = kept
        if len(self.messages) > MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]

    def dump(self) -> Json:
        state = {name: getattr(self, name) for name in self.__slots__ if name != "messages"}
        messages = [[each.number, each.message, each.is_edited] for each in self.messages.values()]
        return {**state, "messages": messages}

    @classmethod
    def restored(cls, data: dict[str, Any]) -> Dialog:
        kept = [Kept(*each) for each in data["messages"]]
        return cls(**{**data, "messages": {each.mid: each for each in kept}})
