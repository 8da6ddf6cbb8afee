"""HTTP to a messenger's API: timed, bounded, and exact about whether anything has left."""

import os
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import certifi
from aiohttp import (
    AsyncIterablePayload,
    BaseConnector,
    ClientError,
    ClientHttpProxyError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    InvalidURL,
    TCPConnector,
    TraceConfig,
    TraceRequestHeadersSentParams,
)
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

from bots.contract import File, SettingUp
from bots.proxies import NO_PROXY, is_proxy

CONNECTIONS: Final = 256
"""At 1,000 sends a second and a round trip of 200 ms, 200 requests are under way."""
MOST_BYTES: Final = 8 * 2**20
"""Of an answer; a hundred updates of a long poll take less than one."""
_CONNECT_SECONDS = 5.0
_DNS_SECONDS = 3600
_SOCKS_ERRORS = (ProxyConnectionError, ProxyError, ProxyTimeoutError)
TRANSPORT_ERRORS: Final = (ClientError, OSError, *_SOCKS_ERRORS)


@dataclass(eq=False)
class NotSent(Exception):
    """No connection: nothing of the request has left."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class ProxyRefused(NotSent):
    """The proxy does not let us through (its 4xx): a person must look."""

    status: int


@dataclass(eq=False)
class NoAnswer(Exception):
    """The request left, and then nothing came, or nothing readable."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Found by a name in any case."""
    body: bytes


@dataclass(slots=True)
class _Trip:
    """One request: whether anything of it has left."""

    has_left: bool = False


class Transport:
    """The connections of one account to its platform. Follows no redirect, keeps no cookie.

    `proxy` is an http:// or socks5:// URL; the authorities in the file `ca_bundle` are trusted
    beside the usual ones.
    """

    def __init__(self, proxy: str = "", ca_bundle: str = "") -> None:
        """Opens no connection. Raises SettingUp for a bad proxy or bundle."""
        if proxy and not is_proxy(proxy):
            raise SettingUp(f"the proxy {NO_PROXY}")
        is_socks = proxy.lower().startswith("socks5:")
        self._http_proxy = proxy if proxy and not is_socks else None
        self._socks_proxy = proxy if is_socks else None
        self._tls = trusting(ca_bundle)
        self._session: ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """One request and its whole answer, whatever its status.

        `data` is a body as aiohttp takes it: bytes, FormData, an async iterator.

        Raises:
            NotSent: nothing has left; ProxyRefused where a proxy is the reason.
            NoAnswer: the request left.
        """
        trip = _Trip()
        try:
            async with self._open().request(
                method,
                url,
                data=data,
                headers=headers,
                timeout=_timeout(seconds),
                proxy=self._http_proxy,
                allow_redirects=False,
                trace_request_ctx=trip,
            ) as answer:
                return Answer(answer.status, answer.headers, await _read(answer, most_bytes))
        except ClientHttpProxyError as error:
            # The proxy did not open the way: nothing has left.
            if error.status < 500:
                raise ProxyRefused(words_of(error), error.status) from None
            raise NotSent(words_of(error)) from None
        except TRANSPORT_ERRORS as error:
            # The error's text may hold the URL, and with it a token: neither text nor cause.
            raise (NoAnswer if trip.has_left else NotSent)(words_of(error)) from None

    def get(self, url: str, seconds: float) -> AbstractAsyncContextManager[ClientResponse]:
        """An open download. Entering and reading it raises one of TRANSPORT_ERRORS."""
        return self._open().get(
            url, timeout=_timeout(seconds), proxy=self._http_proxy, allow_redirects=False
        )

    async def close(self) -> None:
        """Close the connections; aiohttp itself waits for what is under TLS."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> ClientSession:
        """The one session, made when it is first needed: it belongs to a running loop."""
        if self._session is None or self._session.closed:
            trace = TraceConfig()
            trace.on_request_headers_sent.append(_note_departure)
            self._session = ClientSession(
                connector=self._connector(), trace_configs=[trace], cookie_jar=DummyCookieJar()
            )
        return self._session

    def _connector(self) -> BaseConnector:
        if self._socks_proxy:
            # rdns: our own resolver may not know the platform, or lie about it.
            return ProxyConnector.from_url(
                self._socks_proxy, rdns=True, ssl=self._tls, limit=CONNECTIONS
            )
        return TCPConnector(ssl=self._tls, limit=CONNECTIONS, ttl_dns_cache=_DNS_SECONDS)


def form_of(field: str, file: File) -> FormData:
    """A multipart form with one file, whose bytes are read while they leave."""
    payload = _Sized(file.open(), content_type=file.mime or "application/octet-stream")
    payload.size_in_bytes = file.size
    # Quoted, a Cyrillic name would arrive as a row of percent signs.
    form = FormData(quote_fields=False)
    form.add_field(
        field, payload, filename=_printable(file.name) or "file", content_type=payload.content_type
    )
    return form


def _printable(name: str) -> str:
    """A line break in a name would end the header that it stands in."""
    return "".join(sign for sign in name if sign.isprintable())


class _Sized(AsyncIterablePayload):
    """Tells its length: not every upload server takes a body of an unknown one."""

    size_in_bytes = 0

    @property
    def size(self) -> int:
        return self.size_in_bytes


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


async def _read(answer: ClientResponse, most: int) -> bytes:
    chunks: list[bytes] = []
    total = 0
    async for chunk in answer.content.iter_any():
        chunks.append(chunk)
        total += len(chunk)
        if total > most:
            raise NoAnswer("the answer is longer than any of this API")
    return b"".join(chunks)


def trusting(ca_bundle: str) -> ssl.SSLContext:
    """The usual authorities and those in the file `ca_bundle`, "" for none. Raises SettingUp."""
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_bundle:
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except OSError as error:
            raise SettingUp(f"the authorities in {ca_bundle} cannot be read: {error}") from error
    return context


def _timeout(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=seconds, connect=_CONNECT_SECONDS, sock_connect=_CONNECT_SECONDS)


async def _note_departure(
    _: ClientSession, context: SimpleNamespace, __: TraceRequestHeadersSentParams
) -> None:
    trip = context.trace_request_ctx
    if isinstance(trip, _Trip):
        trip.has_left = True
