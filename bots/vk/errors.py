"""VK's refusals, and what each of them means for a send."""

import re
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


@dataclass(eq=False)
class Refusal(Exception):
    """VK's {"error": …}: inside HTTP 200, inside a list of receivers, inside an `execute`.

    `is_vk` is False for an answer that is no JSON of VK's API (`code` is then the HTTP status):
    somebody between us, or a wrong address, speaks.
    """

    code: int
    description: str = ""
    is_vk: bool = True

    def __str__(self) -> str:
        return f"{self.code} {self.description}".rstrip()


Failure: TypeAlias = Refusal | NotSent | NoAnswer
FAILURES: Final = (Refusal, NotSent, NoAnswer)


def outcome_of(failure: Failure) -> Outcome:
    """What a failed send means; for reasons nothing of ours but VK's own words is used."""
    match failure:
        case NotSent(reason):
            return Transient(reason)
        case NoAnswer(reason):
            return Unknown(reason)
        case Refusal(code, _, is_vk):
            return _verdict(failure)(str(failure)) if is_vk else _of_a_stranger(code)


_NOT_FOUND: Final = 104
_TOO_OLD: Final = (909, 924)
_NO_SUCH_KIND: Final = 920


def of_altering(failure: Failure, *, is_deletion: bool) -> AlterOutcome:
    """What a failed edit or deletion means: a message's own errors first, else as for a send."""
    if isinstance(failure, Refusal) and failure.is_vk:
        if failure.code == _NOT_FOUND:
            return Altered() if is_deletion else Unalterable(Why.GONE, str(failure))
        if failure.code in _TOO_OLD:
            return Unalterable(Why.TOO_OLD, str(failure))
        if failure.code == _NO_SUCH_KIND:
            return Unalterable(Why.UNABLE, str(failure))
    outcome = outcome_of(failure)
    return Refused(str(failure)) if isinstance(outcome, Sent | WindowClosed) else outcome


def _blocked(reason: str) -> Outcome:
    return Unreachable(reason)


def _dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


def _pause(seconds: int) -> "Verdict":
    return lambda _: Throttled(timedelta(seconds=seconds))


def _put_off(seconds: int) -> "Verdict":
    return lambda _: Throttled(timedelta(seconds=seconds), only_address=True)


Verdict: TypeAlias = Callable[[str], Outcome]
TABLE: Final[tuple[tuple[tuple[int, ...], Verdict], ...]] = (
    # What happened inside VK is not told: the message may have left. random_id makes the
    # repetition harmless.
    ((1, 10, 36), Unknown),
    ((22, 43), Transient),
    # Application off, method, signature, auth, permissions, version, access, keys, IP address …
    ((2, 3, 4, 5, 7, 8, 11, 15, 16, 17, 20, 23, 27, 28, 34, 42, 101, 203, 912), Misconfigured),
    # A captcha is a question to a person: somebody must look.
    ((14,), Misconfigured),
    ((6,), _pause(1)),
    ((32,), _pause(60)),
    ((29,), _pause(3600)),
    # Too many messages to one person, about a thousand an hour; nobody else has to wait.
    ((9,), _put_off(900)),
    # Black list, no permission, privacy; a request to write that is needed, sent or unanswered;
    # a paid chat without a subscription.
    ((900, 901, 902, 939, 962, 987, 988), _blocked),
    # Nobody is behind the address, or it is a conversation of several people.
    ((18, 37, 39, 113, 932, 936, 985), _dead),
    ((917, 922, 925, 927, 935, 945, 946, 1012), _dead),
    ((950,), WindowClosed),
    # The message is bad: parameters, length, keyboard, forwards, intents; edited too late.
    ((12, 13, 100, 104, 909, 910, 911, 913, 914, 920, 921, 924), Refused),
    ((940, 943, 944, 949, 969), Refused),
)
"""Codes of VK's schema 5.199. What has no row fails this one message and nothing else."""
_VERDICTS: Final = {code: verdict for codes, verdict in TABLE for code in codes}
_BAD_PARAMETER = 100
_ONE_PERSON = re.compile(r"\b(user_id|peer_id)\b")
_RECEIVERS = re.compile(r"\bpeer_ids\b")


def is_about_receivers(failure: Failure) -> bool:
    """VK refuses the list of receivers, and not what is sent to them."""
    return (
        isinstance(failure, Refusal)
        and failure.is_vk
        and failure.code == _BAD_PARAMETER
        and _RECEIVERS.search(failure.description) is not None
    )


def _verdict(refusal: Refusal) -> Verdict:
    if refusal.code == _BAD_PARAMETER and _ONE_PERSON.search(refusal.description):
        return _dead
    return _VERDICTS.get(refusal.code, Refused)


def _of_a_stranger(status: int) -> Outcome:
    if status == 429:
        return Throttled(timedelta(seconds=1))
    if status == 413:
        return Refused("413 too large for somebody between us and VK")
    if 300 <= status < 500:
        # A firewall's page must never be taken for a refusal of this person's.
        return Misconfigured(f"{status} without an answer of VK: look at proxy and api_url")
    return Unknown(f"{status} without an answer of VK")
