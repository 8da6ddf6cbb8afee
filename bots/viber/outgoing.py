"""Everything that one Viber account of ours asks of the REST API."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from bots.contract import Bot, BotSettings, Identity, Part, SettingUp, WebhookStatus
from bots.fields import Fields, WrongType, hint, rows
from bots.viber import setting_up
from bots.viber.api import Api, TooLarge
from bots.viber.errors import FAILURES, Refusal, outcome_of
from bots.viber.limits import LIMITS
from bots.viber.requests import Unsendable, fields_of
from bots.viber.tokens import token_of
from core.ids import UserId
from core.outcomes import Outcome, Refused, Sent, Throttled, Unreachable

SEND_SECONDS: Final = 15.0
_TOKEN = re.compile(r"[!-~]{1,1000}")
"""What may stand in a header."""
_MOST_NAME = 28
_BROADCAST_PAUSE = timedelta(seconds=10)
"""Viber counts broadcasts in 10 seconds."""


class ViberBot(Bot):
    """One account: translates and nothing else. It never tries again: the outbox decides."""

    def __init__(self, settings: BotSettings) -> None:
        if not _TOKEN.fullmatch(settings.token):
            raise SettingUp("a Viber token looks like 4453b6…-…: partners.viber.com shows it")
        self._api = Api(settings)
        self._sender = {"name": (settings.name or settings.username)[:_MOST_NAME]}
        if settings.avatar:
            self._sender["avatar"] = settings.avatar

    async def send(self, user: UserId, part: Part) -> Outcome:
        """Send one message. Viber has no idempotency: `random_id` is not used."""
        answer = await self._call("send_message", part, {"receiver": user})
        return answer if isinstance(answer, Outcome) else _sent(answer)

    async def send_together(self, sends: Sequence[tuple[UserId, Part]]) -> Sequence[Outcome]:
        """One message to at most 300 people in one request, and what came of it for each."""
        if len(sends) < 2 or any(part != sends[0][1] for _, part in sends):
            return await super().send_together(sends)
        users = [user for user, _ in sends]
        answer = await self._call("broadcast_message", sends[0][1], {"broadcast_list": users})
        if answer is _TOO_LARGE:
            # The ids alone take 8 KB of the 30.
            half = len(sends) // 2
            first = await self.send_together(sends[:half])
            return [*first, *await self.send_together(sends[half:])]
        if isinstance(answer, Outcome):
            return [_of_all(answer)] * len(sends)
        failed = _failed(answer)
        return [failed.get(user) or _sent(answer) for user in users]

    async def _call(self, name: str, part: Part, receivers: dict[str, Any]) -> Fields | Outcome:
        """Viber's answer where it took the message, else what the failure means."""
        try:
            fields = {**fields_of(part.content), "sender": self._sender, **receivers}
            return await self._api.call(name, fields, SEND_SECONDS)
        except Unsendable as error:
            return Refused(f"not sendable by Viber: {error}")
        except UnicodeEncodeError:
            # Its text would quote the message.
            return Refused("not sendable by Viber: half of a sign")
        except TooLarge:
            return _TOO_LARGE
        except FAILURES as failure:
            return outcome_of(failure)

    async def identify(self) -> Identity:
        """Who the token belongs to. Raises SettingUp."""
        return await setting_up.identify(self._api)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let Viber call `url`, which it tries at once. `secret` is the token. Raises SettingUp."""
        await setting_up.set_webhook(self._api, url)

    async def webhook_status(self, expected_url: str) -> WebhookStatus:
        """Raises SettingUp."""
        return await setting_up.webhook_status(self._api, expected_url)

    async def close(self) -> None:
        await self._api.close()


def make(settings: BotSettings) -> Bot:
    """A bot for this account; no connection is made yet. Raises SettingUp for a bad token."""
    return ViberBot(settings)


_TOO_LARGE: Final = Refused("not sendable by Viber: larger than the 30 KB that it takes")


def _sent(answer: Fields) -> Outcome:
    """Sent, with an id of "" where Viber said ok and no token can be read."""
    try:
        return Sent(token_of(answer))
    except WrongType:
        return Sent("")


def _failed(answer: Fields) -> dict[str, Outcome]:
    """What Viber says about those whom a broadcast did not reach."""
    return {
        hint(row, "receiver", 64): outcome_of(_refusal(row))
        for row in rows(answer, "failed_list", LIMITS.receivers_per_request)
    }


def _refusal(row: Fields) -> Refusal:
    status = row.get("status")
    return Refusal(status if type(status) is int else -1, hint(row, "status_message", 200))


def _of_all(outcome: Outcome) -> Outcome:
    """A failure of the whole broadcast never says anything about each of its people."""
    match outcome:
        case Unreachable(reason):
            return Refused(reason)
        case Throttled(only_address=True):
            return Throttled(_BROADCAST_PAUSE)
        case _:
            return outcome
