"""Fetching updates from a machine that MAX cannot call, with a webhook's guarantees."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from bots.contract import Take
from bots.fields import Fields
from bots.max.api import Api
from bots.max.errors import FAILURES, Failure, outcome_of
from bots.max.incoming import EVENT_KINDS
from bots.max.setting_up import drop_webhooks
from core.ids import AccountId
from core.outcomes import Misconfigured, Refused, Throttled

log = logging.getLogger(__name__)

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
_LONG_POLL: Final = 25
_LIMIT: Final = 100
_LONGEST_PAUSE: Final = 60.0


async def poll(
    api: Api, account: AccountId, place: str, take: Take, sleep: Sleep = asyncio.sleep
) -> None:
    """Fetch, take, confirm, for ever. What `take` raises goes through: nothing is confirmed.

    `place` is MAX's marker: everything before it has been taken.
    """
    marker = int(place) if place else None
    has_webhook = True
    failures = 0
    while True:
        try:
            if has_webhook:
                # While a webhook is set, nothing comes this way.
                await drop_webhooks(api)
                has_webhook = False
            answer = await _updates(api, marker)
        except FAILURES as failure:
            failures += 1
            if marker is not None and isinstance(outcome_of(failure), Refused):
                # It may be another bot's, or older than all that MAX keeps.
                log.warning("MAX refuses the place: events may be lost", extra={"account": account})
                marker = None
            await sleep(_pause(failure, failures, account))
            continue
        failures = 0
        updates = answer.get("updates")
        bodies = [_body(update) for update in updates] if isinstance(updates, list) else []
        told = _next(answer, marker)
        if bodies or told != marker:
            await take(bodies, "" if told is None else str(told))
        marker = told


async def _updates(api: Api, marker: int | None) -> Fields:
    """`marker` tells MAX that everything before it has been taken."""
    query: dict[str, str | int] = {
        "limit": _LIMIT,
        "timeout": _LONG_POLL,
        "types": ",".join(EVENT_KINDS),
    }
    if marker is not None:
        query["marker"] = marker
    return await api.call("GET", "/updates", query=query, seconds=_LONG_POLL + 10.0)


def _body(update: Any) -> bytes:
    """The update as the webhook would have brought it; escapes keep lone surrogates harmless."""
    return json.dumps(update).encode()


def _next(answer: Fields, marker: int | None) -> int | None:
    told = answer.get("marker")
    return told if type(told) is int else marker


def _pause(failure: Failure, failures: int, account: AccountId) -> float:
    """Seconds to wait before the next try, doubling; says what is wrong."""
    about = {"account": account, "problem": str(failure)}
    match outcome_of(failure):
        case Throttled(retry_after):
            return retry_after.total_seconds()
        case Misconfigured():
            log.error("MAX does not let this bot in: look at its token", extra=about)
            return _LONGEST_PAUSE
        case _:
            log.warning("no updates from MAX, trying again", extra=about)
            return min(2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)
