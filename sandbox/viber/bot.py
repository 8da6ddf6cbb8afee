"""One bot of the double: its chats, its webhook, and what it is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from sandbox.bucket import Bucket
from sandbox.calls import Calls
from sandbox.files import StoredFile
from sandbox.people import Person
from sandbox.settings import ViberSettings
from sandbox.updates import Updates
from sandbox.values import Json
from sandbox.viber.chat import Chat
from sandbox.viber.people import profile_of, user_id_of
from sandbox.viber.view import bubble, is_shown
from sandbox.world import World

# `message` always comes; it may be listed all the same.
EVENTS: Final = (
    "delivered",
    "seen",
    "failed",
    "subscribed",
    "unsubscribed",
    "conversation_started",
)
HOST: Final = "SN-CHAT-05_"
# Above 2^53, and one by one: a reader that takes them for floats sees them coincide.
_FIRST_TOKEN: Final = 5_741_311_803_571_721_087
_KEPT_SECONDS: Final = 3600
_MEDIA_SECONDS: Final = 3600
# The docs: 500 requests of broadcast_message in 10 seconds.
_BROADCASTS: Final = (50, 500)


@dataclass(frozen=True, slots=True)
class Webhook:
    """`event_types` beside `message`. Names and photos come only where asked for."""

    url: str = ""
    event_types: tuple[str, ...] = ()
    send_name: bool = False
    send_photo: bool = False


class Bot:
    def __init__(self, told: ViberSettings, world: World, calls: Calls) -> None:
        self.told = told
        number = int.from_bytes(hashlib.sha256(told.name.encode()).digest()[:7], "big")
        self.id = f"pa:{number}"
        self.key = f"viber:{self.id}"
        self.settings = world.settings
        self.people = world.people
        self.files = world.files
        self.hub = world.hub
        self.now = world.now
        self.changed = world.changed
        self.calls = calls
        # Viber tries an event for about an hour.
        self.updates = Updates(world.now, _KEPT_SECONDS)
        # Set by the account: somebody delivers updates.
        self.on_update: Callable[[], None] = lambda: None
        self.on_webhook: Callable[[], None] = lambda: None
        self.forget()

    def forget(self) -> None:
        """Be as new: no chats, no webhook."""
        self.updates.reset()
        self.chats: dict[str, Chat] = {}
        self.webhook = Webhook()
        self.pace = Bucket(*_BROADCASTS)
        self.next_token = _FIRST_TOKEN

    def chat_with(self, person: Person) -> Chat:
        user_id = user_id_of(self.key, person)
        chat = self.chats.get(user_id)
        if chat is None:
            chat = self.chats[user_id] = Chat(person.id, user_id)
        return chat

    def seen_chat(self, person: Person) -> Chat | None:
        """The chat, unless nothing has ever happened in it."""
        return self.chats.get(user_id_of(self.key, person))

    def take_token(self) -> int:
        token = self.next_token
        self.next_token += 1
        return token

    def new_record(self, chat: Chat, message: Json, token: int, *, is_out: bool) -> Json:
        return {
            "number": chat.take_number(),
            "out": int(is_out),
            "message_token": token,
            "timestamp": self.now_ms(),
            "status": "sent" if is_out else "delivered",
            "message": message,
        }

    def user(self, person: Person) -> Json:
        """The person as events show them."""
        user = profile_of(user_id_of(self.key, person), person)
        if self.webhook.send_name:
            user["name"] = person.name
        if self.webhook.send_photo:
            user["avatar"] = f"{self.settings.base_url}/static/favicon.svg"
        return user

    def emit(self, event: str, content: Json, token: int = 0) -> int:
        """Tell the webhook, if it wants to know; gives the event's token, new where none is given.

        `delivered` and `seen` carry the token of the message that they are about.
        """
        token = token or self.take_token()
        webhook = self.webhook
        if webhook.url and (event == "message" or event in webhook.event_types):
            body = self.event(event, content, token)
            # A queue of its own for each: Viber's events do not wait for each other.
            self.updates.add(event, str(self.updates.next_id), body)
            self.on_update()
        self.changed()
        return token

    def event(self, event: str, content: Json, token: int) -> Json:
        return {"event": event, "timestamp": self.now_ms(), "message_token": token, **content}

    def show(self, chat: Chat, record: Json) -> None:
        """Keep a new or changed message and let open phones see it."""
        chat.put(record)
        if is_shown(record):
            self.tell(chat, "message", bubble=bubble(record))
        self.changed()

    def tell(self, chat: Chat, kind: str, **data: object) -> None:
        """Tell the open phones of this person."""
        self.hub.tell((self.key, chat.person_id), kind, **data)

    def address_of(self, file: StoredFile) -> str:
        """Where the bot can load the file for about an hour."""
        until = int(self.now()) + _MEDIA_SECONDS
        return f"{self.settings.base_url}/viber/file/{file.file_id}?until={until}"

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def dump(self) -> Json:
        return {
            "chats": [each.dump() for each in self.chats.values()],
            "webhook": asdict(self.webhook),
            "updates": self.updates.dump(),
            "next_token": self.next_token,
        }

    def load(self, data: Json) -> None:
        self.chats = {each["user_id"]: Chat.restored(each) for each in data["chats"]}
        webhook = data["webhook"]
        self.webhook = Webhook(**{**webhook, "event_types": tuple(webhook["event_types"])})
        self.updates.load(data["updates"])
        self.next_token = data["next_token"]
