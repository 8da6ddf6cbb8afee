"""What every messenger's folder offers to those who receive and send."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from core.content import Content, Media
from core.ids import AccountId, EventKey, UserId
from core.inbound import Inbound
from core.outcomes import Outcome


class BadProof(Exception):
    """The request does not prove that it comes from the messenger: 401, nothing stored."""

    code = "bad_proof"


class Unparsable(Exception):
    """The proof was good and the body makes no sense: put aside, acknowledge, count.

    `key` is the platform's event id where one could be read, so that a redelivery is known.
    """

    code = "unparsable"

    def __init__(self, problem: str, key: EventKey | None = None) -> None:
        super().__init__(problem)
        self.key = key


@dataclass(frozen=True, slots=True)
class Incoming:
    """The receiving half of a messenger: pure functions, light to import.

    verify(headers in lower case, raw body, the account's secret) raises BadProof.
    parse(account, raw body, now) gives the events of one request; raises Unparsable, nothing else.
    `now` stands where the platform tells no time.
    """

    verify: Callable[[Mapping[str, str], bytes, str], None]
    parse: Callable[[AccountId, bytes, datetime], Sequence[Inbound]]


@dataclass(frozen=True, slots=True)
class Part:
    """One platform message to be. `random_id` is the same in every attempt."""

    content: Content
    random_id: int


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What a bot of any messenger is made from; "" means the platform's own.

    `username` names the bot in deep links; `proxy` is an http:// or socks5:// URL.
    """

    account: AccountId
    token: str = field(repr=False)
    username: str = ""
    api_url: str = ""
    link_url: str = ""
    proxy: str = field(default="", repr=False)
    """May hold a password."""


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """What the platform says about our webhook. `problems` is empty when all is well."""

    url: str
    pending: int
    problems: tuple[str, ...]
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token belongs to."""

    id: str
    username: str
    title: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A word of the messenger's own menu: `command` in Latin letters, and what it says."""

    command: str
    description: str


class SettingUp(Exception):
    """The platform refused what a person at a terminal asked for; the text is for that person."""

    code = "setting_up"


class FileGone(Exception):
    """The platform does not give this file (any more): too large, too old, unknown."""

    code = "file_gone"


class Bot(Protocol):
    """The sending half of one account. Every call has a timeout; none raises but as it says."""

    async def send(self, user: UserId, part: Part) -> Outcome: ...

    async def acknowledge(self, press: str, text: str) -> None:
        """Answer a press at once ("" shows nothing). A late or failed answer is not an error."""

    async def fetch(self, media: Media) -> AsyncIterator[bytes]:
        """The bytes of a file that came in. Raises FileGone."""

    async def identify(self) -> Identity:
        """Raises SettingUp where the token is not good."""

    async def set_webhook(self, url: str, secret: str) -> None:
        """Raises SettingUp."""

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""

    async def set_menu(
        self, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
    ) -> None:
        """Per language code; "" is for everybody else. Raises SettingUp."""

    async def poll(self, take: "Take") -> None:
        """Fetch events for ever. An event is told as taken to the platform only after `take`."""

    async def close(self) -> None: ...


Take: TypeAlias = Callable[[Sequence[bytes]], Awaitable[None]]
"""Takes raw bodies as a webhook would have brought them; returns when they are committed."""
MakeBot: TypeAlias = Callable[[BotSettings], Bot]
"""Opens no connection. Raises SettingUp for a token that cannot be one, or a missing library."""
