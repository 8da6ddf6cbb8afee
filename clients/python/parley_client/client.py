"""The server's API, blocking and asynchronous."""

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from parley_client import calls
from parley_client.answers import Contact, EventTaken, Link, Preferences
from parley_client.calls import Call
from parley_client.claims import Claims, Order
from parley_client.errors import Refused, Unreachable

T = TypeVar("T")

HOUR = timedelta(hours=1)
_LATER = frozenset({429, 502, 503, 504})
_LONGEST_WAIT = 30.0
_waits = wait_random_exponential(multiplier=0.5, max=8)


class Parley:
    """Blocking. `url` such as https://chat.example.com; `key` of `parley keys create`.

    A call that got no answer is tried again, `tries` times in all, which is harmless: links are
    made anew and an event's key makes it happen once. Raises Refused and Unreachable.
    """

    def __init__(
        self,
        url: str,
        key: str,
        site: str,
        *,
        timeout: float = 10,
        tries: int = 4,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._site = site
        self._http = httpx.Client(**_options(url, key, timeout), transport=transport)
        self._tries = Retrying(**_patience(tries))

    def links(
        self,
        claims: Claims | None = None,
        *,
        account: str | None = None,
        life: timedelta = HOUR,
        token_id: str = "",
    ) -> list[Link]:
        """A link to each messenger, or to one, for e-mails, receipts and print."""
        return self._run(calls.links(self._site, claims or Claims(), account, life, token_id))

    def event(
        self,
        name: str,
        *,
        key: str,
        customer: str | int | None = None,
        order: Order | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> EventTaken:
        """Tell what happened, such as order.paid. `key` is yours: "order-1042-paid"."""
        return self._run(calls.event(self._site, name, key, customer, order, data or {}))

    def contact(self, customer: str | int) -> Contact | None:
        """The person behind your customer id; None where none came yet. Scope `read`."""
        return self._run(calls.contact(self._site, customer))

    def preferences(self, contact_id: str) -> Preferences:
        """A page where they choose what is written to them; hand it to that person alone."""
        return self._run(calls.preferences(contact_id))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, call: Call[T]) -> T:
        def once() -> T:
            try:
                answer = self._http.request(
                    call.method, call.path, json=call.body, params=call.query
                )
            except httpx.TransportError as error:
                raise _Later(str(error) or type(error).__name__) from error
            return _read(call, answer)

        return self._tries(once)


class AsyncParley:
    """The same for asyncio."""

    def __init__(
        self,
        url: str,
        key: str,
        site: str,
        *,
        timeout: float = 10,
        tries: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._site = site
        self._http = httpx.AsyncClient(**_options(url, key, timeout), transport=transport)
        self._tries = AsyncRetrying(**_patience(tries))

    async def links(
        self,
        claims: Claims | None = None,
        *,
        account: str | None = None,
        life: timedelta = HOUR,
        token_id: str = "",
    ) -> list[Link]:
        """As `Parley.links`."""
        return await self._run(calls.links(self._site, claims or Claims(), account, life, token_id))

    async def event(
        self,
        name: str,
        *,
        key: str,
        customer: str | int | None = None,
        order: Order | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> EventTaken:
        """As `Parley.event`."""
        return await self._run(calls.event(self._site, name, key, customer, order, data or {}))

    async def contact(self, customer: str | int) -> Contact | None:
        """As `Parley.contact`."""
        return await self._run(calls.contact(self._site, customer))

    async def preferences(self, contact_id: str) -> Preferences:
        """As `Parley.preferences`."""
        return await self._run(calls.preferences(contact_id))

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, call: Call[T]) -> T:
        async def once() -> T:
            try:
                answer = await self._http.request(
                    call.method, call.path, json=call.body, params=call.query
                )
            except httpx.TransportError as error:
                raise _Later(str(error) or type(error).__name__) from error
            return _read(call, answer)

        return await self._tries(once)


class _Later(Unreachable):
    """No answer, or one that says: not now. `wait` in seconds, where the server named it."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def _options(url: str, key: str, timeout: float) -> dict[str, Any]:
    return {
        "base_url": url.rstrip("/"),
        "headers": {"Authorization": f"Bearer {key}"},
        "timeout": timeout,
        "follow_redirects": False,  # The key goes to nobody else.
    }


def _patience(tries: int) -> dict[str, Any]:
    return {
        "retry": retry_if_exception_type(_Later),
        "stop": stop_after_attempt(tries),
        "wait": _wait,
        "reraise": True,
    }


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Later) else None
    return _waits(state) if asked is None else min(asked, _LONGEST_WAIT)


def _read(call: Call[T], answer: httpx.Response) -> T:
    if answer.status_code in _LATER:
        asked = answer.headers.get("Retry-After", "")
        why = f"{answer.status_code} from {call.path}"
        raise _Later(why, float(asked) if asked.isdecimal() else None)
    try:
        data = answer.json()
    except ValueError as error:
        # Not ours: a proxy's page, a wrong address.
        raise Refused(answer.status_code, "not_parley", "the answer is not JSON") from error
    if answer.is_success:
        return call.read(answer.status_code, data)
    told = data.get("error", {}) if isinstance(data, dict) else {}
    raise Refused(
        answer.status_code,
        str(told.get("code", "unknown")),
        str(told.get("message", "")),
        told.get("details") or (),
    )
