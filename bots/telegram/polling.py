"""Fetching updates from a machine that Telegram cannot call, with a webhook's guarantees."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from aiogram.methods import DeleteWebhook, GetUpdates, TelegramMethod

from bots.contract import Take
from bots.telegram.errors import FAILURES, Failure, Refusal, outcome_of
from bots.telegram.incoming import UPDATE_KINDS
from core.ids import AccountId
from core.outcomes import Misconfigured, Throttled

log = logging.getLogger(__name__)

Call: TypeAlias = Callable[[TelegramMethod[Any], float], Awaitable[Any]]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
_LONG_POLL: Final = 25
_LIMIT: Final = 100
_LONGEST_PAUSE: Final = 60.0


async def poll(call: Call, account: AccountId, take: Take, sleep: Sleep = asyncio.sleep) -> None:
    """Fetch, take, confirm, for ever. What `take` raises goes through: nothing is confirmed."""
    offset: int | None = None
    has_webhook = True
    failures = 0
    while True:
        try:
            if has_webhook:
                # getUpdates answers 409 while a webhook is set; what waits there stays.
                await call(DeleteWebhook(drop_pending_updates=False), 15.0)
                has_webhook = False
            updates = await call(_request(offset), _LONG_POLL + 10.0)
        except FAILURES as failure:
            failures += 1
            has_webhook |= isinstance(failure, Refusal) and failure.code == 409
            await sleep(_pause(failure, failures, account))
            continue
        failures = 0
        if isinstance(updates, list) and updates:
            await take([_body(update) for update in updates], "")
            offset = _next(updates, offset)


def _request(offset: int | None) -> GetUpdates:
    """`offset` tells Telegram that everything before it has been taken."""
    return GetUpdates(
        offset=offset, limit=_LIMIT, timeout=_LONG_POLL, allowed_updates=list(UPDATE_KINDS)
    )


def _body(update: Any) -> bytes:
    """The update as the webhook would have brought it; escapes keep lone surrogates harmless."""
    return json.dumps(update).encode()


def _next(updates: list[Any], offset: int | None) -> int | None:
    ids = [update.get("update_id") for update in updates if isinstance(update, dict)]
    return max((number + 1 for number in ids if type(number) is int), default=offset)


def _pause(failure: Failure, failures: int, account: AccountId) -> float:
    """Seconds to wait before the next try, doubling; says what is wrong."""
    pause = min(2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)
    about = {"account": account, "problem": str(failure)}
    if isinstance(failure, Refusal) and failure.code == 409:
        log.error(
            "another program polls this bot, or a webhook was set: stop it, or use receive=webhook",
            extra=about,
        )
        return pause
    match outcome_of(failure):
        case Throttled(retry_after):
            return retry_after.total_seconds()
        case Misconfigured():
            log.error("Telegram does not let this bot in: look at its token", extra=about)
            return _LONGEST_PAUSE
        case _:
            log.warning("no updates from Telegram, trying again", extra=about)
            return pause
