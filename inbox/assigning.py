"""Giving new conversations to those who are there: to whoever has the fewest, in turn."""

import asyncio
import heapq
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from core.conversations import ConversationState
from core.ids import OperatorId
from core.inbound import ConversationAct
from dialogues.intake import Overloaded
from inbox.talking import Talking
from storage.conversations import Listed
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.lists import Order, Wanted
from storage.presence import Present

log = logging.getLogger(__name__)

SEEN_WITHIN = timedelta(seconds=45)
_SEE_EVERY = 15.0
_ASSIGN_EVERY = 2.0
_AT_ONCE = 50
_LEASE = timedelta(seconds=20)


def spread(
    waiting: Sequence[Listed], present: Sequence[Present]
) -> list[tuple[Listed, OperatorId]]:
    """Each conversation, who waits longest first, to whoever has the fewest by then."""
    if not present:
        return []
    heap = [(one.load, place, one.operator) for place, one in enumerate(present)]
    heapq.heapify(heap)
    given = []
    for listed in waiting:
        load, place, operator = heapq.heappop(heap)
        given.append((listed, operator))
        # Of equals whoever got something last comes last.
        heapq.heappush(heap, (load + 1, place + len(present), operator))
    return given


class Desk:
    """Keeps who is there, and assigns where the configuration says so; `owner` is this process."""

    def __init__(
        self,
        database: Database,
        talking: Talking,
        looking: Callable[[], Collection[OperatorId]],
        clock: Callable[[], datetime],
        owner: str,
        *,
        assigns: bool,
    ) -> None:
        """`looking` tells who has a page open in this process."""
        self._database = database
        self._talking = talking
        self._looking = looking
        self._clock = clock
        self._owner = owner
        self._assigns = assigns

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        seen_at = float("-inf")
        while True:
            try:
                if loop.time() - seen_at >= _SEE_EVERY:
                    seen_at = loop.time()
                    await self.see()
                if self._assigns:
                    await self.assign()
            except (Unavailable, Contended, Overloaded) as error:
                log.warning("the desk waits", extra={"error": type(error).__name__})
            await asyncio.sleep(_ASSIGN_EVERY)

    async def see(self) -> None:
        looking = self._looking()
        if looking:
            async with self._database.write() as tx:
                await tx.presence.see(looking, self._clock())

    async def assign(self) -> int:
        """Give away who waits for nobody; how many that were."""
        now = self._clock()
        wanted = Wanted(ConversationState.OPEN, is_unassigned=True, order=Order.WAITING)
        async with self._database.read() as tx:
            waiting = await tx.lists.page(wanted, None, _AT_ONCE)
            present = await tx.presence.present(now - SEEN_WITHIN) if waiting else []
        if not waiting or not present:
            return 0
        async with self._database.write() as tx:
            if await tx.leases.claim("assign", self._owner, now, now + _LEASE) is None:
                return 0
        given = spread(waiting, present)
        act = ConversationAct.ASSIGN
        for listed, operator in given:
            await self._talking.act(listed, act, None, operator, is_automatic=True)
        return len(given)
