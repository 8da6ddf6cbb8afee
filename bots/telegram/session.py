"""aiogram's session, with what a server needs: raw answers, a sure "nothing left", proxies."""

import json
import os
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiohttp import (
    ClientError,
    ClientHttpProxyError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    InvalidURL,
    TraceConfig,
    TraceRequestHeadersSentParams,
)
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from bots.contract import SettingUp
from bots.telegram.errors import NoAnswer, NotSent, Refusal

CONNECTIONS = 256
"""At 1,000 sends a second and a round trip of 200 ms, 200 requests are under way."""
_CONNECT_SECONDS = 5.0
_BAD_PROXY = "the proxy is no URL like http://host:3128 or socks5://user:password@host:1080"
_SOCKS_ERRORS = (ProxyConnectionError, ProxyError, ProxyTimeoutError)
TRANSPORT_ERRORS = (ClientError, OSError, *_SOCKS_ERRORS)
_JSON = {"Content-Type": "application/json"}


@dataclass(slots=True)
class _Trip:
    """One request: whether anything of it has left."""

    has_left: bool = False


class Session(AiohttpSession):
    """Calls methods of the Bot API and gives the raw `result`.

    aiogram builds the requests. Its reading of answers is left out: a value newer than the
    library would turn a message that was sent into an error.
    """

    def __init__(self, api_url: str, proxy: str) -> None:
        api = TelegramAPIServer.from_base(api_url) if api_url else PRODUCTION
        socks = proxy if proxy.startswith("socks") else None
        if proxy and not socks and not proxy.startswith("http://"):
            raise SettingUp(_BAD_PROXY)
        try:
            super().__init__(proxy=socks, limit=CONNECTIONS, api=api)
        except ValueError:
            raise SettingUp(_BAD_PROXY) from None
        if socks:
            # aiogram forgets the limit where it goes through a proxy.
            self._connector_init["limit"] = CONNECTIONS
        self._http_proxy = None if socks else proxy or None

    async def create_session(self) -> ClientSession:
        """The one session of this bot, made when it is first needed."""
        if self._session is None or self._session.closed:
            trace = TraceConfig()
            trace.on_request_headers_sent.append(_note_departure)
            self._session = ClientSession(
                connector=self._connector_type(**self._connector_init), trace_configs=[trace]
            )
            self._should_reset_connector = False
        return self._session

    async def close(self) -> None:
        """Close the connections; aiohttp itself waits for what is under TLS."""
        if self._session is not None:
            await self._session.close()

    async def call(self, bot: Bot, method: TelegramMethod[Any], seconds: float) -> Any:
        """The `result` of Telegram's answer, as JSON. Raises Refusal, NotSent, NoAnswer."""
        trip = _Trip()
        session = await self.create_session()
        try:
            async with session.post(
                self.api.api_url(token=bot.token, method=method.__api_method__),
                data=self._body(bot, method),
                headers=_JSON,
                timeout=_timeout(seconds),
                proxy=self._http_proxy,
                trace_request_ctx=trip,
            ) as answer:
                body = await answer.read()
        except ClientHttpProxyError as error:
            # The proxy refused to open the way: nothing has left.
            if error.status < 500:
                raise Refusal(error.status, is_telegram=False) from None
            raise NotSent(words_of(error)) from None
        except TRANSPORT_ERRORS as error:
            # The error's text may hold the URL, and with it the token: neither text nor cause.
            raise (NoAnswer if trip.has_left else NotSent)(words_of(error)) from None
        return _result(answer.status, body)

    def _body(self, bot: Bot, method: TelegramMethod[Any]) -> bytes:
        """The method's fields as JSON: measured, 24 % more sends a second than as a form."""
        fields = self.prepare_value(
            method.model_dump(warnings=False), bot=bot, files={}, _dumps_json=False
        )
        return json.dumps(fields).encode()

    async def get(self, url: str, seconds: float) -> Any:
        """An open download as an async context manager."""
        session = await self.create_session()
        return session.get(url, timeout=_timeout(seconds), proxy=self._http_proxy)


async def _note_departure(
    _: ClientSession, context: SimpleNamespace, __: TraceRequestHeadersSentParams
) -> None:
    trip = context.trace_request_ctx
    if isinstance(trip, _Trip):
        trip.has_left = True


def _timeout(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=seconds, connect=_CONNECT_SECONDS, sock_connect=_CONNECT_SECONDS)


def words_of(error: BaseException) -> str:
    """The kind of a transport error in words that never hold a URL, a token or a password."""
    if isinstance(error, ClientHttpProxyError):
        return f"the proxy answered {error.status}"
    if isinstance(error, _SOCKS_ERRORS):
        return f"the proxy: {type(error).__name__}"
    if isinstance(error, InvalidURL):
        return "the address of the API is not a URL"
    if isinstance(error, ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return type(error).__name__


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
