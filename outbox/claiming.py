"""One transaction: which sends may leave now, judged by rows that are fresh and locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from core.channels import Limits
from core.ids import AccountId
from core.messages import Status
from core.outcomes import Unknown, react
from core.policy import PutOff, QuietHours, Send, Suppress, judge
from outbox.pace import Rhythm
from storage.leases import Lease
from storage.sends import Recorded, Waiting
from storage.tx import Tx

HORIZON = timedelta(seconds=1)
"""What is claimed starts within this: consent read earlier would be stale."""
LOOKAHEAD = timedelta(seconds=0.3)
"""How far ahead is claimed: so long at most a reply waits behind what was claimed before it."""
LONGEST_SEND = timedelta(seconds=25)
"""No bot's call takes longer; with the horizon it bounds `sending_until`."""
AT_ONCE = 256


class LeaseLost(Exception):
    """Another process owns this account's sender now."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A send that is ours to make, and when it shall start. `attempt` counts from 1."""

    waiting: Waiting
    attempt: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """`next_at`: when something that was left could go; None when the queue gave all it had."""

    claimed: tuple[Claimed, ...]
    judged: int
    next_at: datetime | None


async def claim(
    tx: Tx,
    account: AccountId,
    lease: Lease,
    rhythm: Rhythm,
    quiet: QuietHours | None,
    room: int,
    now: datetime,
) -> Claim:
    """Claim at most `room` sends; suppress and put off what the policy says.

    Raises:
        LeaseLost: nothing was claimed; stop sending for this account.
    """
    if not await tx.leases.holds(lease, now):
        raise LeaseLost(account)
    if now + HORIZON + LONGEST_SEND > lease.until:
        return Claim((), 0, now)
    await tx.sends.wake(account, now)
    limit = min(AT_ONCE, room, rhythm.most_within(LOOKAHEAD.total_seconds()))
    ready = await tx.sends.ready(account, limit)
    if not ready:
        return Claim((), 0, await tx.sends.next_due_at(account))
    await tx.addresses.lock_ids(candidate.address for candidate in ready)
    waiting = await tx.sends.waiting(candidate.id for candidate in ready)
    claimed, aside, next_at = _judge(waiting, rhythm, quiet, room, now)
    await tx.sends.record(aside, now)
    until = now + HORIZON + LONGEST_SEND
    await tx.sends.claim(
        [one.waiting.id for one in claimed], [one.waiting.message for one in claimed], until
    )
    if next_at is None and len(ready) < limit:
        next_at = await tx.sends.next_due_at(account)
    return Claim(tuple(claimed), len(waiting), next_at or now)


def _judge(
    waiting: list[Waiting],
    rhythm: Rhythm,
    quiet: QuietHours | None,
    room: int,
    now: datetime,
) -> tuple[list[Claimed], list[Recorded], datetime | None]:
    claimed: list[Claimed] = []
    aside: list[Recorded] = []
    next_at: datetime | None = None
    for send in waiting:
        verdict = judge(send.cls, send.expires_at, send.standing, now, quiet)
        match verdict:
            case Suppress(reason):
                aside.append(_recorded(send, Status.SUPPRESSED, reason))
            case PutOff(until, reason):
                aside.append(_recorded(send, Status.QUEUED, reason, until))
            case Send():
                starts_at = _start(send, rhythm, now)
                if len(claimed) >= room or starts_at - now > LOOKAHEAD:
                    next_at = min(starts_at, next_at or starts_at)
                    continue
                rhythm.take(send.address, starts_at.timestamp())
                claimed.append(Claimed(send, send.attempts + 1, starts_at))
            case _:
                assert_never(verdict)
    return claimed, aside, next_at


def _start(send: Waiting, rhythm: Rhythm, now: datetime) -> datetime:
    return datetime.fromtimestamp(rhythm.next_start(send.address, now.timestamp()), now.tzinfo)


async def settle_lapsed(
    tx: Tx, account: AccountId, is_idempotent: bool, now: datetime
) -> Mapping[Status, int]:
    """Sends that a former owner left under way, once their time is over: fate unknown."""
    lapsed = await tx.sends.lapsed(account, now, AT_ONCE)
    counts: dict[Status, int] = {}
    outcomes = []
    for send in lapsed:
        outcome = Unknown("the sender ended while it was under way")
        reaction = react(outcome, send.cls, send.attempts, now, is_idempotent=is_idempotent)
        counts[reaction.status] = counts.get(reaction.status, 0) + 1
        outcomes.append(_recorded(send, reaction.status, reaction.error, reaction.due_at))
    await tx.sends.record(outcomes, now)
    return counts


async def write_outcomes(
    tx: Tx, outcomes: Sequence[Recorded], limits: Limits, now: datetime
) -> None:
    """Record what came of attempts, and what the messenger told of them before we did."""
    await tx.sends.record(outcomes, now)
    if limits.tells_delivered or limits.tells_read:
        sent = [(one.address, one.external_id) for one in outcomes if one.external_id]
        await tx.receipts.catch_up(sent, now)


def _recorded(
    send: Waiting, status: Status, reason: str, due_at: datetime | None = None
) -> Recorded:
    return Recorded(send.id, send.message, send.address, send.attempts, status, reason, due_at)
