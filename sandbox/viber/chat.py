"""One chat between a bot and a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.values import Json

# Older messages of a chat are forgotten: the double's memory is bounded.
MOST_MESSAGES: Final = 500


@dataclass(slots=True)
class Chat:
    """`is_open` only shows the chat; `is_subscribed` is the permission to write.

    A phone that `is_off` gets nothing until it is on again. `opening` is the token of the last
    conversation_started that a welcome may still answer, 0 for none. `keyboard` is on the screen,
    `tracking_data` comes back with the person's messages; both are of the last message that
    arrived. `unanswered` are the times of what was sent since the person last wrote, `looked_up`
    those of get_user_details.

    A message is a record: `number` in the chat, `out`, `message_token`, `timestamp` in ms, `status`
    (sent, delivered, seen, failed), `message` in the platform's shape, and where it has one the
    `file_id`. `hidden` ones, of silent buttons, are not on the phone. A change replaces a record.
    """

    person_id: int
    user_id: str
    is_open: bool = False
    is_subscribed: bool = False
    has_left: bool = False
    is_off: bool = False
    opening: int = 0
    next_number: int = 1
    keyboard: Json | None = None
    tracking_data: str = ""
    unanswered: tuple[float, ...] = ()
    looked_up: tuple[float, ...] = ()
    records: dict[int, Json] = field(default_factory=dict)

    def take_number(self) -> int:
        number = self.next_number
        self.next_number += 1
        return number

    def put(self, record: Json) -> None:
        self.records[record["number"]] = record
        if len(self.records) > MOST_MESSAGES:
            del self.records[next(iter(self.records))]

    def sent_by_bot(self, *statuses: str) -> list[Json]:
        """The bot's messages that stand at one of these statuses, oldest first."""
        return [
            each for each in self.records.values() if each["out"] and each["status"] in statuses
        ]

    def dump(self) -> Json:
        state = {name: getattr(self, name) for name in self.__slots__ if name != "records"}
        return {**state, "records": list(self.records.values())}

    @classmethod
    def restored(cls, data: Json) -> Chat:
        chat = cls(**{**data, "records": {each["number"]: each for each in data["records"]}})
        chat.unanswered, chat.looked_up = tuple(chat.unanswered), tuple(chat.looked_up)
        return chat
