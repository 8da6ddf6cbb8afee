"""Delivery of updates to a bot's webhook, with the platform's order and retries.

From the source of telegram-bot-api: one queue per chat for messages and one per user and kind for
all else; inside a queue the next update goes only after a 2xx for the one before; the first retry
is at once, then the pause doubles from 2 s up to a random 60-120 s; Retry-After is obeyed up to an
hour; an answer is waited for 60 s; 410 for 23 hours removes the webhook. A JSON answer with a
`method` is executed as a call whose result nobody sees.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from sandbox.telegram.bot import Bot, Webhook
from sandbox.telegram.updates import Update
from sandbox.values import Json

DEADLINE_SECONDS = 60
_LONGEST_RETRY_AFTER = 3600
_GONE_SECONDS = 23 * 3600
_MOST_REPLY = 64 * 1024
_log = logging.getLogger("sandbox.delivery")


Execute = Callable[[Bot, Json], Awaitable[None]]


async def _ignore(bot: Bot, reply: Json) -> None:
    """What becomes of a reply where nobody executes it: nothing."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """`reply` is a call of a method that rode in the answer; {} for none."""

    status: int
    reply: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """`status` 0 means that no answer came; `retry_after` in seconds, None when not given."""

    words: str
    status: int = 0
    retry_after: int | None = None


def pause_before(attempt: int, cap: float) -> float:
    """Seconds before the retry that follows failure number `attempt`: 0, 2, 4, 8 … `cap`."""
    return 0.0 if attempt <= 1 else min(cap, 2.0 ** (attempt - 1))


class Delivery:
    """Runs for one bot; `run` ends only by cancellation. `cap` gives the longest pause anew."""

    def __init__(
        self,
        bot: Bot,
        http: aiohttp.ClientSession,
        *,
        execute: Execute = _ignore,
        cap: Callable[[], float] = lambda: 60 + secrets.randbelow(61),
    ) -> None:
        self._http = http
        self._execute = execute
        self._cap = cap
        self._wake = asyncio.Event()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self.paused = False
        self.serve(bot)

    def serve(self, bot: Bot) -> None:
        """Deliver this bot's updates from now on, and no other's."""
        self._bot = bot
        bot.on_update = self._wake.set
        bot.on_webhook = self.restart
        self.restart()

    async def run(self) -> None:
        self._wake.set()
        async with asyncio.TaskGroup() as workers:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self.paused or not self._bot.webhook.url:
                    continue
                for queue in self._bot.updates.queues:
                    if queue not in self._workers:
                        task = workers.create_task(self._drain(queue), name=f"webhook {queue}")
                        self._workers[queue] = task

    def restart(self) -> None:
        """Begin anew with the bot's present webhook: pauses of the old one end."""
        for task in self._workers.values():
            task.cancel()
        self._workers.clear()
        self._free = asyncio.Semaphore(self._bot.webhook.max_connections)
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Hold updates back, or let them go again; what is on its way arrives."""
        self.paused = paused
        self._wake.set()

    async def post(self, update: Update) -> Accepted | Refused:
        """Post one update now, outside of its queue. A 2xx takes it off the pending ones."""
        answer = await self._post(self._bot.webhook, update)
        if isinstance(answer, Accepted):
            await self._accepted(update, answer)
        return answer

    async def _drain(self, queue: str) -> None:
        bot, free, failures = self._bot, self._free, 0
        try:
            while not self.paused:
                update = bot.updates.head(queue, bot.now())
                if update is None:
                    return
                async with free:
                    answer = await self._post(bot.webhook, update)
                match answer:
                    case Accepted():
                        failures = 0
                        await self._accepted(update, answer)
                    case Refused():
                        failures += 1
                        if self._note(answer):
                            return
                        await bot.settings.sleep(self._pause(answer, failures))
        except Exception:
            _log.exception("delivery failed", extra={"queue": queue})
            await bot.settings.sleep(1)
        finally:
            if self._workers.get(queue) is asyncio.current_task():
                del self._workers[queue]
                # An update may have come between the last look and now.
                self._wake.set()

    async def _accepted(self, update: Update, answer: Accepted) -> None:
        self._bot.updates.delivered(update)
        self._bot.trouble.gone_since = None
        self._bot.changed()
        if answer.reply:
            await self._execute(self._bot, answer.reply)

    def _pause(self, answer: Refused, failures: int) -> float:
        if answer.retry_after is not None:
            return min(answer.retry_after, _LONGEST_RETRY_AFTER)
        return pause_before(failures, self._cap())

    def _note(self, answer: Refused) -> bool:
        """Write down a failure; True when it was the one that removes the webhook."""
        trouble, now = self._bot.trouble, self._bot.now()
        trouble.at, trouble.message = now, answer.words
        if answer.status != 410:
            trouble.gone_since = None
            return False
        if trouble.gone_since is None:
            trouble.gone_since = now
        if now - trouble.gone_since < _GONE_SECONDS:
            return False
        self._bot.webhook = Webhook()
        self._bot.changed()
        return True

    async def _post(self, webhook: Webhook, update: Update) -> Accepted | Refused:
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        try:
            async with self._http.post(
                webhook.url,
                data=json.dumps(update.body),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS),
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body += chunk[: _MOST_REPLY - len(body)]
                if 200 <= response.status < 300:
                    return Accepted(response.status, _reply(bytes(body)))
                after = response.headers.get("Retry-After", "")
                return Refused(
                    f"Wrong response from the webhook: {response.status} {response.reason}",
                    status=response.status,
                    retry_after=int(after) if after.isdecimal() else None,
                )
        except TimeoutError:
            return Refused("Read timeout expired")
        except aiohttp.ClientConnectorError:
            return Refused("Connection refused")
        except aiohttp.ClientError:
            return Refused("Connection closed unexpectedly")


def _reply(body: bytes) -> Json:
    try:
        reply = json.loads(body) if body.startswith(b"{") else None
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) and isinstance(reply.get("method"), str) else {}
