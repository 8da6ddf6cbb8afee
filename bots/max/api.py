"""Calls of the MAX Bot API: JSON out, JSON back."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from bots.contract import BotSettings, File
from bots.fields import Fields, hint, object_of
from bots.max.errors import Refusal, Stranger
from bots.transport import Answer, NoAnswer, ProxyRefused, Transport, form_of

BASE: Final = "https://platform-api2.max.ru"
SECONDS: Final = 15.0
_UPLOAD_SECONDS = 120.0


class Api:
    """The API as one account uses it."""

    def __init__(self, settings: BotSettings) -> None:
        """Raises SettingUp for a bad proxy, or a file of authorities that cannot be read."""
        self._transport = Transport(settings.proxy, settings.ca_bundle)
        self._base = (settings.api_url or BASE).rstrip("/")
        # MAX wants the token bare, without the word Bearer.
        self._headers = {"Authorization": settings.token, "Content-Type": "application/json"}

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        fields: Mapping[str, Any] | None = None,
        seconds: float = SECONDS,
    ) -> Fields:
        """MAX's answer. Raises one of `bots.max.errors.FAILURES`."""
        url = f"{self._base}{path}"
        answer = await self._ask(
            method,
            f"{url}?{urlencode(query)}" if query else url,
            data=None if fields is None else json.dumps(fields).encode(),
            headers=self._headers,
            seconds=seconds,
        )
        return _read(answer)

    async def bring(self, url: str, file: File) -> Fields:
        """What the upload server says, {} where it is no JSON. Raises as `call`.

        The URL is the permission: the server, which is another one, is not shown the token.
        """
        answer = await self._ask(
            "POST", url, data=form_of("data", file), seconds=_UPLOAD_SECONDS, headers=None
        )
        if not 200 <= answer.status < 300:
            raise Stranger(answer.status)
        return _object(answer.body) or {}

    async def close(self) -> None:
        await self._transport.close()

    async def _ask(self, method: str, url: str, **about: Any) -> Answer:
        try:
            return await self._transport.ask(method, url, **about)
        except ProxyRefused as error:
            raise Stranger(error.status) from None


def _read(answer: Answer) -> Fields:
    found = _object(answer.body)
    if found is not None:
        # Of a message that was sent, `message` is an object.
        message = hint(found, "message", 200)
        if code := hint(found, "code", 100):
            raise Refusal(answer.status, code, message, _wait(answer))
        if found.get("success") is False:
            raise Refusal(answer.status, message=message)
    if not 200 <= answer.status < 300:
        raise Stranger(answer.status)
    if found is None:
        raise NoAnswer("the answer is not one of MAX's API")
    return found


def _object(body: bytes) -> Fields | None:
    try:
        return object_of(body)
    except (ValueError, RecursionError):
        return None


def _wait(answer: Answer) -> int | None:
    """MAX documents no Retry-After; whoever stands before it may send one."""
    told = answer.headers.get("Retry-After", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) <= 6 else None
