"""Webhooks to sites are sent from here: one owner for each endpoint, in order for each person."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import assert_never

from core.hooks import (
    Again,
    Answered,
    DeliveryState,
    Done,
    Endpoint,
    GivenUp,
    Gone,
    Verdict,
    judge,
    sign,
)
from dialogues.egress import Egress, NoAnswer
from dialogues.hook_events import body_of
from dialogues.inside import Forbidden
from storage.database import Database
from storage.deliveries import MOST_AT_ONCE, Due, Tried
from storage.errors import Contended, Unavailable
from storage.leases import Lease
from storage.tx import Tx

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Calls that one endpoint gets side by side; a single one while it fails."""
FAILS_AFTER = 5
"""Calls in a row that came to nothing."""
LEASE = timedelta(seconds=60)
_RENEW_BELOW = timedelta(seconds=45)
_LONGEST_CALL = timedelta(seconds=15)
"""A call takes ten seconds at most: nothing is begun that could end after the lease."""
_POLL = 2.0
_GATHER = 0.05
"""Seconds in which outcomes gather for one transaction."""
_NOTED_EVERY = timedelta(minutes=1)
"""That an endpoint is well is written down so often at most."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    due: Due
    answered: Answered
    at: datetime


def event_id(event: int) -> str:
    """What names an event to sites: the same at every try and at every endpoint."""
    return f"evt_{event}"


async def call(
    egress: Egress, endpoint: Endpoint, id_: str, body: bytes, now: datetime
) -> Answered:
    """One try, whatever comes of it; no transaction is open meanwhile."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Parley",
        **sign(endpoint.secrets, id_, now, body),
    }
    began = monotonic()
    try:
        taken = await egress.hand_over(endpoint.url, headers, body)
    except (Forbidden, NoAnswer) as trouble:
        return Answered(0, f"{trouble.code}: {trouble}", millis=_millis(began))
    wait = asked_to_wait(taken.retry_after, now)
    error = "" if 200 <= taken.status < 300 else f"HTTP {taken.status}"
    return Answered(taken.status, error, wait, taken.excerpt, _millis(began))


