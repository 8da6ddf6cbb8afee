"""What starts a flow: the closed list of `enter`."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from core.words import normalise
from flows.fields import Command, Condition, EventName, StepName, Texts, Words
from flows.happenings import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterKeyword:
    """The whole message is one of the words, in any language, or the command.

    A command stands in the messengers' menus if `menu` says what it does.
    """

    on: Literal[Trigger.KEYWORD]
    words: Words = field(default_factory=dict)
    command: Command = ""
    menu: Texts = field(default_factory=dict)
    condition: Annotated[Condition, Field(alias="if")] = ""
    to: StepName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterEvent:
    """The shop tells an event of this name."""

    on: Literal[Trigger.EVENT]
    name: EventName
    condition: Annotated[Condition, Field(alias="if")] = ""
    to: StepName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterOther:
    on: Literal[
        Trigger.SUBSCRIBED,
        Trigger.STARTED,
        Trigger.RESUBSCRIBED,
        Trigger.MESSAGE,
        Trigger.CLOSED,
    ]
    condition: Annotated[Condition, Field(alias="if")] = ""
    to: StepName = ""


Enter: TypeAlias = EnterKeyword | EnterEvent | EnterOther


def words(enter: EnterKeyword) -> frozenset[str]:
    """The keyword's words in all languages and its command, as `normalise` leaves them."""
    listed = [word for some in enter.words.values() for word in some]
    return frozenset(normalised(word) for word in (*listed, enter.command) if word)


@lru_cache(maxsize=8192)
def normalised(word: str) -> str:
    """A word as it is compared: with or without a slash, in any case."""
    return normalise(word).removeprefix("/")
