"""The one client for URLs that come from outside: it reaches nothing inside our own network."""

import json
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from core.people import Json
from core.text import clean
from core.values import TooDeep, clean_json
from dialogues.egress_rules import Forbidden, check_name, check_url, is_global

TIMEOUT_SECONDS = 10
MOST_BYTES = 256 * 1024
_MOST_REDIRECTS = 4
_EXCERPT = 1024
_CHUNK = 64 * 1024
_CONNECTIONS = 20
_SOCKS_ERRORS = (ProxyConnectionError, ProxyError, ProxyTimeoutError)
_FAILURES = (aiohttp.ClientError, OSError, ValueError, *_SOCKS_ERRORS)


class NoAnswer(Exception):
    """Nobody answered in time, or too much was answered."""

    code = "egress_no_answer"


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` is parsed where it is JSON, else text."""

    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class Taken:
    """`excerpt` is the beginning of what was answered; `retry_after` as it stands there, or ""."""

    status: int
    excerpt: str
    retry_after: str


class _GuardedResolver(AbstractResolver):
    """Resolves once and hands out only global addresses, so a name cannot change in between."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if host in self._allowed:
            return found
        safe = [one for one in found if is_global(one["host"])]
        if not safe:
            raise Forbidden(f"{host} leads into our own network; egress_allow may name it")
        return safe

    async def close(self) -> None:
        await self._resolver.close()


class Egress:
    """Requests and downloads, direct or through a proxy, which is an http:// or socks5:// URL.

    A name is resolved where the connection starts from. Here its addresses are judged; a proxy
    resolves by itself, so names that belong to a network's inside are refused by their look.
    """

    def __init__(
        self, allowed: Collection[str] = (), proxy: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` says which authorities are trusted, where they are others than the usual ones."""
        self._allowed = frozenset(allowed)
        self._proxy = proxy
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: Json
    ) -> Fetched:
        """A redirect is not followed: it is an answer. Raises Forbidden or NoAnswer."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        status, raw = await self._call(method, url, {**sent, **headers}, data)
        return Fetched(status, _parse(raw))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Hand these bytes over; the status of the answer, whatever it says. Raises as above."""
        status, _ = await self._call("POST", url, headers, body)
        return status

    async def hand_over(self, url: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """The same, with the beginning of the answer: the rest is not read. Raises as above."""
        checked = self.check(url)
        try:
            async with self._client().post(
                checked, data=body, headers=headers, allow_redirects=False
            ) as answer:
                excerpt = await _beginning(answer)
                return Taken(answer.status, excerpt, answer.headers.get("Retry-After", ""))
        except _FAILURES as error:
            raise _told(error) from error

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None
    ) -> tuple[int, bytes]:
        checked = self.check(url)
        try:
            async with self._client().request(
                method, checked, data=data, headers=headers, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(MOST_BYTES + 1)
                if len(raw) > MOST_BYTES:
                    raise NoAnswer(f"the answer is longer than {MOST_BYTES} bytes")
                return answer.status, raw
        except _FAILURES as error:
            raise _told(error) from error

    async def download(self, url: str, seconds: float) -> AsyncIterator[bytes]:
        """Open a file. Redirects are followed, each checked like the first. Whoever reads bounds
        the size. Raises Forbidden or NoAnswer, also while it is read."""
        for _ in range(_MOST_REDIRECTS):
            answer = await self._get(url, seconds)
            target = answer.headers.get("Location")
            if answer.status in (301, 302, 303, 307, 308) and target:
                answer.release()
                url = _joined(url, target)
                continue
            if answer.status != 200:
                answer.release()
                raise NoAnswer(f"the answer is {answer.status}")
            return _body(answer)
        raise NoAnswer("it leads from one place to another without end")

    async def _get(self, url: str, seconds: float) -> aiohttp.ClientResponse:
        checked = self.check(url)
        timeout = aiohttp.ClientTimeout(total=seconds, connect=TIMEOUT_SECONDS)
        try:
            return await self._client().get(checked, allow_redirects=False, timeout=timeout)
        except _FAILURES as error:
            raise _told(error) from error

    def check(self, url: str) -> URL:
        """As far as it can be told by its look. Raises Forbidden."""
        checked = check_url(url, self._allowed)
        if self._proxy and checked.host not in self._allowed:
            check_name(checked.host or "")
        return checked

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                proxy=None if self._is_socks() else self._proxy or None,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _connector(self) -> aiohttp.BaseConnector:
        tls = self._tls or True
        if self._is_socks():
            return ProxyConnector.from_url(self._proxy, rdns=True, ssl=tls, limit=_CONNECTIONS)
        # The only name that is resolved here is then the proxy's own, which may be inside.
        resolver = None if self._proxy else _GuardedResolver(self._allowed)
        return aiohttp.TCPConnector(
            resolver=resolver, ssl=tls, limit=_CONNECTIONS, use_dns_cache=False
        )

    def _is_socks(self) -> bool:
        return self._proxy.lower().startswith("socks5:")


def _told(error: Exception) -> Forbidden | NoAnswer:
    cause = error.__cause__ or error.__context__
    return cause if isinstance(cause, Forbidden) else NoAnswer(type(error).__name__)


def _joined(url: str, target: str) -> str:
    try:
        return str(URL(url).join(URL(target)))
    except ValueError as error:
        raise NoAnswer("it leads to what is no URL") from error


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    """ "" where it does not come: the status was told."""
    try:
        raw = await answer.content.read(_EXCERPT)
    except _FAILURES:
        return ""
    return clean(raw.decode("utf-8", "replace"))


async def _body(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async with answer:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                yield chunk
    except _FAILURES as error:
        raise NoAnswer(type(error).__name__) from error


def _parse(raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    try:
        return clean_json(json.loads(text))
    except (ValueError, RecursionError, TooDeep):
        return clean_json(text)
