"""Calls of the Viber REST API: one JSON out, one JSON back."""

import json
from typing import Any, Final

from bots.contract import BotSettings
from bots.fields import Fields, hint, object_of
from bots.transport import NoAnswer, ProxyRefused, Transport
from bots.viber.errors import Refusal, Stranger

BASE: Final = "https://chatapi.viber.com"
MOST_BYTES: Final = 30 * 1024
"""Of the whole JSON of a message."""


class TooLarge(Exception):
    """The request is larger than Viber takes; nothing has left."""


class Api:
    """The API as one account uses it."""

    def __init__(self, settings: BotSettings) -> None:
        """Raises SettingUp for a bad proxy."""
        self._transport = Transport(settings.proxy, settings.ca_bundle)
        # The libraries' own constant ends in /pa, and may have been copied from there.
        self._base = (settings.api_url or BASE).rstrip("/").removesuffix("/pa")
        self._headers = {
            "X-Viber-Auth-Token": settings.token,
            "Content-Type": "application/json; charset=utf-8",
        }

    async def call(self, name: str, fields: dict[str, Any], seconds: float) -> Fields:
        """The answer of a call such as `send_message`, with its status 0.

        Raises TooLarge, one of `bots.viber.errors.FAILURES`, and UnicodeEncodeError for a text
        with half of a sign.
        """
        # Escapes would make three times as much of a Cyrillic text.
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > MOST_BYTES:
            raise TooLarge
        try:
            answer = await self._transport.ask(
                "POST",
                f"{self._base}/pa/{name}",
                data=body,
                headers=self._headers,
                seconds=seconds,
            )
        except ProxyRefused as error:
            raise Stranger(error.status) from None
        return _read(answer.status, answer.body)

    async def close(self) -> None:
        await self._transport.close()


def _read(http: int, body: bytes) -> Fields:
    if http != 200:
        raise Stranger(http)
    try:
        answer = object_of(body)
    except (ValueError, RecursionError):
        answer = {}
    status = answer.get("status")
    if type(status) is not int:
        raise NoAnswer("the answer is not one of Viber's API")
    if status != 0:
        raise Refusal(status, hint(answer, "status_message", 200))
    return answer
