"""When a call is made again, and what an answer means."""

from typing import Any, TypeVar

import httpx
from tenacity import (
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from parley_client.calls import Call
from parley_client.errors import Refused, Unreachable

T = TypeVar("T")

_LATER = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 30.0
_waits = wait_random_exponential(multiplier=0.5, max=8)


class Later(Unreachable):
    """No answer, or one that says: not now. `wait` in seconds, where the server named it."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def options(url: str, key: str, timeout: float) -> dict[str, Any]:
    return {
        "base_url": url.rstrip("/"),
        "headers": {"Authorization": f"Bearer {key}"},
        "timeout": timeout,
        "follow_redirects": False,  # The key goes to nobody else.
    }


def patience(tries: int) -> dict[str, Any]:
    return {
        "retry": retry_if_exception_type(Later),
        "stop": stop_after_attempt(tries),
        "wait": _wait,
        "reraise": True,
    }


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, Later) else None
    return _waits(state) if asked is None else min(asked, _LONGEST_WAIT)


def read(call: Call[T], answer: httpx.Response) -> T:
    if answer.status_code in _LATER:
        asked = answer.headers.get("Retry-After", "")
        why = f"{answer.status_code} from {call.path}"
        raise Later(why, float(asked) if asked.isdecimal() else None)
    try:
        data = answer.json()
    except ValueError as error:
        # Not ours: a proxy's page, a wrong address.
        raise Refused(answer.status_code, "not_parley", "the answer is not JSON") from error
    if answer.is_success:
        return call.read(answer.status_code, data)
    told = data.get("error", {}) if isinstance(data, dict) else {}
    raise Refused(
        answer.status_code,
        str(told.get("code", "unknown")),
        str(told.get("message", "")),
        told.get("details") or (),
    )
