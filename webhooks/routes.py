"""POST /webhooks/{account}."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bots.contract import BadProof, Incoming, Unparsable
from core.ids import AccountId
from dialogues.intake import Intake, Overloaded
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

_RETRY_AFTER = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one account's events arrive. `secret` proves that the messenger sent them."""

    account: AccountId
    incoming: Incoming
    secret: str


@dataclass(slots=True)
class Tally:
    """What came, for the metrics."""

    taken: int = 0
    unproven: int = 0
    unparsable: int = 0
    refused: int = 0


class Webhooks:
    def __init__(
        self,
        endpoints: Mapping[AccountId, Endpoint],
        intake: Intake,
        clock: Callable[[], datetime],
    ) -> None:
        self._endpoints = endpoints
        self._intake = intake
        self._clock = clock
        self.tally = Tally()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/webhooks/{account}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """200 after the commit; 401 and nothing stored for a wrong proof; 503 when full."""
        endpoint = self._endpoints.get(AccountId(request.match_info["account"]))
        if endpoint is None:
            return web.Response(status=404, text="no such account")
        body = await request.read()
        try:
            # aiohttp's headers are found by a name in any case, without a copy of all of them.
            endpoint.incoming.verify(request.headers, body, endpoint.secret)
        except BadProof:
            self.tally.unproven += 1
            log.warning("webhook without proof", extra={"account": endpoint.account})
            return web.Response(status=401, text="wrong secret")
        return await self._take(endpoint, body)

    async def take(self, account: AccountId, body: bytes) -> None:
        """The same for a body that polling fetched. Raises what the intake raises."""
        endpoint = self._endpoints[account]
        try:
            inbounds = endpoint.incoming.parse(account, body, self._clock())
        except Unparsable as error:
            await self._put_aside(endpoint, body, error)
            return
        await self._intake.submit(inbounds, body)
        self.tally.taken += 1

    async def _take(self, endpoint: Endpoint, body: bytes) -> web.Response:
        try:
            await self.take(endpoint.account, body)
        except (Overloaded, Unavailable, Contended) as error:
            self.tally.refused += 1
            log.warning("webhook put off", extra={"account": endpoint.account, "error": error.code})
            return web.Response(status=503, text="come back soon", headers=_RETRY_AFTER)
        return web.Response()

    async def _put_aside(self, endpoint: Endpoint, body: bytes, error: Unparsable) -> None:
        """Acknowledged and kept: a messenger would repeat what it cannot deliver for a day."""
        self.tally.unparsable += 1
        log.error("event not understood", extra={"account": endpoint.account, "event": error.key})
        await self._intake.reject(endpoint.account, error.key, body, error)
