"""One community of the double: its dialogues, callback servers and what it has uploaded."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from sandbox.bucket import Bucket
from sandbox.calls import Calls
from sandbox.people import Person
from sandbox.settings import VkSettings
from sandbox.updates import Updates
from sandbox.values import Json
from sandbox.vk.dialogue import Dialogue
from sandbox.vk.longpoll import LongPoll
from sandbox.vk.people import peer_of, person_id_of
from sandbox.vk.view import bubble
from sandbox.world import World

VERSION: Final = "5.199"
# dev.vk.com: 20 requests a second for one token of a community.
PER_SECOND: Final = 20
# How long a pressed button waits for its answer; the platform's own figure is not documented.
PRESS_SECONDS: Final = 60
EVENTS: Final = (
    *("message_new", "message_reply", "message_edit", "message_allow", "message_deny"),
    *("message_event", "message_read", "message_typing_state", "message_reaction_event"),
    *("user_block", "user_unblock", "group_join", "group_leave"),
)
_MOST_UPLOADS = 10_000
_MOST_PRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Server:
    """A callback server. `events` are those switched on: none, right after it was added."""

    id: int
    url: str
    title: str
    secret_key: str = field(default="", repr=False)
    status: str = "wait"
    version: str = VERSION
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed callback button that waits for messages.sendMessageEventAnswer."""

    peer_id: int
    at: float


class Group:
    def __init__(self, told: VkSettings, world: World, calls: Calls) -> None:
        self.told = told
        self.id = told.group_id
        self.key = f"vk:{told.group_id}"
        self.settings = world.settings
        self.people = world.people
        self.files = world.files
        self.hub = world.hub
        self.now = world.now
        self.changed = world.changed
        self.calls = calls
        self.updates = Updates(world.now)
        self.longpoll = LongPoll(EVENTS)
        # Set by the account: somebody delivers updates.
        self.on_update: Callable[[], None] = lambda: None
        self.forget()

    def forget(self) -> None:
        """Be as new: no dialogues, no servers, another confirmation string."""
        self.updates.reset()
        self.longpoll.reset()
        self.dialogues: dict[int, Dialogue] = {}
        self.servers: dict[int, Server] = {}
        self.confirmation = self.told.confirmation or secrets.token_hex(4)
        self.pace = Bucket(PER_SECOND, PER_SECOND)
        self.presses: OrderedDict[str, Press] = OrderedDict()
        # Sent to an upload server but not saved yet, by their ticket: file ids.
        self.uploads: OrderedDict[str, str] = OrderedDict()
        # Saved ones, by what an attachment string calls them: photo-123_45.
        self.attachments: OrderedDict[str, Json] = OrderedDict()
        self.next_message_id = 501
        self.next_server_id = 1
        self.next_attachment_id = 1

    def dialogue_with(self, person: Person) -> Dialogue:
        dialogue = self.dialogues.get(peer_of(person))
        if dialogue is None:
            dialogue = self.dialogues[peer_of(person)] = Dialogue(peer_of(person))
        return dialogue

    def new_message(self, dialogue: Dialogue, content: Json, *, is_out: bool) -> Json:
        """The next message of the dialogue, from the community when `is_out`."""
        number = self.next_message_id
        self.next_message_id += 1
        return {
            "id": number,
            "conversation_message_id": dialogue.take_id(),
            "date": int(self.now()),
            "peer_id": dialogue.peer_id,
            "from_id": -self.id if is_out else dialogue.peer_id,
            "out": int(is_out),
            "text": "",
            "random_id": 0,
            "version": 10_000_000 + number,
            "important": False,
            "is_hidden": False,
            "attachments": [],
            "fwd_messages": [],
            **content,
        }

    def emit(self, kind: str, content: Json) -> str:
        """Tell the community of an event, by each way that has it switched on; gives its id."""
        event_id = secrets.token_hex(20)
        event = {"type": kind, "group_id": self.id, "event_id": event_id, "object": content}
        for server in self.servers.values():
            if server.status == "ok" and kind in server.events:
                # A queue of its own for each: the platform's events do not wait for each other.
                self.updates.add(kind, f"{event_id} {server.id}", event, to=str(server.id))
        self.longpoll.add(kind, {**event, "v": VERSION})
        self.on_update()
        self.changed()
        return event_id

    def show(self, dialogue: Dialogue, message: Json) -> None:
        """Keep a new or edited message and let open phones see it."""
        dialogue.put(message)
        self.tell(dialogue.peer_id, "message", bubble=bubble(dialogue, message))
        self.changed()

    def tell(self, peer_id: int, kind: str, **data: object) -> None:
        """Tell the open phones of this person."""
        self.hub.tell((self.key, person_id_of(peer_id)), kind, **data)

    def open_press(self, peer_id: int) -> str:
        event_id = secrets.token_hex(6)
        self.presses[event_id] = Press(peer_id, self.now())
        if len(self.presses) > _MOST_PRESSES:
            self.presses.popitem(last=False)
        return event_id

    def close_press(self, event_id: str, peer_id: int) -> bool:
        """Whether this person's press still waited; it does no longer."""
        press = self.presses.get(event_id)
        if press is None or press.peer_id != peer_id:
            return False
        del self.presses[event_id]
        return self.now() - press.at <= PRESS_SECONDS

    def keep_upload(self, file_id: str) -> str:
        """A ticket with which the file can be saved."""
        ticket = secrets.token_urlsafe(24)
        self.uploads[ticket] = file_id
        if len(self.uploads) > _MOST_UPLOADS:
            self.uploads.popitem(last=False)
        return ticket

    def new_attachment(self, owner_id: int) -> Json:
        """What every attachment has: an id, its owner (a community's is below zero), a key."""
        number = self.next_attachment_id
        self.next_attachment_id += 1
        return {"id": number, "owner_id": owner_id, "access_key": secrets.token_hex(9)}

    def keep_attachment(self, kind: str, content: Json) -> Json:
        """An attachment of the community's own, which it may send from now on."""
        owned = {**self.new_attachment(-self.id), **content}
        attachment = {"type": kind, kind: owned}
        self.attachments[f"{_NAMED.get(kind, kind)}{-self.id}_{owned['id']}"] = attachment
        if len(self.attachments) > _MOST_UPLOADS:
            self.attachments.popitem(last=False)
        self.changed()
        return attachment

    def dump(self) -> Json:
        return {
            "dialogues": [each.dump() for each in self.dialogues.values()],
            "servers": [asdict(each) for each in self.servers.values()],
            "confirmation": self.confirmation,
            "updates": self.updates.dump(),
            "attachments": list(self.attachments.items()),
            "next": [self.next_message_id, self.next_server_id, self.next_attachment_id],
        }

    def load(self, data: Json) -> None:
        self.dialogues = {each["peer_id"]: Dialogue.restored(each) for each in data["dialogues"]}
        servers = [Server(**{**each, "events": tuple(each["events"])}) for each in data["servers"]]
        self.servers = {each.id: each for each in servers}
        self.confirmation = data["confirmation"]
        self.updates.load(data["updates"])
        self.attachments = OrderedDict((name, each) for name, each in data["attachments"])
        self.next_message_id, self.next_server_id, self.next_attachment_id = data["next"]


# A voice message is sent by the name of a document.
_NAMED = {"audio_message": "doc"}
