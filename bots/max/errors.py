"""MAX's answers that are not what was asked for, and what each of them means for a send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from bots.transport import NoAnswer, NotSent
from core.altering import Altered, AlterOutcome, Unalterable, Why
from core.outcomes import (
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
    WindowClosed,
)

_LONGEST_WAIT = 86_400


@dataclass(eq=False)
class Refusal(Exception):
    """MAX's {"code": …, "message": …}. `http` is the HTTP status, `wait` seconds or None."""

    http: int
    code: str = ""
    message: str = ""
    wait: int | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.http), self.code, self.message)))


@dataclass(eq=False)
class Stranger(Exception):
    """An answer that is none of MAX's: somebody between us, or a wrong address, speaks."""

    http: int

    def __str__(self) -> str:
        return f"{self.http} without an answer of MAX"


Failure: TypeAlias = Refusal | Stranger | NotSent | NoAnswer
FAILURES: Final = (Refusal, Stranger, NotSent, NoAnswer)


def outcome_of(failure: Failure) -> Outcome:
    """What a failed send means; for reasons nothing of ours but MAX's own words is used."""
    match failure:
        case NotSent(reason):
            return Transient(reason)
        case NoAnswer(reason):
            return Unknown(reason)
        case Stranger(http):
            return _of_a_stranger(failure, http)
        case Refusal(http):
            if http >= 500:
                # It may come after the message was taken.
                return Unknown(str(failure))
            if http == 429 or failure.code == "too.many.requests":
                return Throttled(timedelta(seconds=min(max(failure.wait or 0, 1), _LONGEST_WAIT)))
            return _verdict(failure)(str(failure))


def of_altering(failure: Failure, *, is_deletion: bool) -> AlterOutcome:
    """What a failed edit or deletion means: a message's own errors first, else as for a send."""
    if isinstance(failure, Refusal) and failure.code == "not.found":
        return Altered() if is_deletion else Unalterable(Why.GONE, str(failure))
    outcome = outcome_of(failure)
    return Refused(str(failure)) if isinstance(outcome, Sent | WindowClosed) else outcome


def _left(reason: str) -> Outcome:
    return Unreachable(reason)


def _dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


Verdict: TypeAlias = Callable[[str], Outcome]
TABLE: Final[tuple[tuple[str, str, Verdict], ...]] = (
    ("", "error.dialog.suspended", _left),
    ("chat.denied", "", _left),
    ("chat.not.found", "", _dead),
    # The file is still being prepared: the usual delays of 2, 4, 8 … seconds are what it needs.
    ("attachment.not.ready", "", Transient),
    ("verify.token", "", Misconfigured),
)
"""MAX's code ("" for any) and a part of its message; the first row that fits decides.

What is bad about a message itself ("proto.payload", "not.found", a method that there is not)
needs no row.
"""


def _verdict(refusal: Refusal) -> Verdict:
    for code, part, verdict in TABLE:
        if code in ("", refusal.code) and part in refusal.message:
            return verdict
    return Misconfigured if refusal.http == 401 else Refused


def _of_a_stranger(failure: Stranger, http: int) -> Outcome:
    if http == 429:
        return Throttled(timedelta(seconds=1))
    if http >= 500:
        return Unknown(str(failure))
    # A firewall's page must never be taken for a person who left.
    return Misconfigured(f"{failure}: look at proxy and api_url")
