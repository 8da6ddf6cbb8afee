"""One transaction: which sends may leave now, judged by rows that are fresh and locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from core.channels import Limits
from core.ids import AccountId, SendId
from core.messages import Status
from core.outcomes import Outcome, Transient, Unknown, react
from core.policy import PutOff, QuietHours, Send, Suppress, judge
from dialogues.hook_statuses import StatusTelling
from outbox.bundles import bundles, shared_number
from outbox.files import needs_preparing, with_known_names
from outbox.pace import Rhythm
from storage.leases import Lease
from storage.sends import Recorded, Waiting
from storage.tx import Tx

HORIZON = timedelta(seconds=1)
"""What is claimed starts within this: consent read earlier would be stale."""
LOOKAHEAD = timedelta(seconds=0.3)
"""How far ahead is claimed: so long at most a reply waits behind what was claimed before it."""
PREPARING = timedelta(minutes=5)
"""So long may bringing a file to a messenger take."""
LONGEST_SEND = timedelta(seconds=25)
"""No bot's call takes longer; with the horizon it bounds `sending_until`."""
AT_ONCE = 256


class LeaseLost(Exception):
    """Another process owns this account's sender now."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose sends are claimed, what they are judged by, and who tells sites what became of them."""

    account: AccountId
    limits: Limits
    quiet: QuietHours | None = None
    telling: StatusTelling | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A send that is ours to make, and when it shall start. `attempt` counts from 1."""

    waiting: Waiting
    attempt: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """`bundles` are sends that go together, one request each; `raw` those whose files must be
    brought to the messenger first.

    `next_at`: when something that was left could go; None when the queue gave all it had.
    """

    bundles: tuple[tuple[Claimed, ...], ...]
    judged: int
    next_at: datetime | None
    raw: tuple[Claimed, ...] = ()

    @property
    def claimed(self) -> tuple[Claimed, ...]:
        return tuple(one for bundle in self.bundles for one in bundle)


async def claim(
    tx: Tx,
    terms: Terms,
    lease: Lease,
    rhythm: Rhythm,
    room: int,
    now: datetime,
    *,
    raw_room: int = 4,
) -> Claim:
    """Claim at most `room` sends; suppress and put off what the policy says.

    At most `raw_room` of those whose files are not with the messenger yet.

    Raises:
        LeaseLost: nothing was claimed; stop sending for this account.
    """
    account = terms.account
    if not await tx.leases.holds(lease, now):
        raise LeaseLost(account)
    if now + HORIZON + LONGEST_SEND > lease.until:
        return Claim((), 0, now)
    await tx.sends.wake(account, now)
    limit = min(most_at_once(terms.limits), room, _worth_looking_at(rhythm, terms.limits))
    ready = await tx.sends.ready(account, limit)
    if not ready:
        return Claim((), 0, await tx.sends.next_due_at(account))
    await tx.addresses.lock_ids(candidate.address for candidate in ready)
    waiting = await tx.sends.waiting(candidate.id for candidate in ready)
    going, aside = _judge(waiting, terms.quiet, now)
    await _record(tx, aside, terms.telling, now)
    going, raw = await _by_readiness(tx, terms, going, now)
    raw = raw[:raw_room]
    result = _choose(going, rhythm, terms.limits, room, now)
    claimed = result.claimed
    await tx.sends.claim(
        [one.waiting.id for one in claimed],
        [one.waiting.message for one in claimed],
        now,
        now + HORIZON + LONGEST_SEND,
    )
    await tx.sends.number(_numbers(result, terms.limits))
    await tx.sends.claim(
        [one.id for one in raw], [one.message for one in raw], now, now + PREPARING
    )
    next_at = result.next_at
    has_moved = bool(claimed or raw or aside)
    if next_at is None and (len(ready) < limit or not has_moved):
        next_at = await tx.sends.next_due_at(account)
    preparing = tuple(Claimed(send, send.attempts + 1, now) for send in raw)
    # Where nothing could move, only a wake-up helps: what is under way ends with one.
    return Claim(result.bundles, len(waiting), next_at or (now if has_moved else None), preparing)


async def _by_readiness(
    tx: Tx, terms: Terms, going: list[Waiting], now: datetime
) -> tuple[list[Waiting], list[Waiting]]:
    """Those that can be sent as they are, and those whose files must be brought first."""
    raw = [send for send in going if needs_preparing(send.content, terms.limits)]
    if not raw:
        return going, []
    contents = await with_known_names(tx, terms.account, [send.content for send in raw], now)
    named = {
        send.id: replace(send, content=content) for send, content in zip(raw, contents, strict=True)
    }
    known = [named.get(send.id, send) for send in going]
    # As it is sent it is kept: what lapses with its files in place may have arrived.
    await tx.sends.rename([(send.id, send.content) for send in known if send.id in named])
    return (
        [send for send in known if not needs_preparing(send.content, terms.limits)],
        [send for send in known if needs_preparing(send.content, terms.limits)],
    )


def most_at_once(limits: Limits) -> int:
    """Sends that one claim takes, and that may be under way."""
    return AT_ONCE * min(4, _per_request(limits))


def _per_request(limits: Limits) -> int:
    return max(limits.contents_per_request, limits.receivers_per_request)


def _worth_looking_at(rhythm: Rhythm, limits: Limits) -> int:
    return rhythm.most_within(LOOKAHEAD.total_seconds()) * _per_request(limits)


def _judge(
    waiting: list[Waiting], quiet: QuietHours | None, now: datetime
) -> tuple[list[Waiting], list[Recorded]]:
    """Those that may go, and what becomes of the others."""
    going: list[Waiting] = []
    aside: list[Recorded] = []
    for send in waiting:
        verdict = judge(send.cls, send.expires_at, send.standing, now, quiet)
        match verdict:
            case Suppress(reason):
                aside.append(_recorded(send, Status.SUPPRESSED, reason))
            case PutOff(until, reason):
                aside.append(_recorded(send, Status.QUEUED, reason, until))
            case Send():
                going.append(send)
            case _:
                assert_never(verdict)
    return going, aside


def _choose(
    going: list[Waiting], rhythm: Rhythm, limits: Limits, room: int, now: datetime
) -> Claim:
    """Those whose time to start is near, each request at its place in the account's rhythm."""
    chosen: list[tuple[Claimed, ...]] = []
    next_at: datetime | None = None
    seconds = now.timestamp()

    def may_go_now(send: Waiting) -> bool:
        return rhythm.is_rested(send.address, seconds)

    for bundle in bundles(going, limits, may_go_now):
        addresses = [send.address for send in bundle]
        start = rhythm.next_start(addresses, seconds)
        starts_at = datetime.fromtimestamp(start, now.tzinfo)
        if len(bundle) > room or starts_at - now > LOOKAHEAD:
            next_at = min(starts_at, next_at or starts_at)
            continue
        room -= len(bundle)
        rhythm.take(addresses, start)
        chosen.append(tuple(Claimed(send, send.attempts + 1, starts_at) for send in bundle))
    return Claim(tuple(chosen), len(going), next_at)


