"""What a browser hears of its visit: by asking now and then, or by a stream."""

import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import web

from api.errors import ApiError, not_found
from core.sites import Site
from subscriptions.metering import RETRY_AFTER, Meter, visitor_of
from subscriptions.waiting import Became, Waiting, Watch

log = logging.getLogger(__name__)
_MOST_STREAMS = 500
_MOST_PER_VISITOR = 20
_MOST_LOOKS = 1200
_LIFE = 600.0
_ALIVE = 15.0
_PRIVATE = {"Cache-Control": "no-store"}


class VisitStreams:
    """Nobody learns more than the state: the visit's id says nothing of who or what it is."""

    def __init__(
        self,
        waiting: Waiting,
        clock: Callable[[], datetime],
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._waiting = waiting
        self._clock = clock
        self._address_of = address_of
        self._looks = Meter(_MOST_LOOKS)
        self._open: Counter[str] = Counter()

    async def state(
        self, request: web.Request, site: Site, _headers: dict[str, str]
    ) -> web.StreamResponse:
        became = await self._look(request, site)
        return web.json_response(_told(became), headers=_PRIVATE)

    async def events(
        self, request: web.Request, site: Site, headers: dict[str, str]
    ) -> web.StreamResponse:
        became = await self._look(request, site)
        async with self._place(request):
            response = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream",
                    "X-Accel-Buffering": "no",
                    **_PRIVATE,
                    **headers,
                }
            )
            await response.prepare(request)
            try:
                async with self._waiting.watch(site.id, request.match_info["visit"]) as watch:
                    await _follow(response, watch, became)
            except (ConnectionError, TimeoutError):
                log.info("stream ended by its reader")
            return response

    async def _look(self, request: web.Request, site: Site) -> Became:
        if not self._looks.allows(self._address_of(request), self._clock()):
            headers = {"Retry-After": RETRY_AFTER}
            raise ApiError(429, "rate_limited", "that was tried very often", headers=headers)
        became = await self._waiting.look(site.id, request.match_info["visit"][:32])
        if became is None:
            raise not_found("visit")
        return became

    @asynccontextmanager
    async def _place(self, request: web.Request) -> AsyncIterator[None]:
        """A place among the open streams. Whoever gets none asks now and then."""
        visitor = visitor_of(self._address_of(request))
        if self._open.total() >= _MOST_STREAMS or self._open[visitor] >= _MOST_PER_VISITOR:
            message = "too many wait at once; ask for the state instead"
            raise ApiError(503, "too_many_streams", message, headers={"Retry-After": "5"})
        self._open[visitor] += 1
        try:
            yield
        finally:
            self._open[visitor] -= 1
            if not self._open[visitor]:
                del self._open[visitor]


async def _follow(response: web.StreamResponse, watch: Watch, became: Became) -> None:
    ends_at = time.monotonic() + _LIFE
    told: Became | None = None
    news: Became | None = became
    while True:
        if news is not None and news != told:
            await response.write(
                b"event: state\ndata: " + json.dumps(_told(news)).encode() + b"\n\n"
            )
            told = news
        elif news is None:
            await response.write(b": alive\n\n")
        if watch.is_closed or time.monotonic() >= ends_at or (told and told.is_final):
            await response.write(b"event: end\ndata:\n\n")
            return
        news = await watch.wait(_ALIVE)


def _told(became: Became) -> dict[str, Any]:
    return {"state": became.state, "channel": became.channel, "topics": list(became.topics)}
