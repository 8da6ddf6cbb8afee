"""Timers that are due, and the housekeeping that keeps tables small."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from core.hooks import DeliveryState
from core.ids import EventKey, TimerId
from core.inbound import ConversationAct, Inbound, OperatorActed, TimerFired
from dialogues.intake import Intake, Overloaded
from storage.database import Database
from storage.errors import Contended, Unavailable

log = logging.getLogger(__name__)

_AT_ONCE = 256
_LONGEST_NAP = 1.0
KEEP_KEYS = timedelta(days=8)
KEEP_RECEIPTS = timedelta(days=7)
KEEP_ATTEMPTS = timedelta(days=90)
KEEP_ACTS = timedelta(days=400)
KEEP_ALERTS = timedelta(days=90)
KEEP_DELIVERED = timedelta(days=7)
KEEP_FAILED = timedelta(days=30)
LONGEST_WAITING = timedelta(days=3)
"""For webhooks: whoever was not reached by then is not told."""
OLDEST_WAITING = KEEP_FAILED + LONGEST_WAITING
"""Also where each try of the first of them puts off all that come behind."""
KEEP_VERSIONS = timedelta(days=1)


class Timers:
    """Locks nothing: a due timer becomes an event, and the intake decides whether it fires."""

    def __init__(self, database: Database, intake: Intake, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                fired = await self.fire_due() + await self.wake_due()
            except (Overloaded, Unavailable, Contended) as error:
                log.warning("timers wait", extra={"error": type(error).__name__})
                fired = 0
            if fired < _AT_ONCE:
                await asyncio.sleep(_LONGEST_NAP)

    async def fire_due(self) -> int:
        """Hand in what is due now; how many that were."""
        now = self._clock()
        async with self._database.read() as tx:
            due = await tx.timers.due(now, _AT_ONCE, self._intake.catalog.accounts)
        inbounds = [
            Inbound(
                account=timer.account,
                user=timer.user,
                key=EventKey(f"timer:{timer.id}"),
                at=timer.due_at,
                event=TimerFired(timer.id),
                address=timer.address,
            )
            for timer in due
        ]
        # Each for itself: one poisoned timer must not take the others with it.
        results = await asyncio.gather(
            *(self._intake.submit([inbound]) for inbound in inbounds), return_exceptions=True
        )
        errors = [one for one in results if isinstance(one, BaseException)]
        if errors:
            log.warning("timers wait", extra={"error": type(errors[0]).__name__})
        await self._drop(
            timer.id
            for timer, one in zip(due, results, strict=True)
            if not isinstance(one, BaseException) and one[0].status != "taken"
        )
        return len(due) - len(errors)

    async def wake_due(self) -> int:
        """Bring back the conversations that were put off until now; how many that were."""
        now = self._clock()
        async with self._database.read() as tx:
            due = await tx.conversations.due(now, _AT_ONCE, self._intake.catalog.accounts)
        inbounds = [
            Inbound(
                account=one.account,
                user=one.user,
                key=EventKey(f"wake:{one.conversation.id}:{one.conversation.snoozed_until}"),
                at=now,
                event=OperatorActed(ConversationAct.WAKE, None),
                address=one.conversation.address,
            )
            for one in due
        ]
        await asyncio.gather(*(self._intake.submit([one]) for one in inbounds))
        return len(due)

    async def _drop(self, ids: Iterable[TimerId]) -> None:
        """What was put aside, or fired before, must not come up again every second."""
        ended = list(ids)
        if ended:
            async with self._database.write() as tx:
                await tx.timers.take(ended)


async def tidy(database: Database, now: datetime, keep_acts: timedelta = KEEP_ACTS) -> None:
    """Forget what no rule needs any more. Safe at any time and on any node."""
    async with database.write() as tx:
        await tx.events.forget(now - KEEP_KEYS, limit=10_000)
        await tx.receipts.forget(now - KEEP_RECEIPTS)
        await tx.attempts.forget(now - KEEP_ATTEMPTS, limit=10_000)
        await tx.sign_ins.forget(now)
        await tx.invitations.forget(now)
        await tx.acts.forget(now - keep_acts, limit=10_000)
        await tx.alerts.forget(now - KEEP_ALERTS, limit=10_000)
        await tx.delivery_log.expire(now - LONGEST_WAITING, now - OLDEST_WAITING, now, limit=10_000)
        await tx.delivery_log.forget(DeliveryState.DELIVERED, now - KEEP_DELIVERED, limit=10_000)
        for state in (DeliveryState.FAILED, DeliveryState.DROPPED):
            await tx.delivery_log.forget(state, now - KEEP_FAILED, limit=10_000)
        await tx.pushes.tidy()
        await tx.leases.forget_nodes(now - KEEP_VERSIONS)
        await tx.flows.prune(await tx.sessions.versions(), now - KEEP_VERSIONS)
