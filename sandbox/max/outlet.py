"""Where a bot's events go: each of its webhooks, with the platform's retries.

The docs: HTTP 200 within 30 s; up to 10 retries, the first after 60 s, each pause 2.5 times the one
before; 8 hours without a success end the subscription in silence. The proof is a header; bodies are
not signed.
"""

from __future__ import annotations

import json
from typing import Final

from sandbox.delivery import Accepted, Again, GivenUp, Post, Reply, Verdict
from sandbox.max.bot import Bot
from sandbox.max.subscriptions import Subscription
from sandbox.updates import Update, Updates

DEADLINE_SECONDS: Final = 30
MOST_RETRIES: Final = 10
_FIRST_PAUSE: Final = 60
_GROWTH: Final = 2.5


class WebhookOutlet:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    @property
    def updates(self) -> Updates:
        return self._bot.updates

    @property
    def is_open(self) -> bool:
        return bool(self._bot.subscriptions)

    @property
    def most_at_once(self) -> int:
        # One by one in good weather, so that a test which wants disorder has to ask for it; an
        # event that waits for its retry holds nobody up.
        return 1

    def post(self, update: Update, failures: int) -> Post | None:
        hook = self._hook(update)
        if hook is None:
            return None
        headers = {"X-Max-Bot-Api-Secret": hook.secret} if hook.secret else {}
        return Post(hook.url, json.dumps(update.body, ensure_ascii=False).encode(), headers)

    def judge(self, update: Update, reply: Reply, failures: int) -> Verdict:
        hook = self._hook(update)
        if hook is None:
            return GivenUp()
        self._bot.subscriptions.judged(hook.url, failed=reply.status != 200)
        if reply.status == 200:
            return Accepted()
        if failures > MOST_RETRIES or self._hook(update) is None:
            return GivenUp()
        return Again(_FIRST_PAUSE * _GROWTH ** (failures - 1))

    async def accepted(self, update: Update, reply: Reply) -> None:
        self._bot.changed()

    def _hook(self, update: Update) -> Subscription | None:
        """The webhook an event is for; what came before there was any goes to the first."""
        hooks = self._bot.subscriptions
        return hooks.get(update.to) if update.to else next(iter(hooks), None)
