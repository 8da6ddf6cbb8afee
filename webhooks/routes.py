"""POST /webhooks/{account}."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bots.contract import BadProof, Gate, Incoming, Malformed, Unparsable, WrongAccount
from core.ids import AccountId
from core.inbound import Inbound
from dialogues.intake import Intake, Overloaded
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

_RETRY_AFTER = {"Retry-After": "2"}
_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    BadProof: (401, "wrong secret"),
    WrongAccount: (403, "not for this account"),
    Malformed: (400, "the body cannot be read"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one account's events arrive."""

    account: AccountId
    incoming: Incoming
    gate: Gate


@dataclass(slots=True)
class Tally:
    """What came, for the metrics. `repeated` are requests that the platform has made before."""

    taken: int = 0
    unproven: int = 0
    unparsable: int = 0
    refused: int = 0
    repeated: Counter[AccountId] = field(default_factory=Counter)


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
            endpoint.incoming.verify(request.headers, body, endpoint.gate)
        except (BadProof, WrongAccount, Malformed) as error:
            return self._turn_away(endpoint, error)
        if request.headers.get(endpoint.incoming.tries_header, "0") != "0":
            self.tally.repeated[endpoint.account] += 1
        return await self._take(endpoint, body)

    async def take(self, account: AccountId, body: bytes) -> Sequence[Inbound]:
        """The same for a body that polling fetched. Raises what the intake raises."""
        endpoint = self._endpoints[account]
        try:
            inbounds = endpoint.incoming.parse(account, body, self._clock())
        except Unparsable as error:
            await self._put_aside(endpoint, body, error)
            return ()
        await self._intake.submit(inbounds, body)
        self.tally.taken += 1
        return inbounds

    def _turn_away(self, endpoint: Endpoint, error: Exception) -> web.Response:
        self.tally.unproven += 1
        status, text = _REFUSALS[type(error)]
        log.warning("webhook without proof", extra={"account": endpoint.account, "status": status})
        return web.Response(status=status, text=text)

    async def _take(self, endpoint: Endpoint, body: bytes) -> web.Response:
        try:
            inbounds = await self.take(endpoint.account, body)
        except (Overloaded, Unavailable, Contended) as error:
            self.tally.refused += 1
            log.warning("webhook put off", extra={"account": endpoint.account, "error": error.code})
            return web.Response(status=503, text="come back soon", headers=_RETRY_AFTER)
        text = endpoint.incoming.answer(body, inbounds, endpoint.gate)
        if not text:
            return web.Response()
        return web.Response(text=text, content_type=endpoint.incoming.answer_type)

    async def _put_aside(self, endpoint: Endpoint, body: bytes, error: Unparsable) -> None:
        """Acknowledged and kept: a messenger would repeat what it cannot deliver for a day."""
        self.tally.unparsable += 1
        log.error("event not understood", extra={"account": endpoint.account, "event": error.key})
        await self._intake.reject(endpoint.account, error.key, body, error)
