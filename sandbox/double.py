"""What every messenger's double is to the rest of the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from sandbox.calls import Calls
from sandbox.delivery import Delivery
from sandbox.people import Person
from sandbox.samples import Sample
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.view import Bubble, Screen


class ActRefused(Exception):
    """The phone would not let a person do this; the words say why."""


class UnknownAct(Exception):
    """This messenger has no such act."""


@dataclass(frozen=True, slots=True)
class About:
    """What does not change about an account.

    `name` is what `?bot=` says, alone in the whole sandbox; `id` is the platform's. `sends` are
    the kinds that the phone offers to send, `acts` the messenger's own acts beside the usual ones
    (each needs its words: `act_<name>`). `follows_links`: to open a deep link is already an act
    (`follow`), before any button is pressed. `most_text` is in characters.
    """

    channel: str
    messenger: str
    id: str
    name: str
    title: str
    sends: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    can_edit: bool = True
    follows_links: bool = False
    most_text: int = 4096

    @property
    def key(self) -> str:
        """The account among all messengers' ones, for `Hub` and for stored files."""
        return f"{self.channel}:{self.id}"


class Account(Protocol):
    """One bot or group of a messenger: what persons do with it and what their phones show.

    After a change of a chat, tell `world.hub` at (about.key, person.id): "message" with
    `bubble=Bubble` for a new or changed one, "gone" with `id`, "state" when the screen changed,
    "toast" with `text`, `alert` and `url`, "typing" with nothing.
    """

    @property
    def about(self) -> About: ...
    @property
    def updates(self) -> Updates: ...
    @property
    def delivery(self) -> Delivery: ...

    async def act(self, person: Person, act: str, body: Json) -> Any:
        """Do what a person does on the phone; the result is JSON in the platform's own shapes.

        All know start {param}, say {text}, press {message_id, row, column}, tap {row, column},
        send {kind}, block and unblock; `edit` {message_id, text} and `follow` {param} where
        `about` says so. A result of press may have `query_id` (the button waits for an answer),
        `url` or `copied`.

        Raises: ActRefused (becomes 409), UnknownAct (404), ValueError (422).
        """
        ...

    async def upload(self, person: Person, file: Sample) -> Any:
        """Send a file of the visitor's own. Raises ActRefused."""
        ...

    def permit(self, person: Person) -> None:
        """Let the account write to this person at once, without any update."""
        ...

    def chat(self, person: Person, after: int) -> Json:
        """`messages` in the platform's own shape, oldest first, and what else tests ask for.

        `after` is a number that grows inside one chat (the message id, where that is one); 0 gives
        all that are kept.
        """
        ...

    def has_answer(self, person: Person, after: int) -> bool:
        """Whether the account wrote something later than `after`."""
        ...

    def thread(self, person: Person, most: int) -> Sequence[Bubble]:
        """The last messages, oldest first; changes nothing."""
        ...

    def screen(self, person: Person) -> Screen: ...

    def inject(self, body: Json, queue: str) -> Update:
        """Queue a body as it stands, even one the platform would not send."""
        ...


class Double(Protocol):
    """One messenger. Made with the `World`; `run` lasts from start-up to clean-up."""

    @property
    def channel(self) -> str: ...
    @property
    def accounts(self) -> Sequence[Account]: ...
    @property
    def calls(self) -> Calls: ...

    def routes(self) -> list[web.RouteDef]: ...

    async def run(self, http: aiohttp.ClientSession) -> None:
        """The work in the background, deliveries above all; ends only by cancellation."""
        ...

    def stop(self) -> None:
        """The sandbox ends: let go of the requests that are held open."""
        ...

    def reset(self) -> None:
        """Forget chats, webhooks and updates, in place."""
        ...

    def dump(self) -> Json:
        """The state for the next start: shallow, of parts that nobody changes later."""
        ...

    def load(self, data: Json) -> None: ...
