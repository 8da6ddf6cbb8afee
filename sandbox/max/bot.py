"""One bot of the double: its dialogs, subscriptions, uploads and what it says of itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, TypeVar

from sandbox.bucket import Bucket
from sandbox.max.dialog import Dialog, Kept
from sandbox.max.people import chat_id_of, person_id_of, user_of
from sandbox.max.subscriptions import Subscriptions
from sandbox.max.view import bubble
from sandbox.people import Person
from sandbox.settings import MaxSettings
from sandbox.updates import MOST_PENDING, Updates
from sandbox.values import Json
from sandbox.world import World

# The docs: 30 requests a second in all, about 2 messages and 2 answers a second in one chat.
PER_SECOND: Final = 30
PER_CHAT: Final = 2
EVENTS: Final = (
    *("bot_started", "bot_stopped", "message_created", "message_callback", "message_edited"),
    *("message_removed", "dialog_cleared", "dialog_removed", "dialog_muted", "dialog_unmuted"),
)
_MOST_UPLOADS: Final = 10_000
_MOST_PRESSES: Final = 10_000
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class Upload:
    """What a token stands for; `file_id` is "" until the bytes came.

    `is_processed` is whether it can be sent: the first try after an upload comes too early.
    """

    kind: str
    file_id: str = ""
    is_processed: bool = True


class Bot:
    def __init__(self, told: MaxSettings, world: World) -> None:
        self.told = told
        self.id = told.id
        self.key = f"max:{told.id}"
        self.settings = world.settings
        self.people = world.people
        self.files = world.files
        self.hub = world.hub
        self.now = world.now
        self.changed = world.changed
        self.updates = Updates(world.now)
        self.subscriptions = Subscriptions(world.now)
        self.news = asyncio.Event()
        self.is_closing = False
        # Set by the account: somebody delivers updates.
        self.on_update: Callable[[], None] = lambda: None
        self.forget()

    def forget(self) -> None:
        """Be as new: no dialogs, no webhooks, the name of the settings."""
        self.updates.reset()
        self.dialogs: dict[int, Dialog] = {}
        self.subscriptions.clear()
        self.requests = Bucket(PER_SECOND, PER_SECOND)
        self.messages = Bucket(PER_CHAT, PER_CHAT)
        self.answers = Bucket(PER_CHAT, PER_CHAT)
        # By token, and the tokens by the tickets of upload addresses that are still unused.
        self.uploads: OrderedDict[str, Upload] = OrderedDict()
        self.tickets: OrderedDict[str, str] = OrderedDict()
        # Keyboards that were pressed: the person and the message.
        self.presses: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self.profile: Json = {"first_name": self.told.title, "description": None, "commands": []}
        self.next_photo_id = 1

    @property
    def now_ms(self) -> int:
        return int(self.now() * 1000)

    @property
    def user(self) -> Json:
        """The bot as the sender of its messages."""
        return {
            "user_id": self.id,
            "first_name": self.profile["first_name"],
            "last_name": None,
            "username": self.told.name,
            "is_bot": True,
            "last_activity_time": self.now_ms,
            "name": self.profile["first_name"],
        }

    def dialog_with(self, person: Person) -> Dialog:
        dialog = self.dialogs.get(person.id)
        if dialog is None:
            dialog = self.dialogs[person.id] = Dialog(person.id, chat_id_of(person.id))
        return dialog

    def find(self, mid: str) -> tuple[Dialog, Kept] | None:
        """The message and its dialog, which a `mid` begins with."""
        try:
            dialog = self.dialogs.get(person_id_of(int(mid[4:20], 16)))
        except ValueError:
            return None
        kept = dialog.messages.get(mid) if dialog is not None else None
        return (dialog, kept) if dialog is not None and kept is not None else None

    def new_message(self, dialog: Dialog, sender: Json, content: Json) -> Kept:
        """The next message of the dialog, from the bot or the person."""
        seq = dialog.next_seq(self.now_ms)
        is_bots = sender["user_id"] == self.id
        message = {
            "sender": sender,
            "recipient": {
                "chat_id": dialog.chat_id,
                "chat_type": "dialog",
                "user_id": dialog.person_id if is_bots else self.id,
            },
            "timestamp": self.now_ms,
            "body": {
                "mid": f"mid.{dialog.chat_id:016x}{seq:016x}",
                "seq": seq,
                "text": content.get("text"),
                "attachments": content.get("attachments", []),
                "markup": content.get("markup", []),
            },
            "link": content.get("link"),
        }
        return Kept(dialog.take_number(), message)

    def emit(self, kind: str, person: Person, content: Json) -> None:
        """Tell the bot of an event: every webhook that wants it, or whoever polls."""
        timestamp = self.dialog_with(person).stamp(self.now_ms)
        head = {"update_type": kind, "timestamp": timestamp, "user_locale": person.language_code}
        hooks = list(self.subscriptions)
        for url in [each.url for each in hooks if each.wants(kind)] if hooks else [""]:
            # A queue of its own for each: MAX promises no order.
            self.updates.add(kind, str(self.updates.next_id), {**head, **content}, to=url)
        self._wake()
        self.on_update()
        self.changed()

    def unsubscribe(self, url: str) -> None:
        """Drop a webhook with what waited for it."""
        self.subscriptions.remove(url)
        for update in self.updates.first(MOST_PENDING):
            if update.to == url:
                self.updates.remove(update.id)
        self.changed()

    def show(self, dialog: Dialog, kept: Kept) -> None:
        """Keep a new or edited message and let open phones see it."""
        dialog.put(kept)
        self.tell(dialog, "message", bubble=bubble(self.id, dialog, kept))
        self.changed()

    def tell(self, dialog: Dialog, kind: str, **data: object) -> None:
        """Tell the open phones of this person."""
        self.hub.tell((self.key, dialog.person_id), kind, **data)

    def sender(self, person: Person) -> Json:
        return user_of(person, self.now())

    def callback_id(self, mid: str) -> str:
        """The id of the keyboard under a message: the same at each press, as the schema has it."""
        digest = hmac.digest(self.told.token.encode(), mid.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def remember_press(self, person: Person, mid: str) -> str:
        callback_id = self.callback_id(mid)
        _keep(self.presses, callback_id, (person.id, mid), _MOST_PRESSES)
        return callback_id

    def new_upload(self, kind: str) -> tuple[str, str]:
        """A ticket for the upload's address and the token that the file will have."""
        ticket, token = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        _keep(self.uploads, token, Upload(kind, is_processed=False), _MOST_UPLOADS)
        _keep(self.tickets, ticket, token, _MOST_UPLOADS)
        return ticket, token

    def keep_file(self, kind: str, file_id: str) -> str:
        """A token for a file that needs no processing any more."""
        token = secrets.token_urlsafe(48)
        _keep(self.uploads, token, Upload(kind, file_id), _MOST_UPLOADS)
        return token

    def close(self) -> None:
        self.is_closing = True
        self._wake()

    def dump(self) -> Json:
        return {
            "dialogs": [each.dump() for each in self.dialogs.values()],
            "subscriptions": self.subscriptions.dump(),
            "updates": self.updates.dump(),
            "uploads": [[token, asdict(each)] for token, each in self.uploads.items()],
            "presses": [[key, *each] for key, each in self.presses.items()],
            "profile": self.profile,
            "next_photo_id": self.next_photo_id,
        }

    def load(self, data: Json) -> None:
        self.dialogs = {each["person_id"]: Dialog.restored(each) for each in data["dialogs"]}
        self.subscriptions.load(data["subscriptions"])
        self.updates.load(data["updates"])
        self.uploads = OrderedDict((token, Upload(**each)) for token, each in data["uploads"])
        self.presses = OrderedDict((key, (person, mid)) for key, person, mid in data["presses"])
        self.profile = data["profile"]
        self.next_photo_id = data["next_photo_id"]

    def _wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


def _keep(table: OrderedDict[str, _Each], key: str, value: _Each, most: int) -> None:
    table[key] = value
    if len(table) > most:
        table.popitem(last=False)
