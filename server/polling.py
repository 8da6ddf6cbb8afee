"""Fetching events of accounts that messengers cannot call, with a webhook's guarantees."""

import asyncio
import logging
from collections.abc import Sequence

from bots.contract import Bot
from core.ids import AccountId
from dialogues.intake import Overloaded
from server.config import Config
from storage.database import Database
from storage.errors import Contended, Unavailable
from webhooks.routes import Webhooks

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0


def polled(config: Config) -> list[AccountId]:
    """Accounts whose events we fetch ourselves."""
    return [AccountId(one.id) for one in config.accounts if one.receive == "polling"]


async def poll(account: AccountId, bot: Bot, webhooks: Webhooks, database: Database) -> None:
    """Fetch for ever, each time from where this account's events were last taken."""
    delay = 1.0

    async def take(bodies: Sequence[bytes], place: str) -> None:
        nonlocal delay
        async with asyncio.TaskGroup() as group:
            for body in bodies:
                group.create_task(webhooks.take(account, body))
        if place:
            # Only now: whoever ends between the two fetches the same again, as redeliveries.
            async with database.write() as tx:
                await tx.places.keep(account, place)
        delay = 1.0

    while True:
        try:
            async with database.read() as tx:
                place = await tx.places.find(account)
            await bot.poll(take, place)
        except* (Overloaded, Unavailable, Contended) as errors:
            log.warning(
                "polling waits", extra={"account": account, "errors": len(errors.exceptions)}
            )
        except* Exception:
            log.exception("polling failed", extra={"account": account})
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST_PAUSE)
