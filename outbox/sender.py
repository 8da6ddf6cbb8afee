"""The sender of one account: holds its lease, claims in batches, sends at its pace, records."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.altering import AlterOutcome
from core.channels import Limits
from core.content import Content
from core.ids import AccountId, AddressId, EventKey
from core.inbound import Inbound, SendRefused
from core.messages import Status
from core.outcomes import (
    Outcome,
    Throttled,
    Transient,
    Unknown,
    react,
)
from core.pacing import Pace
from core.policy import QuietHours
from dialogues.hook_statuses import StatusTelling
from dialogues.intake import Intake, Overloaded
from outbox.alterer import Alterer, Hooks
from outbox.claiming import (
    AT_ONCE,
    LOOKAHEAD,
    Claim,
    Claimed,
    LeaseLost,
    Terms,
    claim,
    most_at_once,
    settle_lapsed,
    write_outcomes,
)
from outbox.pace import Rhythm
from outbox.transmitting import Transmitter
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.leases import Lease
from storage.sends import Outlook, Prepared, Recorded
from storage.tx import Tx

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
_RENEW_BELOW = timedelta(seconds=45)
_GATHER = 0.1
"""Seconds in which outcomes gather for one transaction."""
PREPARING_AT_ONCE = 4
_POLL = 2.0
"""The truth when no wake-up comes: another process, a restart, a lost notice."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """`owner` names this process. `per_second` replaces the messenger's own rate."""

    account: AccountId
    owner: str
    limits: Limits
    quiet: QuietHours | None = None
    per_second: float | None = None
    telling: StatusTelling | None = None


