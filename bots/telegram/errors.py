"""Telegram's answers that are not "ok", and what each of them means for a send."""

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

_LONGEST_WAIT = 86_400
_SECONDS = re.compile(r"retry after (\d{1,6})", re.IGNORECASE)


@dataclass(eq=False)
class Refusal(Exception):
    """Telegram's {"ok": false}. `retry_after` is in seconds, None where it tells none.

    `code` is the HTTP status. `is_telegram` is False for an answer that is no JSON of the Bot
    API: somebody between us, or a wrong address, speaks.
    """

    code: int
    description: str = ""
    retry_after: int | None = None
    is_telegram: bool = True

    def __str__(self) -> str:
        return f"{self.code} {self.description}".rstrip()


Failure: TypeAlias = Refusal | NotSent | NoAnswer
FAILURES: Final = (Refusal, NotSent, NoAnswer)


def outcome_of(failure: Failure) -> Outcome:
    """What a failed send means; for reasons nothing of ours but Telegram's own words is used."""
    match failure:
        case NotSent(reason):
            return Transient(reason)
        case NoAnswer(reason):
            return Unknown(reason)
        case Refusal(code, _, _, is_telegram):
            if not is_telegram:
                return _of_a_stranger(code)
            if code == 429:
                return Throttled(_wait(failure))
            return _verdict(failure)(str(failure))


_ALTERED: Final = "message is not modified"
_GONE: Final = ("message to edit not found", "message_id_invalid")
_NOT_THERE: Final = ("message to delete not found",)
_TOO_OLD: Final = ("message can't be edited", "message can't be deleted")


def of_altering(failure: Failure) -> AlterOutcome:
    """What a failed edit or deletion means: a message's own errors first, else as for a send."""
    if isinstance(failure, Refusal) and failure.is_telegram and failure.code == 400:
        description = failure.description.lower()
        if any(part in description for part in (_ALTERED, *_NOT_THERE)):
            return Altered()
        if any(part in description for part in _GONE):
            return Unalterable(Why.GONE, str(failure))
        if any(part in description for part in _TOO_OLD):
            return Unalterable(Why.TOO_OLD, str(failure))
    outcome = outcome_of(failure)
    return Refused(str(failure)) if isinstance(outcome, Sent | WindowClosed) else outcome


def _blocked(reason: str) -> Outcome:
    return Unreachable(reason)


def _dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


def _done(_: str) -> Outcome:
    return Sent("")


Verdict: TypeAlias = Callable[[str], Outcome]
TABLE: Final[tuple[tuple[int, str, Verdict], ...]] = (
    (403, "bot was blocked by the user", _blocked),
    (403, "user is deactivated", _dead),
    (403, "bot can't initiate conversation with a user", _blocked),
    (403, "bot can't send messages to bots", _dead),
    (403, "bot was kicked from", _blocked),
    (403, "bot is not a member of", _blocked),
    (403, "group chat was deleted", _dead),
    (400, "chat not found", _dead),
    (400, "peer_id_invalid", _dead),
    (400, "user not found", _dead),
    (400, "user_id_invalid", _dead),
    # Only private chats are addresses of ours; a group that moved is nobody's.
    (400, "group chat was upgraded to a supergroup chat", _dead),
    (400, "not enough rights to send", _blocked),
    (400, "chat_write_forbidden", _blocked),
    (400, "message is not modified", _done),
    (400, "", Refused),
    (401, "", Misconfigured),
    # "Not Found" says that there is no such bot: the token is malformed or mistyped.
    (404, "", Misconfigured),
    (409, "", Misconfigured),
    (413, "", Refused),
    # A prohibition that we do not know is still one: it is about this person.
    (403, "", _blocked),
)
"""HTTP status and a part of the description in lower case; the first row that fits decides.

From the source of telegram-bot-api, May 2026. What is bad about a message itself ("can't parse
entities", "Text is too long", "wrong file_id …", "VOICE_MESSAGES_FORBIDDEN") needs no row.
"""


def _verdict(refusal: Refusal) -> Verdict:
    description = refusal.description.lower()
    for code, part, verdict in TABLE:
        if code == refusal.code and part in description:
            return verdict
    # 5xx may come after the message was taken; other 4xx say that it was not.
    return Refused if 400 <= refusal.code < 500 else Unknown


def _of_a_stranger(code: int) -> Outcome:
    if code == 429:
        return Throttled(timedelta(seconds=1))
    if 400 <= code < 500:
        # A firewall's 403 page must never be taken for "blocked by the user".
        return Misconfigured(f"{code} without an answer of Telegram: look at proxy and api_url")
    return Unknown(f"{code} without an answer of Telegram")


def _wait(refusal: Refusal) -> timedelta:
    """How long: Telegram's number, also where it stands only in the text; 1 s without one."""
    seconds = refusal.retry_after
    if not seconds and (found := _SECONDS.search(refusal.description)):
        seconds = int(found[1])
    return timedelta(seconds=min(max(seconds or 0, 1), _LONGEST_WAIT))