class Deliverer:
    """Of one endpoint. Any number of processes may run one: only whoever has the lease sends."""

    def __init__(
        self,
        endpoint: Endpoint,
        database: Database,
        egress: Egress,
        owner: str,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`owner` names this process; `chance` spreads the tries."""
        self.endpoint = endpoint
        self._database = database
        self._egress = egress
        self._owner = owner
        self._clock = clock
        self._chance = chance
        self._wake = asyncio.Event()
        self._lease: Lease | None = None
        self._under_way: dict[int, Due] = {}
        self._done: asyncio.Queue[_Outcome] = asyncio.Queue()
        self._failures = 0
        self._paused_until: datetime | None = None
        self._noted_at: datetime | None = None
        self._nap = _POLL
        self.outcomes: dict[str, int] = {}

    def wake(self) -> None:
        """Something is to be told."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever. What is under way when it is cancelled is sent once more later."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._settle_all())
                while True:
                    self._wake.clear()
                    started = 0
                    try:
                        for due in await self.begin():
                            started += 1
                            group.create_task(self._deliver(due))
                    except (Unavailable, Contended) as error:
                        log.warning("webhooks wait for the database", extra=self._extra(error))
                    except Exception:
                        log.exception("webhooks stumbled", extra=self._named())
                    if not started:
                        await self._rest()
        finally:
            await asyncio.shield(self._give_back())

    async def deliver_due(self) -> int:
        """Send what is due now, and settle it; how many calls that were."""
        due = await self.begin()
        outcomes = await asyncio.gather(*(self._attempt(one) for one in due))
        await self._settle(outcomes)
        return len(due)

    async def begin(self) -> list[Due]:
        """Those that may go now; they are under way until they are settled."""
        now = self._clock()
        self._nap = _POLL
        if self._paused_until is not None and now < self._paused_until:
            return []
        room = (1 if self._failures >= FAILS_AFTER else AT_ONCE) - len(self._under_way)
        if room <= 0:
            return []
        async with self._database.read() as tx:
            ahead = await tx.deliveries.ahead(self.endpoint.key)
        if ahead.due_at is None or ahead.due_at > now:
            if ahead.due_at is not None:
                self._nap = min(_POLL, (ahead.due_at - now).total_seconds())
            return []
        if not await self._hold_lease(now):
            return []
        if ahead.is_disabled:
            async with self._database.write() as tx:
                many = await tx.deliveries.switch_off(self.endpoint.key, now)
            if many == MOST_AT_ONCE:
                self._nap = 0.0
            return []
        # From before the look: what is settled during it still waits in what the look shows.
        # And by name, too: whoever becomes somebody else meanwhile stands in another lane.
        begun, lanes = set(self._under_way), {one.lane for one in self._under_way.values()}
        async with self._database.read() as tx:
            found = await tx.deliveries.due(self.endpoint.key, now, room + len(begun))
        chosen = [one for one in found if not (one.id in begun or one.lane in lanes)][:room]
        self._under_way |= {one.id: one for one in chosen}
        return chosen

    async def _hold_lease(self, now: datetime) -> bool:
        if self._lease is None or self._lease.until - now < _RENEW_BELOW:
            name = f"hooks:{self.endpoint.key}"
            async with self._database.write() as tx:
                self._lease = await tx.leases.claim(name, self._owner, now, now + LEASE)
        return self._lease is not None and self._lease.until - now > _LONGEST_CALL

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(max(self._nap, 0.02)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _deliver(self, due: Due) -> None:
        self._done.put_nowait(await self._attempt(due))

    async def _attempt(self, due: Due) -> _Outcome:
        now = self._clock()
        body = body_of(due.type, due.at, due.payload)
        try:
            answered = await call(self._egress, self.endpoint, event_id(due.event), body, now)
        except Exception as error:  # Not even a mistake of ours may lose it.
            log.exception("webhook stumbled", extra=self._named())
            answered = Answered(0, type(error).__name__)
        return _Outcome(due, answered, self._clock())

    async def _settle_all(self) -> None:
        while True:
            batch = [await self._done.get()]
            await asyncio.sleep(_GATHER)
            while not self._done.empty():
                batch.append(self._done.get_nowait())
            verdicts = self._judge(batch)
            delay = 0.1
            while True:
                try:
                    await self._record(batch, verdicts)
                    break
                except (Unavailable, Contended) as error:
                    log.warning("webhooks wait for the database", extra=self._extra(error))
                    await asyncio.sleep(delay)
                    delay = min(delay * 2, 5.0)
                except Exception:
                    # Not recorded, they are sent once more under the same names.
                    log.exception("webhooks not recorded", extra=self._named())
                    for one in batch:
                        self._under_way.pop(one.due.id, None)
                    await asyncio.sleep(delay)
                    break
            self._wake.set()

    async def _settle(self, outcomes: Sequence[_Outcome]) -> None:
        """Judge what came of these, and write it down."""
        verdicts = self._judge(outcomes)
        if outcomes:
            await self._record(outcomes, verdicts)

    def _judge(self, outcomes: Sequence[_Outcome]) -> list[Verdict]:
        verdicts = [
            judge(one.answered, one.due.attempts + 1, one.at, self._chance()) for one in outcomes
        ]
        self._reckon(outcomes, verdicts)
        return verdicts

    async def _record(self, outcomes: Sequence[_Outcome], verdicts: Sequence[Verdict]) -> None:
        now = outcomes[-1].at

        async def write(tx: Tx) -> None:
            pairs = list(zip(outcomes, verdicts, strict=True))
            await tx.deliveries.record([_tried(one, verdict) for one, verdict in pairs])
            await tx.deliveries.hold_back(
                self.endpoint.key,
                [(one.due.lane, v.at) for one, v in pairs if isinstance(v, Again)],
            )
            await self._note(tx, verdicts, now)

        await self._database.transact(write)
        for one in outcomes:
            self._under_way.pop(one.due.id, None)

    def _reckon(self, outcomes: Sequence[_Outcome], verdicts: Sequence[Verdict]) -> None:
        for one, verdict in zip(outcomes, verdicts, strict=True):
            self._failures = 0 if isinstance(verdict, Done) else self._failures + 1
            match verdict:
                case Done():
                    self._count("delivered")
                case Again(until, pauses):
                    self._count("retried")
                    if pauses and (self._paused_until is None or until > self._paused_until):
                        self._paused_until = until
                case GivenUp():
                    self._count("failed")
                    extra = {"event": event_id(one.due.event), "error": one.answered.error}
                    log.error("a webhook is given up", extra={**self._named(), **extra})
                case Gone():
                    self._count("gone")
                    log.error(
                        "an endpoint answered 410 and is switched off; "
                        "the page /deliveries switches it on again",
                        extra=self._named(),
                    )
                case _:
                    assert_never(verdict)

    async def _note(self, tx: Tx, verdicts: Sequence[Verdict], now: datetime) -> None:
        key = self.endpoint.key
        if any(isinstance(one, Gone) for one in verdicts):
            await tx.deliveries.disable(key, now)
            await tx.deliveries.switch_off(key, now)
        if self._failures >= FAILS_AFTER:
            self._noted_at = None
            if await tx.deliveries.note_failing(key, now):
                log.warning("an endpoint fails", extra=self._named())
        elif any(isinstance(one, Done) for one in verdicts) and self._is_to_be_noted(now):
            await tx.deliveries.note_well(key, now)
            self._noted_at = now

    def _is_to_be_noted(self, now: datetime) -> bool:
        return self._noted_at is None or now - self._noted_at >= _NOTED_EVERY

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    async def _give_back(self) -> None:
        if self._lease is None:
            return
        try:
            async with self._database.write() as tx:
                await tx.leases.release(self._lease)
        except (Unavailable, Contended) as error:
            log.warning("lease not given back", extra=self._extra(error))

    def _named(self) -> dict[str, str]:
        return {"site": self.endpoint.site, "endpoint": self.endpoint.key}

    def _extra(self, error: Exception) -> dict[str, str]:
        return {**self._named(), "error": type(error).__name__}


def _tried(outcome: _Outcome, verdict: Verdict) -> Tried:
    due, answered = outcome.due, outcome.answered
    state = DeliveryState.FAILED
    if isinstance(verdict, Done):
        state = DeliveryState.DELIVERED
    elif isinstance(verdict, Again):
        state = DeliveryState.WAITING
    return Tried(
        delivery=due.id,
        attempt=due.attempts + 1,
        number=due.tried + 1,
        state=state,
        at=outcome.at,
        status=answered.status,
        error=answered.error,
        answer=answered.excerpt,
        millis=answered.millis,
        due_at=verdict.at if isinstance(verdict, Again) else None,
    )


def _millis(began: float) -> int:
    return int((monotonic() - began) * 1000)


def asked_to_wait(text: str, now: datetime) -> float | None:
    """Retry-After: a number of seconds, or a date."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
