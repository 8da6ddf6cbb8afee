"""Viber's answers that are not "ok", and what each of them means for a send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from bots.transport import NoAnswer, NotSent
from core.outcomes import (
    Misconfigured,
    Outcome,
    Refused,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
)

_PAUSE = timedelta(minutes=1)
"""Viber tells no time to wait. About 100 messages an hour may go to one who does not answer."""


@dataclass(eq=False)
class Refusal(Exception):
    """Viber's {"status": not 0}; the HTTP status is 200 all the same."""

    status: int
    message: str = ""

    def __str__(self) -> str:
        name = TABLE[self.status][0] if self.status in TABLE else "general error"
        return f"{self.status} {self.message or name}"


@dataclass(eq=False)
class Stranger(Exception):
    """An HTTP status that is none of Viber's: somebody between us, or a wrong address."""

    code: int

    def __str__(self) -> str:
        return f"{self.code} without an answer of Viber"


Failure: TypeAlias = Refusal | Stranger | NotSent | NoAnswer
FAILURES: Final = (Refusal, Stranger, NotSent, NoAnswer)


def outcome_of(failure: Failure) -> Outcome:
    """What a failed send means; for reasons nothing of ours but Viber's own words is used."""
    match failure:
        case NotSent(reason):
            return Transient(reason)
        case NoAnswer(reason):
            return Unknown(reason)
        case Stranger(code):
            return _of_a_stranger(failure, code)
        case Refusal(status):
            # What has no row is a "general error": Viber says itself that it did not take it.
            verdict = TABLE[status][1] if status in TABLE else Transient
            return verdict(str(failure))


def _of_a_stranger(failure: Stranger, code: int) -> Outcome:
    if code == 429:
        return Throttled(timedelta(seconds=1))
    if code >= 500:
        return Unknown(str(failure))
    # A firewall's page must never be taken for a person who left.
    return Misconfigured(f"{failure}: look at proxy and api_url")


def _too_much(_: str) -> Outcome:
    return Throttled(_PAUSE, only_address=True)


def _left(reason: str) -> Outcome:
    return Unreachable(reason)


def _dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


Verdict: TypeAlias = Callable[[str], Outcome]
TABLE: Final[dict[int, tuple[str, Verdict]]] = {
    1: ("invalidUrl", Misconfigured),
    2: ("invalidAuthToken", Misconfigured),
    3: ("badData", Refused),
    4: ("missingData", Refused),
    5: ("receiverNotRegistered", _dead),
    6: ("receiverNotSubscribed", _left),
    7: ("publicAccountBlocked", Misconfigured),
    8: ("publicAccountNotFound", Misconfigured),
    9: ("publicAccountSuspended", Misconfigured),
    10: ("webhookNotSet", Misconfigured),
    # About the device of today and this kind of message: the person has not left.
    11: ("receiverNoSuitableDevice", Refused),
    12: ("tooManyRequests", _too_much),
    13: ("apiVersionNotSupported", Refused),
    14: ("incompatibleWithVersion", Refused),
    15: ("publicAccountNotAuthorized", Misconfigured),
    16: ("inchatReplyMessageNotAllowed", Refused),
    17: ("publicAccountIsNotInline", Refused),
    18: ("noPublicChat", Misconfigured),
    19: ("cannotSendBroadcast", Misconfigured),
    20: ("broadcastNotAllowed", Misconfigured),
    21: ("unsupportedCountry", _dead),
    22: ("paymentUnsupported", Refused),
    # Money: the queue waits until the account may send again.
    23: ("freeMessagesExceeded", Misconfigured),
    24: ("noBalance", Misconfigured),
}
"""Viber's status → its name, and what it means (Viber REST documentation, "Error codes")."""
