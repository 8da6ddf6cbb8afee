"""aiogram's session over our transport: it builds the requests, the answers stay raw."""

import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiohttp import ClientResponse

from bots.contract import File
from bots.telegram.attached import form
from bots.telegram.errors import Refusal
from bots.transport import NoAnswer, ProxyRefused, Transport

_JSON = {"Content-Type": "application/json"}


class Session(BaseSession):
    """Calls methods of the Bot API and gives the raw `result`.

    aiogram's reading of answers is left out: a value newer than the library would turn a message
    that was sent into an error.
    """

    def __init__(self, api_url: str, proxy: str) -> None:
        """Raises SettingUp for a bad proxy."""
        super().__init__(api=TelegramAPIServer.from_base(api_url) if api_url else PRODUCTION)
        self._transport = Transport(proxy)

    async def call(
        self, bot: Bot, method: TelegramMethod[Any], seconds: float, file: File | None = None
    ) -> Any:
        """The `result` of Telegram's answer, as JSON. Raises Refusal, NotSent, NoAnswer.

        `file` goes with it in a multipart form.
        """
        fields = self._fields(bot, method)
        try:
            answer = await self._transport.ask(
                "POST",
                self.api.api_url(token=bot.token, method=method.__api_method__),
                data=form(fields, file) if file else json.dumps(fields).encode(),
                headers=None if file else _JSON,
                seconds=seconds,
            )
        except ProxyRefused as error:
            raise Refusal(error.status, is_telegram=False) from None
        return _result(answer.status, answer.body)

    def _fields(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any]:
        """For JSON: measured, 24 % more sends a second than as a form."""
        fields: dict[str, Any] = self.prepare_value(
            method.model_dump(warnings=False), bot=bot, files={}, _dumps_json=False
        )
        return fields

    def get(self, url: str, seconds: float) -> AbstractAsyncContextManager[ClientResponse]:
        """An open download."""
        return self._transport.get(url, seconds)

    async def close(self) -> None:
        await self._transport.close()

    async def make_request(self, *_: Any, **__: Any) -> Any:
        """aiogram's own way, which reads the answers: nobody takes it."""
        raise NotImplementedError

    def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError


def _result(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        if 200 <= status < 300:
            raise NoAnswer("the answer is not one of the Bot API")
        raise Refusal(status, is_telegram=False)
    if answer["ok"] and 200 <= status < 300:
        return answer.get("result")
    parameters = answer.get("parameters")
    retry_after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    raise Refusal(
        code=status,
        description=str(answer.get("description", ""))[:300],
        retry_after=retry_after if type(retry_after) is int else None,
    )
