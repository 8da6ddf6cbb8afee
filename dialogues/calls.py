"""HTTP requests of `call` steps: made after the commit, their answers come back as events."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from core.ids import EventKey
from core.inbound import CallAnswered, Inbound
from dialogues.egress import Egress, Fetched, NoAnswer
from dialogues.egress_rules import Forbidden
from dialogues.intake import Intake, Overloaded
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.timers import PendingCall

log = logging.getLogger(__name__)

_AT_ONCE = 16
_LEASE = timedelta(seconds=60)


class Calls:
    def __init__(
        self,
        database: Database,
        intake: Intake,
        egress: Egress,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._intake = intake
        self._egress = egress
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                made = await self.make_due()
            except (Overloaded, Unavailable, Contended) as error:
                log.warning("calls wait", extra={"error": type(error).__name__})
                made = 0
            if not made:
                await asyncio.sleep(0.5)

    async def make_due(self) -> int:
        """Make what waits, hand in the answers; how many there were."""
        now = self._clock()
        async with self._database.read() as tx:
            if not await tx.timers.has_calls(now):
                return 0
        async with self._database.write() as tx:
            due = await tx.timers.lease_calls(now, _LEASE, _AT_ONCE)
        results = await asyncio.gather(*(self._make(call) for call in due), return_exceptions=True)
        errors = [one for one in results if isinstance(one, BaseException)]
        if errors:
            log.warning("calls wait", extra={"error": type(errors[0]).__name__})
        # Those whose answer could not be handed in are made again when their lease lapses.
        made = [
            call.id
            for call, one in zip(due, results, strict=True)
            if not isinstance(one, BaseException)
        ]
        async with self._database.write() as tx:
            await tx.timers.finish_calls(made)
        return len(made)

    async def _make(self, call: PendingCall) -> None:
        try:
            fetched = await self._egress.request(call.method, call.url, call.headers, call.body)
        except (Forbidden, NoAnswer) as error:
            log.warning("call got no answer", extra={"call": call.id, "error": error.code})
            fetched = Fetched(0, str(error))
        answered = CallAnswered(call.session, call.generation, fetched.status, fetched.body)
        await self._intake.submit(
            [
                Inbound(
                    account=call.account,
                    user=call.user,
                    key=EventKey(f"call:{call.id}"),
                    at=self._clock(),
                    event=answered,
                    address=call.address,
                )
            ]
        )