def _numbers(claim_: Claim, limits: Limits) -> list[tuple[SendId, int]]:
    """(send, random id) of those that leave as one message for many."""
    if not limits.is_idempotent:
        return []
    return [
        (one.waiting.id, number)
        for bundle in claim_.bundles
        if (number := shared_number(tuple(one.waiting for one in bundle))) is not None
        for one in bundle[1:]
    ]


async def settle_lapsed(
    tx: Tx,
    account: AccountId,
    limits: Limits,
    now: datetime,
    telling: StatusTelling | None = None,
) -> Mapping[Status, int]:
    """Sends that a former owner left under way, once their time is over: fate unknown.

    Of those whose files were still to be brought nothing has left.
    """
    lapsed = await tx.sends.lapsed(account, now, AT_ONCE)
    counts: dict[Status, int] = {}
    outcomes = []
    for send in lapsed:
        outcome: Outcome = Unknown("the sender ended while it was under way")
        if needs_preparing(send.content, limits):
            outcome = Transient("the sender ended before its files were there")
        since = (send.under_way_until or now) - LONGEST_SEND
        is_idempotent = limits.is_idempotent and now - since < limits.idempotent_for
        reaction = react(outcome, send.cls, send.attempts, now, is_idempotent=is_idempotent)
        counts[reaction.status] = counts.get(reaction.status, 0) + 1
        outcomes.append(_recorded(send, reaction.status, reaction.error, reaction.due_at))
    await _record(tx, outcomes, telling, now)
    return counts


async def write_outcomes(
    tx: Tx,
    outcomes: Sequence[Recorded],
    limits: Limits,
    now: datetime,
    telling: StatusTelling | None = None,
) -> None:
    """Record what came of attempts, and what the messenger told of them before we did."""
    is_told = limits.tells_delivered or limits.tells_read
    if is_told:
        # Receipts lock the address too: whoever comes second sees what the first wrote.
        await tx.addresses.lock_ids(one.address for one in outcomes)
    await _record(tx, outcomes, telling, now)
    if is_told:
        sent = [(one.address, one.external_id) for one in outcomes if one.external_id]
        climbed = await tx.receipts.catch_up(sent, now)
        if telling is not None:
            await telling.tell(tx, climbed, now)


async def _record(
    tx: Tx, outcomes: Sequence[Recorded], telling: StatusTelling | None, now: datetime
) -> None:
    await tx.sends.record(outcomes, now)
    if telling is not None:
        settled = {one.message for one in outcomes if one.status is not Status.QUEUED}
        await telling.tell(tx, settled, now)


def _recorded(
    send: Waiting, status: Status, reason: str, due_at: datetime | None = None
) -> Recorded:
    return Recorded(send.id, send.message, send.address, send.attempts, status, reason, due_at)
