"""Where a bot's events go: its webhook, signed, with the platform's retries.

The REST docs: X-Viber-Content-Signature is the lower-case hex HMAC-SHA256 of the raw body with the
bot's token as key; whatever is not answered with 200 comes again several times within about an
hour. When exactly is not documented, nor how long an answer is waited for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Final

from sandbox.delivery import Accepted, Again, GivenUp, Post, Reply, Verdict
from sandbox.updates import Update, Updates
from sandbox.values import Json
from sandbox.viber.bot import Bot

DEADLINE_SECONDS: Final = 10
PAUSES: Final = (10, 60, 300, 900, 1800)

Welcome = Callable[[Bot, Json, bytes], Awaitable[None]]


def signed(bot: Bot, url: str, event: Json) -> Post:
    """The request that tells this address of an event."""
    body = json.dumps(event, ensure_ascii=False).encode()
    signature = hmac.new(bot.told.token.encode(), body, hashlib.sha256).hexdigest()
    return Post(url, body, {"X-Viber-Content-Signature": signature})


class WebhookOutlet:
    def __init__(self, bot: Bot, welcome: Welcome) -> None:
        self._bot = bot
        self._welcome = welcome

    @property
    def updates(self) -> Updates:
        return self._bot.updates

    @property
    def is_open(self) -> bool:
        return bool(self._bot.webhook.url)

    @property
    def most_at_once(self) -> int:
        # One by one in good weather, so that a test which wants disorder has to ask for it; an
        # event that waits for its retry holds nobody up.
        return 1

    def post(self, update: Update, failures: int) -> Post | None:
        return signed(self._bot, self._bot.webhook.url, update.body)

    def judge(self, update: Update, reply: Reply, failures: int) -> Verdict:
        if reply.status == 200:
            return Accepted()
        return Again(PAUSES[failures - 1]) if failures <= len(PAUSES) else GivenUp()

    async def accepted(self, update: Update, reply: Reply) -> None:
        if update.kind == "conversation_started":
            await self._welcome(self._bot, update.body, reply.body)
        self._bot.changed()
