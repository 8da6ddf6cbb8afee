"""Answers that operators edit and delete: claimed, carried out and recorded as sends are."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.contract import Bot, Part
from core.acts import ActRecord, By, Did
from core.altering import (
    Again,
    Alteration,
    AlterOutcome,
    Done,
    Failed,
    Settled,
    Why,
    why_barred,
)
from core.ids import AccountId, ActId, AddressId, TopicId
from core.outcomes import MAX_ATTEMPTS, Throttled, Unknown
from core.people import Address
from core.switching import is_stopped
from core.topics import Subscription
from outbox.claiming import HORIZON, LONGEST_SEND, LOOKAHEAD, LeaseLost
from outbox.pace import Rhythm
from storage.alterations import Due, Ended, Retried
from storage.leases import Lease
from storage.tx import Tx

log = logging.getLogger(__name__)

AT_ONCE = 16
_DID = {Alteration.EDIT: Did.ANSWER_EDITED, Alteration.DELETE: Did.ANSWER_DELETED}


@dataclass(frozen=True, slots=True)
class ClaimedAlteration:
    """One that is ours to carry out, and when it shall start. `attempt` counts from 1."""

    due: Due
    attempt: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class AlterClaim:
    """`refused` are the addresses of those that may not be carried out any more; `next_at` is
    when something that was left could go."""

    claimed: tuple[ClaimedAlteration, ...]
    refused: frozenset[AddressId] = frozenset()
    next_at: datetime | None = None


async def claim_alterations(
    tx: Tx, account: AccountId, lease: Lease, rhythm: Rhythm, room: int, now: datetime
) -> AlterClaim:
    """Claim at most `room` of them, judged by rows that are fresh and locked.

    Raises:
        LeaseLost: nothing was claimed; stop sending for this account.
    """
    if not await tx.leases.holds(lease, now):
        raise LeaseLost(account)
    if room <= 0 or now + HORIZON + LONGEST_SEND > lease.until:
        return AlterClaim((), next_at=now + HORIZON)
    seen = await tx.alterations.due(account, now, min(room, AT_ONCE))
    known = await tx.addresses.lock_ids(one.address for one in seen)
    # Once more: somebody may have had the lock before.
    ids = {one.id for one in seen}
    due = [one for one in await tx.alterations.due(account, now, AT_ONCE) if one.id in ids]
    subscriptions = await tx.subscriptions.load(known) if known else {}
    going, barred = [], []
    for one in due:
        address = known.get(one.address)
        why = _why_not(one, address, subscriptions.get(one.address, {})) if address else Why.GONE
        if why is None:
            going.append(one)
        else:
            barred.append(Ended(one, one.attempts, str(why)))
    await tx.alterations.end(barred, now)
    claimed, next_at = _choose(going, rhythm, now)
    await tx.alterations.claim([one.due.id for one in claimed], now + HORIZON + LONGEST_SEND)
    return AlterClaim(tuple(claimed), frozenset(one.due.address for one in barred), next_at)


def _why_not(due: Due, address: Address, rows: Mapping[TopicId, Subscription]) -> Why | None:
    if due.attempts >= MAX_ATTEMPTS:
        # Whoever had it ended each time: its fate is unknown.
        return Why.NO_ANSWER
    return why_barred(
        due.act,
        is_stopped=is_stopped(address, rows),
        is_left=not address.is_reachable,
        is_shut_out=address.blocked_at is not None,
    )


def _choose(
    going: Sequence[Due], rhythm: Rhythm, now: datetime
) -> tuple[list[ClaimedAlteration], datetime | None]:
    """Each takes its place in the account's rhythm: a messenger counts requests of all kinds."""
    chosen: list[ClaimedAlteration] = []
    for one in going:
        start = rhythm.next_start([one.address], now.timestamp())
        starts_at = datetime.fromtimestamp(start, now.tzinfo)
        if starts_at - now > LOOKAHEAD:
            return chosen, starts_at
        rhythm.take([one.address], start)
        chosen.append(ClaimedAlteration(one, one.attempts + 1, starts_at))
    return chosen, None


async def carry_out(bot: Bot, claimed: ClaimedAlteration, now: datetime) -> AlterOutcome:
    """Ask the messenger; whatever happens is an outcome."""
    due = claimed.due
    if now - claimed.starts_at > HORIZON:
        # The loop was held up: what bars it was read too long ago to be trusted.
        return Throttled(timedelta(0), only_address=True)
    try:
        async with asyncio.timeout(LONGEST_SEND.total_seconds() - 1):
            if due.act is Alteration.EDIT:
                return await bot.edit(due.user, due.external_id, Part(due.content, 0))
            return await bot.delete(due.user, due.external_id)
    except TimeoutError:
        return Unknown("no answer in time")
    except Exception as error:
        log.exception("bot failed", extra={"alteration": due.id})
        return Unknown(type(error).__name__)


async def write_settled(
    tx: Tx, claimed: ClaimedAlteration, settled: Settled, now: datetime
) -> None:
    """Record what came of an attempt. Always allowed: it names the attempt."""
    due = claimed.due
    await tx.addresses.lock_ids([due.address])
    match settled:
        case Again(due_at, is_free):
            await tx.alterations.again([Retried(due, claimed.attempt, due_at, is_free)])
        case Failed():
            await tx.alterations.end([Ended(due, claimed.attempt, settled.error)], now)
        case Done():
            if await tx.alterations.end([Ended(due, claimed.attempt)], now):
                await tx.acts.add_named([_act(due, now)])


def _act(due: Due, now: datetime) -> ActRecord:
    """In the audit log alone: the thread shows it at the answer itself."""
    about = {"message": str(due.message)}
    return ActRecord(
        ActId(due.id), By(due.operator, ""), _DID[due.act], now, about, contact=due.contact
    )