class Sender:
    def __init__(
        self,
        settings: SenderSettings,
        transmitter: Transmitter,
        database: Database,
        intake: Intake,
        clock: Callable[[], datetime],
        recorded: Callable[[Collection[AddressId]], None] = lambda _: None,
    ) -> None:
        """`recorded` is told whose messages have a new status, right after the commit."""
        limits = settings.limits
        self._settings = settings
        self._terms = Terms(settings.account, limits, settings.quiet, settings.telling)
        self._most = most_at_once(limits)
        self._transmitter = transmitter
        self._database = database
        self._intake = intake
        self._clock = clock
        self._recorded = recorded
        self._rhythm = Rhythm(
            Pace(settings.per_second or limits.account_per_second),
            Pace(limits.address_per_second, limits.address_burst),
        )
        self._wake = asyncio.Event()
        hooks = Hooks(
            self._persist, self._tell, self._pause, lambda: self._paused_until, recorded,
            self.wake,
        )  # fmt: skip
        self._alterer = Alterer(settings.account, transmitter, database, clock, self._rhythm, hooks)
        self._outcomes: asyncio.Queue[tuple[Claimed, Outcome]] = asyncio.Queue()
        self._in_flight = 0
        self._preparing = 0
        self._paused_until: datetime | None = None
        self._lease: Lease | None = None
        self._is_stopping = False
        self.sent = 0
        self.outcomes: dict[str, int] = {}

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Send for ever. After `stop`, what is under way is finished and recorded."""
        async with asyncio.TaskGroup() as group:
            recorder = group.create_task(self._record_outcomes())
            await self._send_all(group)
            while self._in_flight or self._alterer.under_way:
                self._wake.clear()
                await self._wake.wait()
            recorder.cancel()
        await self._give_back()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when all is recorded."""
        self._is_stopping = True
        self._wake.set()

    async def _send_all(self, group: asyncio.TaskGroup) -> None:
        while not self._is_stopping:
            self._wake.clear()
            nap = _POLL
            try:
                if await self._hold_lease():
                    nap = await self._claim_and_start(group)
            except (Unavailable, Contended) as error:
                log.warning("sender waits for the database", extra=self._extra(error))
            except LeaseLost:
                self._lease = None
            except Exception:
                log.exception("sender stumbled", extra={"account": self._settings.account})
            if nap > 0 and not self._is_stopping:
                await self._rest(nap)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _hold_lease(self) -> bool:
        now = self._clock()
        if self._lease is not None and self._lease.until - now > _RENEW_BELOW:
            return True
        is_new = self._lease is None
        name = f"sender:{self._settings.account}"
        async with self._database.write() as tx:
            self._lease = await tx.leases.claim(name, self._settings.owner, now, now + LEASE)
        if self._lease is not None and is_new:
            log.info("sender holds the account", extra={"account": self._settings.account})
        return self._lease is not None

    async def _claim_and_start(self, group: asyncio.TaskGroup) -> float:
        """Start what may go. How long to rest: 0 when there may be more at once."""
        now = self._clock()
        if self._paused_until is not None and self._paused_until > now:
            return min((self._paused_until - now).total_seconds(), _POLL)
        room = self._most - self._in_flight
        lease = self._lease
        if room <= 0 or lease is None:
            return 0.05
        ahead = self._rhythm.account_reserved - now.timestamp()
        if ahead > LOOKAHEAD.total_seconds() / 2:
            # Enough is claimed for now: a wake-up must not cost a transaction.
            return ahead - LOOKAHEAD.total_seconds() / 4
        async with self._database.read() as tx:
            outlook = await tx.sends.outlook(self._settings.account, now)
        alter_at = outlook.alter_at
        if alter_at is not None and alter_at <= now:
            alter_at = await self._alterer.start(group, lease, room, now)
        nap = await self._start_sending(group, lease, outlook, now)
        return nap if alter_at is None else min(nap, max((alter_at - now).total_seconds(), 0.02))

    async def _start_sending(
        self, group: asyncio.TaskGroup, lease: Lease, outlook: Outlook, now: datetime
    ) -> float:
        due_at = outlook.due_at
        if not (outlook.is_ready or outlook.has_lapsed or (due_at and due_at <= now)):
            return min((due_at - now).total_seconds(), _POLL) if due_at else _POLL
        room = self._most - self._in_flight
        result = await self._database.transact(
            lambda tx: self._claim(tx, lease, room, now, has_lapsed=outlook.has_lapsed)
        )
        for bundle in result.bundles:
            self._in_flight += len(bundle)
            group.create_task(self._send(bundle))
        for claimed in result.raw:
            self._in_flight += 1
            self._preparing += 1
            group.create_task(self._prepare(claimed))
        if result.next_at is None:
            return _POLL
        wait = (result.next_at - self._clock()).total_seconds()
        # With everything ready under way, the next claim waits for room or for an outcome.
        least = 0.0 if result.bundles or result.judged else 0.02
        return min(max(wait, least), _POLL)

    async def _claim(
        self, tx: Tx, lease: Lease, room: int, now: datetime, *, has_lapsed: bool
    ) -> Claim:
        settings = self._settings
        if has_lapsed:
            await settle_lapsed(tx, settings.account, settings.limits, now, settings.telling)
        raw_room = PREPARING_AT_ONCE - self._preparing
        return await claim(tx, self._terms, lease, self._rhythm, room, now, raw_room=raw_room)

    async def _send(self, bundle: Sequence[Claimed]) -> None:
        outcomes: Sequence[Outcome] = [Unknown("cancelled")] * len(bundle)
        try:
            wait = (bundle[0].starts_at - self._clock()).total_seconds()
            if wait > 0:
                await asyncio.sleep(wait)
            outcomes = await self._attempt(bundle)
        finally:
            for claimed, outcome in zip(bundle, outcomes, strict=True):
                self._outcomes.put_nowait((claimed, outcome))

    async def _attempt(self, bundle: Sequence[Claimed]) -> Sequence[Outcome]:
        now = self._clock()
        if self._paused_until is not None and self._paused_until > now:
            return [Throttled(self._paused_until - now)] * len(bundle)
        return await self._transmitter.transmit(bundle)

    async def _prepare(self, claimed: Claimed) -> None:
        """Bring its files to the messenger; then it waits for its turn once more."""
        done: Content | Outcome = Transient("cancelled")
        try:
            done = await self._transmitter.prepare(claimed)
        finally:
            self._preparing -= 1
            if not isinstance(done, Content):
                self._outcomes.put_nowait((claimed, done))
        if not isinstance(done, Content):
            return
        prepared = Prepared(claimed.waiting.id, claimed.attempt, done)
        try:
            await self._persist(lambda tx: tx.sends.prepared([prepared]))
        except Exception:
            # Not recorded, it is prepared once more when its time is over.
            log.exception("files not recorded", extra={"account": self._settings.account})
        finally:
            self._in_flight -= 1
            self._wake.set()

    async def _record_outcomes(self) -> None:
        while True:
            first = await self._outcomes.get()
            # Each write takes the one writer's turn: outcomes gather, as events do.
            if not self._is_stopping:
                await asyncio.sleep(_GATHER)
            batch = [first]
            while len(batch) < AT_ONCE and not self._outcomes.empty():
                batch.append(self._outcomes.get_nowait())
            try:
                await self._record(batch)
            except Exception:
                # Not recorded, they are taken for unknown once their time is over.
                log.exception("outcomes not recorded", extra={"account": self._settings.account})
            self._in_flight -= len(batch)
            self._wake.set()

    async def _record(self, batch: list[tuple[Claimed, Outcome]]) -> None:
        now = self._clock()
        recorded, gone = [], []
        for claimed, outcome in batch:
            send = claimed.waiting
            reaction = react(
                outcome,
                send.cls,
                claimed.attempt,
                now,
                is_idempotent=self._settings.limits.is_idempotent,
            )
            self._count(outcome, reaction.status)
            if reaction.account_paused_until is not None:
                self._pause(outcome, reaction.account_paused_until)
            if reaction.address_is_gone:
                gone.append((send, reaction.error, reaction.address_is_dead))
            recorded.append(
                Recorded(
                    send.id,
                    send.message,
                    send.address,
                    claimed.attempt,
                    reaction.status,
                    reaction.error,
                    reaction.due_at,
                    reaction.external_id,
                    is_free=isinstance(outcome, Throttled),
                )
            )
        limits, telling = self._settings.limits, self._settings.telling
        await self._persist(lambda tx: write_outcomes(tx, recorded, limits, now, telling))
        self._recorded({claimed.waiting.address for claimed, _ in batch})
        for send, reason, is_dead in gone:
            event = SendRefused(send.id, reason, is_dead)
            await self._tell(
                Inbound(
                    account=self._settings.account,
                    user=send.user,
                    key=EventKey(f"refused:{send.id}"),
                    at=now,
                    event=event,
                    address=send.address,
                )
            )

    async def _persist(self, write: Callable[[Tx], Awaitable[None]]) -> None:
        """Until it is written: what is not recorded would be taken for unknown."""
        delay = 0.1
        while True:
            try:
                await self._database.transact(write)
                return
            except (Unavailable, Contended) as error:
                log.warning("outcomes wait for the database", extra=self._extra(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _tell(self, inbound: Inbound) -> None:
        try:
            await self._intake.submit([inbound])
        except (Overloaded, Unavailable, Contended) as error:
            # The next send to this address will be refused and told again.
            log.warning("a refusal was not told", extra=self._extra(error))

    def _pause(self, outcome: Outcome | AlterOutcome, until: datetime) -> None:
        if self._paused_until is None or until > self._paused_until:
            self._paused_until = until
            extra = {"account": self._settings.account, "outcome": type(outcome).__name__}
            log.warning("account pauses", extra={**extra, "until": until.isoformat()})

    def _count(self, outcome: Outcome, status: Status) -> None:
        name = type(outcome).__name__.lower()
        self.outcomes[name] = self.outcomes.get(name, 0) + 1
        self.sent += status is Status.SENT

    async def _give_back(self) -> None:
        if self._lease is None:
            return
        try:
            async with self._database.write() as tx:
                await tx.leases.release(self._lease)
        except (Unavailable, Contended) as error:
            log.warning("lease not given back", extra=self._extra(error))

    def _extra(self, error: Exception) -> dict[str, str]:
        return {"account": self._settings.account, "error": type(error).__name__}
