"""Looking after webhooks: some messengers let them lapse in silence."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bots.contract import Bot, SettingUp
from core.ids import AccountId
from server.config import Config
from server.values import secret_of
from storage.database import Database
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

_EVERY = 600.0
_FIRST = 60.0
"""Seconds until the first look: whoever starts a server sets its webhooks by hand just then."""
_LEASE = timedelta(minutes=15)


class Watcher:
    """One of all processes looks; `problems` is what it found last, by account."""

    def __init__(
        self,
        config: Config,
        bots: Mapping[AccountId, Bot],
        database: Database,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._bots = bots
        self._database = database
        self._owner = owner
        self._clock = clock
        self.problems: dict[AccountId, int] = {}

    async def run(self) -> None:
        await asyncio.sleep(_FIRST)
        while True:
            try:
                await self.look()
            except (Unavailable, Contended) as error:
                log.warning("webhooks are not watched", extra={"error": type(error).__name__})
            await asyncio.sleep(_EVERY)

    async def look(self) -> None:
        """Mend what can be mended, report the rest; nothing where another process looks."""
        now = self._clock()
        async with self._database.write() as tx:
            lease = await tx.leases.claim("webhooks", self._owner, now, now + _LEASE)
        if lease is None:
            self.problems = {}
            return
        for account in self._config.accounts:
            if account.receive == "webhook":
                url = f"{self._config.public_url.rstrip('/')}/webhooks/{account.id}"
                await self._look_after(AccountId(account.id), url, secret_of(account))

    async def _look_after(self, account: AccountId, url: str, secret: str) -> None:
        try:
            status = await self._bots[account].keep_webhook(url, secret)
            problems = status.problems
        except SettingUp as error:
            problems = (str(error),)
        except Exception:
            log.exception("a webhook cannot be watched", extra={"account": account})
            problems = ("cannot be watched",)
        self.problems[account] = len(problems)
        for problem in problems:
            log.warning("webhook needs a look", extra={"account": account, "problem": problem})
