"""The server's API, blocking and asynchronous."""

from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from tenacity import AsyncRetrying, Retrying

from parley_client import calls
from parley_client.answers import Contact, EventTaken, Link, Preferences
from parley_client.calls import Call
from parley_client.claims import Changes, Claims, Message, Order
from parley_client.trying import Later, options, patience, read

T = TypeVar("T")

HOUR = timedelta(hours=1)


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
        self._http = httpx.Client(**options(url, key, timeout), transport=transport)
        self._tries = Retrying(**patience(tries))

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

    def batch(
        self, wanted: Mapping[str, Claims], *, account: str | None = None, life: timedelta = HOUR
    ) -> dict[str, list[Link]]:
        """Up to 1,000 links in one call, all or none, by names of your own: for print, say."""
        return self._run(calls.batch(self._site, wanted, account, life))

    def change(self, contact_id: str, changes: Changes) -> Contact:
        """Tell what you know of a person now; what is left out stays."""
        return self._run(calls.change(contact_id, changes))

    def event(
        self,
        name: str,
        *,
        key: str,
        customer: str | int | None = None,
        order: Order | None = None,
        data: Mapping[str, Any] | None = None,
        message: Message | None = None,
        changes: Changes | None = None,
    ) -> EventTaken:
        """Tell what happened, such as order.paid. `key` is yours: "order-1042-paid".

        `message` is said at once, where it may be; `changes` is what you know of the person now.
        """
        call = calls.event(self._site, name, key, customer, order, data or {}, message, changes)
        return self._run(call)

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
                raise Later(str(error) or type(error).__name__) from error
            return read(call, answer)

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
        self._http = httpx.AsyncClient(**options(url, key, timeout), transport=transport)
        self._tries = AsyncRetrying(**patience(tries))

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

    async def batch(
        self, wanted: Mapping[str, Claims], *, account: str | None = None, life: timedelta = HOUR
    ) -> dict[str, list[Link]]:
        """As `Parley.batch`."""
        return await self._run(calls.batch(self._site, wanted, account, life))

    async def change(self, contact_id: str, changes: Changes) -> Contact:
        """As `Parley.change`."""
        return await self._run(calls.change(contact_id, changes))

    async def event(
        self,
        name: str,
        *,
        key: str,
        customer: str | int | None = None,
        order: Order | None = None,
        data: Mapping[str, Any] | None = None,
        message: Message | None = None,
        changes: Changes | None = None,
    ) -> EventTaken:
        """As `Parley.event`."""
        call = calls.event(self._site, name, key, customer, order, data or {}, message, changes)
        return await self._run(call)

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
                raise Later(str(error) or type(error).__name__) from error
            return read(call, answer)

        return await self._tries(once)
