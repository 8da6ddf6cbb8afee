"""What every messenger's folder offers to those who receive and send."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from core.altering import AlterOutcome, Unalterable, Why
from core.content import Content, Media, MediaKind
from core.ids import AccountId, EventKey, UserId
from core.inbound import Inbound
from core.outcomes import Outcome, Refused


class BadProof(Exception):
    """The request does not prove that it comes from the messenger: 401, nothing stored."""

    code = "bad_proof"


class WrongAccount(Exception):
    """The proof was good, and the request is meant for another account: 403, nothing stored."""

    code = "wrong_account"


class Malformed(Exception):
    """The proof stands inside a body that cannot be read: 400, nothing stored."""

    code = "malformed"


class Unparsable(Exception):
    """The proof was good and the body makes no sense: put aside, acknowledge, count.

    `key` is the platform's event id where one could be read, so that a redelivery is known.
    """

    code = "unparsable"

    def __init__(self, problem: str, key: EventKey | None = None) -> None:
        super().__init__(problem)
        self.key = key


@dataclass(frozen=True, slots=True)
class Welcome:
    """What greets a person who opened the chat and has not started yet."""

    text: str
    start: str
    """The label of the button that starts."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the requests for one account are checked against, and answered with.

    `secret` is the key of the proof, whatever form the proof has. `group` is the id that the
    requests must name ("" where they name none), `confirmation` the answer to the platform's
    handshake, `name` who speaks, `welcomes` the words for a language ("" for every other).
    """

    secret: str = field(repr=False)
    group: str = ""
    confirmation: str = field(default="", repr=False)
    name: str = ""
    welcomes: Mapping[str, Welcome] = field(default_factory=dict)


def say_nothing(_body: bytes, _inbounds: Sequence[Inbound], _gate: Gate) -> str:
    """The answer of a platform that wants only the status 200."""
    return ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The receiving half of a messenger: pure functions, light to import.

    verify(headers found by a name in lower case, raw body, gate) raises BadProof, WrongAccount,
    Malformed.
    parse(account, raw body, now) gives the events of one request, none for a handshake; raises
    Unparsable, nothing else. `now` stands where the platform tells no time.
    answer(raw body, its events, gate) is the text of the answer 200, once the events are
    committed; a redelivery gets the same one.
    `tries_header` is the header that counts how often the platform has failed to bring this
    event before; "" where it does not say.
    """

    verify: Callable[[Mapping[str, str], bytes, Gate], None]
    parse: Callable[[AccountId, bytes, datetime], Sequence[Inbound]]
    answer: Callable[[bytes, Sequence[Inbound], Gate], str] = say_nothing
    answer_type: str = "text/plain"
    tries_header: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand to a messenger. `open` gives its bytes from the start at each call."""

    name: str
    mime: str
    size: int
    open: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Part:
    """One platform message to be. `random_id` is the same in every attempt.

    `files` are those of the content's media whose `ref` only we can open (MediaWay.INLINE).
    """

    content: Content
    random_id: int
    files: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`ref` is what a `Media` carries to be sent on this account from now on."""

    ref: str


@dataclass(frozen=True, slots=True)
class BotSettings:
    """What a bot of any messenger is made from; "" means the platform's own.

    `username` names the bot, community or public account in deep links; `proxy` is an http:// or
    socks5:// URL; `group` is a community's number; `name` and `avatar` (a URL) are who speaks
    where each message says it; `ca_bundle` is a file of authorities trusted for this API alone.
    """

    account: AccountId
    token: str = field(repr=False)
    username: str = ""
    api_url: str = ""
    link_url: str = ""
    proxy: str = field(default="", repr=False)
    """May hold a password."""
    group: str = ""
    name: str = ""
    avatar: str = ""
    ca_bundle: str = ""


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """What the platform says about our webhook. `problems` is empty when all is well."""

    url: str
    pending: int
    problems: tuple[str, ...]
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token belongs to.

    `confirmation` is what answers the platform's handshake, "" where it has none.
    """

    id: str
    username: str
    title: str
    confirmation: str = field(default="", repr=False)


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
    """The sending half of one account. Every call has a timeout; none raises but as it says.

    A messenger's class derives from this one and keeps what is said here where its platform
    has nothing of the kind.
    """

    @abstractmethod
    async def send(self, user: UserId, part: Part) -> Outcome: ...

    async def send_together(self, sends: Sequence[tuple[UserId, Part]]) -> Sequence[Outcome]:
        """Send as many as the limits allow in one request; an outcome for each, in order.

        They are either different contents, at most `contents_per_request`, or the same content
        and random id for at most `receivers_per_request` people.
        """
        return [await self.send(user, part) for user, part in sends]

    async def edit(self, user: UserId, external_id: str, part: Part) -> AlterOutcome:
        """Give a text that was sent another wording. The same one again is no error."""
        return Unalterable(Why.UNABLE)

    async def delete(self, user: UserId, external_id: str) -> AlterOutcome:
        """Take a message back. One that is not there any more is no error."""
        return Unalterable(Why.UNABLE)

    async def upload(self, user: UserId, kind: MediaKind, file: File) -> Uploaded | Outcome:
        """Bring a file to the platform (MediaWay.UPLOAD). What went wrong is never `Sent`."""
        return Refused("this messenger takes no uploads")

    async def acknowledge(self, press: str, text: str) -> None:
        """Answer a press at once ("" shows nothing). A late or failed answer is not an error."""
        return

    async def fetch(self, media: Media) -> AsyncIterator[bytes]:
        """The bytes of a file that came in and has no URL. Raises FileGone."""
        raise FileGone("this messenger gives files by their URL only")

    @abstractmethod
    async def identify(self) -> Identity:
        """Raises SettingUp where the token is not good."""

    @abstractmethod
    async def set_webhook(self, url: str, secret: str) -> None:
        """Raises SettingUp."""

    @abstractmethod
    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""

    async def keep_webhook(self, url: str, secret: str) -> WebhookStatus:
        """Look after the webhook; mend what the platform lets lapse. Raises SettingUp."""
        return await self.webhook_status(url)

    async def set_menu(
        self, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
    ) -> None:
        """Per language code; "" is for everybody else. Raises SettingUp."""
        return

    async def poll(self, take: "Take", place: str = "") -> None:
        """Fetch events for ever, from the `place` that `take` was last told; "": from now on.

        An event is told as taken to the platform only after `take`, whose errors go through.
        Raises SettingUp where the platform has only webhooks.
        """
        raise SettingUp("this messenger brings events to a webhook only")

    @abstractmethod
    async def close(self) -> None: ...


Take: TypeAlias = Callable[[Sequence[bytes], str], Awaitable[None]]
"""Takes raw bodies as a webhook would have brought them, and the place behind them, "" where the
platform itself remembers it. Returns when they are committed, and the place after them."""
MakeBot: TypeAlias = Callable[[BotSettings], Bot]
"""Opens no connection. Raises SettingUp for a token that cannot be one, or a missing library."""
