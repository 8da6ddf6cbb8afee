"""One bot of the double: its chats, pending updates, webhook and profile."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.journal import Journal
from sandbox.people import Person
from sandbox.settings import BotSettings
from sandbox.telegram.chat import Chat
from sandbox.telegram.limits import Pace
from sandbox.telegram.view import bubble
from sandbox.updates import Updates
from sandbox.values import Json
from sandbox.world import World

_MOST_QUERIES = 10_000
# How long a pressed button waits for its answer; the platform's own figure is not documented.
QUERY_SECONDS = 30
# Bot API 10.3: an empty list of allowed updates means all but these.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates go; an empty `url` means nowhere."""

    url: str = ""
    secret_token: str = field(default="", repr=False)
    max_connections: int = 40
    has_custom_certificate: bool = False
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A pressed inline button that waits for answerCallbackQuery."""

    person_id: int
    at: float


@dataclass(slots=True)
class Trouble:
    """What went wrong with the webhook last; `gone_since` is the first 410 in a row."""

    at: float = 0
    message: str = ""
    gone_since: float | None = None


@dataclass(slots=True)
class Profile:
    """What setMyCommands and its like wrote, by scope and language ("" is the default)."""

    commands: dict[str, list[Json]] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    short_description: dict[str, str] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "default"})


class Bot:
    def __init__(self, told: BotSettings, world: World, journal: Journal) -> None:
        self.told = told
        self.key = f"telegram:{told.id}"
        self.settings = world.settings
        self.people = world.people
        self.files = world.files
        self.hub = world.hub
        self.changed = world.changed
        self.journal = journal
        # Set by the account: somebody delivers updates.
        self.on_update: Callable[[], None] = lambda: None
        self.on_webhook: Callable[[], None] = lambda: None
        self.updates = Updates(world.now)
        self.is_closing = False
        self.forget()

    def forget(self) -> None:
        """Be as new: no chats, no updates, no webhook."""
        self.chats: dict[int, Chat] = {}
        self.updates.reset()
        self.allowed: list[str] = []
        self.webhook = Webhook()
        self.trouble = Trouble()
        self.profile = Profile()
        self.pace = Pace()
        self.queries: OrderedDict[str, Query] = OrderedDict()
        # Set by getUpdates, which waits for new updates.
        self.arrived = asyncio.Event()
        self.poller: object | None = None

    @property
    def id(self) -> int:
        return self.told.id

    def now(self) -> float:
        return self.settings.clock()

    def as_user(self) -> Json:
        told = self.told
        return {
            "id": told.id,
            "is_bot": True,
            "first_name": told.title,
            "username": told.username,
        }

    def chat_with(self, person: Person) -> Chat:
        chat = self.chats.get(person.id)
        if chat is None:
            chat = self.chats[person.id] = Chat(person.id)
        return chat

    def add_update(self, kind: str, queue: str, payload: Json) -> None:
        """Queue an update for the bot, unless it did not ask for this kind."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if wanted:
            self.updates.add(kind, queue, {"update_id": self.updates.next_id, kind: payload})
            self.woken()
        self.changed()

    def woken(self) -> None:
        """Tell whoever delivers updates that there are some."""
        self.arrived.set()
        self.on_update()

    def show(self, chat: Chat, message: Json) -> None:
        """Keep a new or edited message and let open phones see it."""
        chat.put(message)
        self.tell(chat.person_id, "message", bubble=bubble(self.id, message))
        self.changed()

    def tell_state(self, chat: Chat) -> None:
        self.tell(chat.person_id, "state")
        self.changed()

    def tell(self, person_id: int, kind: str, **data: object) -> None:
        """Tell the open phones of this person."""
        self.hub.tell((self.key, person_id), kind, **data)

    def open_query(self, person_id: int) -> str:
        query_id = str(secrets.randbelow(9 * 10**18) + 10**18)
        self.queries[query_id] = Query(person_id, self.now())
        if len(self.queries) > _MOST_QUERIES:
            self.queries.popitem(last=False)
        return query_id

    def close_query(self, query_id: str) -> Query | None:
        """The query, which is no longer open after this; None when unknown, answered or old."""
        query = self.queries.pop(query_id, None)
        if query is None or self.now() - query.at > QUERY_SECONDS:
            return None
        return query

    def dump(self) -> Json:
        return {
            "chats": [chat.dump() for chat in self.chats.values()],
            "updates": self.updates.dump(),
            "allowed": self.allowed,
            "webhook": asdict(self.webhook),
            "profile": asdict(self.profile),
        }

    def load(self, data: dict[str, Any]) -> None:
        self.chats = {each["person_id"]: Chat.restored(each) for each in data["chats"]}
        self.updates.load(data["updates"])
        self.allowed = data["allowed"]
        self.webhook = Webhook(**data["webhook"])
        self.profile = Profile(**data["profile"])
