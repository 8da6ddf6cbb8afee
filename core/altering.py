"""An answer that was sent is edited or deleted: who may, until when, and what comes of it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from core.channels import Limits
from core.content import Content
from core.ids import OperatorId
from core.messages import Author, Direction, Message, Status
from core.outcomes import (
    CONFIG_PAUSE,
    MAX_ATTEMPTS,
    Misconfigured,
    Refused,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
    delay,
)

FOR_EVER = timedelta.max
"""As long as an answer can be edited where the messenger sets no limit."""


class Alteration(StrEnum):
    EDIT = "edit"
    DELETE = "delete"


class Why(StrEnum):
    """Why it is not done: known beforehand, or told by the messenger. Pages have words for each."""

    UNABLE = "unable"
    """The messenger does not do that at all."""
    TOO_OLD = "too_old"
    GONE = "gone"
    """It is not there any more."""
    NOT_SENT = "not_sent"
    """It is no answer of an operator's that arrived from here."""
    HAS_FILES = "has_files"
    IN_PARTS = "in_parts"
    TOO_LONG = "too_long"
    NOT_YOURS = "not_yours"
    STOPPED = "stopped"
    """They have left: an edit would be one more word to them."""
    BLOCKED = "blocked"
    """They have blocked us."""
    BLOCKED_HERE = "blocked_here"
    REFUSED = "refused"
    """The messenger says no, in its own words."""
    NO_ANSWER = "no_answer"
    """Nobody knows whether it was done."""


@dataclass(frozen=True, slots=True)
class Target:
    """An answer, and the ids by which the messenger knows its parts; "" for what was not sent.

    `waiting` is what was asked for last and is not settled.
    """

    message: Message
    externals: tuple[str, ...]
    waiting: tuple[Alteration, Content] | None = None


def until(act: Alteration, target: Target, limits: Limits) -> datetime | Why:
    """Until when this can be done with it, whoever asks; or why never."""
    message = target.message
    if message.removed_at is not None:
        return Why.GONE
    is_ours = message.direction is Direction.OUT and message.author is Author.OPERATOR
    is_there = message.status in (Status.SENT, Status.DELIVERED, Status.READ)
    if not (is_ours and is_there) or message.sent_at is None or not all(target.externals):
        return Why.NOT_SENT
    span = limits.edits_for if act is Alteration.EDIT else limits.deletes_for
    if not span:
        return Why.UNABLE
    if not target.externals:
        # It was said in the messenger itself: nobody told us its id.
        return Why.NOT_SENT
    if act is Alteration.EDIT and message.content.attachments:
        return Why.HAS_FILES
    if len(target.externals) > 1:
        return Why.IN_PARTS
    last = datetime.max.replace(tzinfo=UTC)
    return message.sent_at + span if span < last - message.sent_at else last


def is_theirs(target: Target, operator: OperatorId | None, *, may_all: bool) -> bool:
    """Whether it is this operator's to alter: their own, or a supervisor's any."""
    return may_all or (operator is not None and target.message.operator == operator)


def why_barred(
    act: Alteration, *, is_stopped: bool, is_left: bool, is_shut_out: bool
) -> Why | None:
    """An edit is one more word to somebody who left, or whom operators blocked; taking a word
    back is none. `is_left`: they cannot be reached."""
    if act is Alteration.DELETE:
        return None
    if is_shut_out:
        return Why.BLOCKED_HERE
    if is_left:
        return Why.BLOCKED
    return Why.STOPPED if is_stopped else None


@dataclass(frozen=True, slots=True)
class Altered:
    """The messenger took it, or it was so already."""


@dataclass(frozen=True, slots=True)
class Unalterable:
    """The messenger says no, and trying again cannot work."""

    why: Why
    reason: str = ""
    """The messenger's own words."""


AlterOutcome: TypeAlias = (
    Altered | Unalterable | Unreachable | Throttled | Transient | Refused | Misconfigured | Unknown
)


@dataclass(frozen=True, slots=True)
class Done:
    """It shows from now on."""


@dataclass(frozen=True, slots=True)
class Again:
    """It is tried again then. `is_free`: the attempt does not count."""

    due_at: datetime
    is_free: bool = False
    account_paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """What was there stays, and operators read why."""

    why: Why
    reason: str = ""

    @property
    def error(self) -> str:
        return f"{self.why}: {self.reason}" if self.reason else str(self.why)


Settled: TypeAlias = Done | Again | Failed


def settle(outcome: AlterOutcome, attempts: int, now: datetime) -> Settled:
    """What an outcome makes of it. `attempts` counts the one that just ended.

    To do it twice is harmless, so what may have been done is simply done again.
    """
    match outcome:
        case Altered():
            return Done()
        case Unalterable(why, reason):
            return Failed(why, reason)
        case Unreachable(reason):
            return Failed(Why.BLOCKED, reason)
        case Refused(reason):
            return Failed(Why.REFUSED, reason)
        case Throttled(retry_after, only_address):
            at = now + retry_after
            return Again(at, is_free=True, account_paused_until=None if only_address else at)
        case Misconfigured():
            at = now + CONFIG_PAUSE
            return Again(at, is_free=True, account_paused_until=at)
        case Transient(reason):
            return _again_or(Failed(Why.REFUSED, reason), attempts, now)
        case Unknown(reason):
            return _again_or(Failed(Why.NO_ANSWER, reason), attempts, now)
        case _:
            assert_never(outcome)


def _again_or(end: Failed, attempts: int, now: datetime) -> Settled:
    return end if attempts >= MAX_ATTEMPTS else Again(now + delay(attempts))
