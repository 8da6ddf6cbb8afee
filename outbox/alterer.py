"""What a sender does besides sending: it carries out edits and deletions in the same rhythm."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from core.altering import Again, AlterOutcome, settle
from core.ids import AccountId, AddressId, EventKey
from core.inbound import Inbound, SendRefused
from core.outcomes import Throttled, Unreachable, refusal_of
from outbox.altering import ClaimedAlteration, claim_alterations, write_settled
from outbox.pace import Rhythm
from outbox.transmitting import Transmitter
from storage.database import Database
from storage.leases import Lease
from storage.tx import Tx

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hooks:
    """The sender's own: write until it is written, tell the intake, pause the account; until when
    it pauses; whose messages changed, and that an attempt has ended."""

    persist: Callable[[Callable[[Tx], Awaitable[None]]], Awaitable[None]]
    tell: Callable[[Inbound], Awaitable[None]]
    pause: Callable[[AlterOutcome, datetime], None]
    paused_until: Callable[[], datetime | None]
    recorded: Callable[[Collection[AddressId]], None]
    ended: Callable[[], None]


class Alterer:
    def __init__(
        self,
        account: AccountId,
        transmitter: Transmitter,
        database: Database,
        clock: Callable[[], datetime],
        rhythm: Rhythm,
        hooks: Hooks,
    ) -> None:
        self._account = account
        self._transmitter = transmitter
        self._database = database
        self._clock = clock
        self._rhythm = rhythm
        self._hooks = hooks
        self.under_way = 0

    async def start(
        self, group: asyncio.TaskGroup, lease: Lease, room: int, now: datetime
    ) -> datetime | None:
        """Claim what may be altered now; when there may be more. Raises LeaseLost."""
        room -= self.under_way
        result = await self._database.transact(
            lambda tx: claim_alterations(tx, self._account, lease, self._rhythm, room, now)
        )
        for claimed in result.claimed:
            self.under_way += 1
            group.create_task(self._alter(claimed))
        if result.refused:
            self._hooks.recorded(result.refused)
        return result.next_at

    async def _alter(self, claimed: ClaimedAlteration) -> None:
        try:
            wait = (claimed.starts_at - self._clock()).total_seconds()
            if wait > 0:
                await asyncio.sleep(wait)
            await self._record(claimed, await self._attempt(claimed))
        except Exception:
            # Not recorded, it is carried out once more when its time is over: it harms nobody.
            log.exception("not altered", extra={"account": self._account})
        finally:
            self.under_way -= 1
            self._hooks.ended()

    async def _attempt(self, claimed: ClaimedAlteration) -> AlterOutcome:
        now, until = self._clock(), self._hooks.paused_until()
        if until is not None and until > now:
            return Throttled(until - now)
        return await self._transmitter.alter(claimed)

    async def _record(self, claimed: ClaimedAlteration, outcome: AlterOutcome) -> None:
        now, due = self._clock(), claimed.due
        settled = settle(outcome, claimed.attempt, now)
        if isinstance(settled, Again) and settled.account_paused_until is not None:
            self._hooks.pause(outcome, settled.account_paused_until)
        await self._hooks.persist(lambda tx: write_settled(tx, claimed, settled, now))
        self._hooks.recorded({due.address})
        if isinstance(outcome, Unreachable):
            # Whoever cannot be altered anything for has blocked us, as by a refused send.
            event = SendRefused(due.send, refusal_of(outcome), outcome.is_dead)
            key = EventKey(f"refused:{due.id}")
            await self._hooks.tell(
                Inbound(self._account, due.user, key, now, event, address=due.address)
            )
