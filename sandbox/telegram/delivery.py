"""Where a bot's updates go, with the platform's order and retries.

From the source of telegram-bot-api: one queue per chat for messages and one per user and kind for
all else; inside a queue the next update goes only after a 2xx for the one before; the first retry
is at once, then the pause doubles from 2 s up to a random 60-120 s; Retry-After is obeyed up to an
hour; an answer is waited for 60 s; 410 for 23 hours removes the webhook. A JSON answer with a
`method` is executed as a call whose result nobody sees.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable

from sandbox.delivery import Accepted, Again, Post, Reply, Verdict
from sandbox.telegram.bot import Bot, Webhook
from sandbox.updates import Update, Updates
from sandbox.values import Json

DEADLINE_SECONDS = 60
_LONGEST_RETRY_AFTER = 3600
_GONE_SECONDS = 23 * 3600

Execute = Callable[[Bot, Json], Awaitable[None]]


def pause_before(attempt: int, cap: float) -> float:
    """Seconds before the retry that follows failure number `attempt`: 0, 2, 4, 8 … `cap`."""
    return 0.0 if attempt <= 1 else min(cap, 2.0 ** (attempt - 1))


class TelegramOutlet:
    def __init__(self, bot: Bot, execute: Execute) -> None:
        self._bot = bot
        self._execute = execute

    @property
    def updates(self) -> Updates:
        return self._bot.updates

    @property
    def is_open(self) -> bool:
        return bool(self._bot.webhook.url)

    @property
    def most_at_once(self) -> int:
        return self._bot.webhook.max_connections

    def post(self, update: Update, failures: int) -> Post | None:
        webhook = self._bot.webhook
        headers = {}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        return Post(webhook.url, json.dumps(update.body).encode(), headers)

    def judge(self, update: Update, reply: Reply, failures: int) -> Verdict:
        if 200 <= reply.status < 300:
            return Accepted()
        self._note(reply)
        after = reply.headers.get("Retry-After", "")
        if after.isdecimal():
            return Again(min(int(after), _LONGEST_RETRY_AFTER))
        return Again(pause_before(failures, 60 + secrets.randbelow(61)))

    async def accepted(self, update: Update, reply: Reply) -> None:
        self._bot.trouble.gone_since = None
        self._bot.changed()
        if call := _call_in(reply.body):
            await self._execute(self._bot, call)

    def _note(self, reply: Reply) -> None:
        """Write a failure down; the last of many that say 410 removes the webhook."""
        trouble, now = self._bot.trouble, self._bot.now()
        trouble.at, trouble.message = now, reply.words
        if reply.status != 410:
            trouble.gone_since = None
            return
        if trouble.gone_since is None:
            trouble.gone_since = now
        if now - trouble.gone_since >= _GONE_SECONDS:
            self._bot.webhook = Webhook()
            self._bot.changed()


def _call_in(body: bytes) -> Json:
    try:
        reply = json.loads(body) if body.startswith(b"{") else None
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) and isinstance(reply.get("method"), str) else {}
