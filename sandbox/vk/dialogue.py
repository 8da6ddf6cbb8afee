"""One dialogue between a community and a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.values import Json

# Older messages of a dialogue are forgotten: the double's memory is bounded.
MOST_MESSAGES = 500
# random_id is remembered for the last hour and the last 100 messages.
REMEMBERED_SECONDS = 3600
REMEMBERED_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a link led from; waits for the first message after it."""

    ref: str
    source: str = ""


@dataclass(slots=True)
class Dialogue:
    """Messages are the platform's objects by `conversation_message_id`; an edit replaces one.

    `is_allowed` is the permission to write, `is_denied` that the person took it back, and
    `is_banned` that the community's administrator did. `keyboard` stays on the screen; the message
    `keyboard_of` brought it. `read_by_*` are the last ids that were read.
    """

    peer_id: int
    is_allowed: bool = False
    is_denied: bool = False
    is_banned: bool = False
    is_member: bool = False
    next_id: int = 1
    keyboard: Json | None = None
    keyboard_of: int = 0
    ref: Ref | None = None
    read_by_person: int = 0
    read_by_group: int = 0
    messages: dict[int, Json] = field(default_factory=dict)

    def take_id(self) -> int:
        number = self.next_id
        self.next_id += 1
        return number

    def take_ref(self) -> Json:
        """The fields of the first message after a link; nothing for those that follow."""
        ref, self.ref = self.ref, None
        if ref is None:
            return {}
        return {"ref": ref.ref, **({"ref_source": ref.source} if ref.source else {})}

    def put(self, message: Json) -> None:
        self.messages[message["conversation_message_id"]] = message
        if len(self.messages) > MOST_MESSAGES:
            del self.messages[next(iter(self.messages))]

    def sent_with(self, random_id: int, now: float) -> Json | None:
        """The message that was sent with this random_id not long ago; 0 is never one."""
        if not random_id:
            return None
        for message in list(self.messages.values())[-REMEMBERED_MESSAGES:]:
            fresh = now - message["date"] < REMEMBERED_SECONDS
            if message["out"] and message["random_id"] == random_id and fresh:
                return message
        return None

    def find(self, message_id: int) -> Json | None:
        """The message with this `id`, which counts through all dialogues."""
        return next((each for each in self.messages.values() if each["id"] == message_id), None)

    def dump(self) -> Json:
        state = {name: getattr(self, name) for name in self.__slots__ if name != "messages"}
        ref = asdict(self.ref) if self.ref else None
        return {**state, "ref": ref, "messages": list(self.messages.values())}

    @classmethod
    def restored(cls, data: dict[str, Any]) -> Dialogue:
        messages = {each["conversation_message_id"]: each for each in data["messages"]}
        ref = Ref(**data["ref"]) if data["ref"] else None
        return cls(**{**data, "messages": messages, "ref": ref})
