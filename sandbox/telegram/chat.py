"""One private chat between a bot and a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.values import Json

# Older messages of a chat are forgotten: the double's memory is bounded.
MOST_MESSAGES = 500


@dataclass(slots=True)
class Chat:
    """Messages are the platform's `Message` objects; an edit replaces, never changes, one.

    `started` is the permission to write: the person pressed Start or wrote anything.
    `keyboard` is the reply keyboard on the person's screen.
    """

    person_id: int
    started: bool = False
    blocked: bool = False
    next_message_id: int = 1
    keyboard: Json | None = None
    messages: dict[int, Json] = field(default_factory=dict)

    def take_id(self) -> int:
        message_id = self.next_message_id
        self.next_message_id += 1
        return message_id

    def put(self, message: Json) -> None:
        self.messages[message["message_id"]] = message
        if len(self.messages) > MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]

    def dump(self) -> Json:
        return {
            "person_id": self.person_id,
            "started": self.started,
            "blocked": self.blocked,
            "next_message_id": self.next_message_id,
            "keyboard": self.keyboard,
            "messages": list(self.messages.values()),
        }

    @classmethod
    def restored(cls, data: Json) -> Chat:
        messages = {each["message_id"]: each for each in data["messages"]}
        return cls(**{**data, "messages": messages})
