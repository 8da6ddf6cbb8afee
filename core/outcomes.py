"""What can come of one send, and the one reaction to each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from core.messages import MessageClass, Status

MAX_ATTEMPTS = 6
"""Of a send that fails for a passing reason: with the delays below about ten minutes."""
_FIRST_DELAY = timedelta(seconds=2)
_LONGEST_DELAY = timedelta(minutes=5)
CONFIG_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """`refs`: what the platform named the files that went with the message, by our own ref."""

    external_id: str
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The person blocked us, or (`is_dead`) there is nobody behind the address."""

    reason: str
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class WindowClosed:
    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too fast. The attempt does not count, and the whole account waits.

    `only_address`: too much to this one person; everybody else's messages go on.
    """

    retry_after: timedelta
    only_address: bool = False


@dataclass(frozen=True, slots=True)
class Transient:
    """The platform is unwell and surely did not take the message."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This message is bad; sending it again as it is cannot work."""

    reason: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The token or the account is bad: the whole account pauses, its queue is kept."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left and no answer came: the message may have arrived."""

    reason: str


Outcome: TypeAlias = (
    Sent | Unreachable | WindowClosed | Throttled | Transient | Refused | Misconfigured | Unknown
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What becomes of the send: its status, when to try again (QUEUED only), what to pause.

    `error` begins with "blocked: " or "gone: " where nobody can be reached, followed by the
    messenger's own words.
    """

    status: Status
    error: str = ""
    due_at: datetime | None = None
    account_paused_until: datetime | None = None
    external_id: str = ""
    address_is_gone: bool = False
    address_is_dead: bool = False


def react(
    outcome: Outcome, cls: MessageClass, attempts: int, now: datetime, *, is_idempotent: bool
) -> Reaction:
    """The reaction to an outcome. `attempts` counts the one that just ended."""
    match outcome:
        case Sent(external_id, _):
            return Reaction(Status.SENT, external_id=external_id)
        case Unreachable(_, is_dead):
            error = refusal_of(outcome)
            return Reaction(Status.FAILED, error, address_is_gone=True, address_is_dead=is_dead)
        case WindowClosed(reason):
            return Reaction(Status.SUPPRESSED, reason)
        case Refused(reason):
            return Reaction(Status.FAILED, reason)
        case Throttled(retry_after, only_address):
            until = now + retry_after
            paused_until = None if only_address else until
            return Reaction(
                Status.QUEUED, "throttled", due_at=until, account_paused_until=paused_until
            )
        case Misconfigured(reason):
            until = now + CONFIG_PAUSE
            return Reaction(Status.QUEUED, reason, due_at=until, account_paused_until=until)
        case Transient(reason):
            return _again_or(Status.FAILED, reason, attempts, MAX_ATTEMPTS, now)
        case Unknown(reason):
            return _again_or(
                Status.UNKNOWN, reason, attempts, _unknown_attempts(cls, is_idempotent), now
            )
        case _:
            assert_never(outcome)


def refusal_of(outcome: Unreachable) -> str:
    """The code is ours and stable: each messenger has other words for the same."""
    return f"{'gone' if outcome.is_dead else 'blocked'}: {outcome.reason}"


def delay(attempts: int) -> timedelta:
    """How long to wait after that many failed attempts: doubling from 2 s up to 5 minutes."""
    doublings = max(0, min(attempts, 20) - 1)
    return min(_FIRST_DELAY * float(2**doublings), _LONGEST_DELAY)


def _unknown_attempts(cls: MessageClass, is_idempotent: bool) -> int:
    if is_idempotent:
        return MAX_ATTEMPTS
    # A second order notice is a nuisance, a lost one is a loss; a second advertisement is a wrong.
    return 1 if cls is MessageClass.MARKETING else 2


def _again_or(end: Status, reason: str, attempts: int, allowed: int, now: datetime) -> Reaction:
    if attempts >= allowed:
        return Reaction(end, reason)
    return Reaction(Status.QUEUED, reason, due_at=now + delay(attempts))
