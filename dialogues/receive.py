"""Events in, one transaction's worth of writes out; the way of every change to an address."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.arrivals import began_by_nothing, written_of
from core.conversations import Conversation
from core.ids import AddressId, MessageId, SessionId, TopicId
from core.inbound import Inbound
from core.messages import Status
from core.topics import Subscription
from dialogues.catalog import Catalog
from dialogues.changes import Acknowledge, Answer, Changes
from dialogues.decide import decide
from dialogues.dossier import Dossier
from dialogues.hooks import Telling
from dialogues.load import Loaded, load
from flows.session import Session
from storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a batch. `answers` are in the order of the events.

    `accounts` have new sends queued; `touched` are addresses whose thread changed; `reports`
    are (flow, step, problem) for the log.
    """

    answers: tuple[Answer, ...]
    acknowledges: tuple[Acknowledge, ...]
    accounts: frozenset[str]
    touched: frozenset[AddressId]
    reports: tuple[tuple[str, str, str], ...]
    has_files: bool = False
    """Something with a file was said."""
    has_told: bool = False
    """Sites are to be told something by their webhooks."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A dossier's rows before the batch."""

    subscriptions: dict[TopicId, Subscription]
    sessions: dict[SessionId, Session]
    conversation: Conversation | None


async def receive(
    tx: Tx,
    inbounds: Sequence[Inbound],
    catalog: Catalog,
    ids: Iterator[int],
    now: datetime,
    late_id: Callable[[], int] | None = None,
) -> Received:
    """Decide these events in order and write what changes. The caller commits.

    A redelivery changes nothing; an event of an account that is not configured, or of our own
    about an address that is gone, is answered "unknown". `late_id` makes ids by the clock as it is
    once the locks are held: by them webhooks keep their order between processes.
    """
    fresh = await tx.events.take([(one.account, one.key) for one in inbounds], now)
    positions: list[int] = []
    for position, inbound in enumerate(inbounds):
        key = (inbound.account, inbound.key)
        if key in fresh:
            fresh.discard(key)
            positions.append(position)
    answers = [Answer("duplicate")] * len(inbounds)
    acting = [p for p in positions if inbounds[p].user and inbounds[p].account in catalog.accounts]
    for position in positions:
        answers[position] = Answer("unknown")
    changes = Changes()
    if not acting:
        return Received(tuple(answers), (), frozenset(), frozenset(), ())
    loaded = await load(tx, [inbounds[p] for p in acting], catalog, changes, ids, now)
    snapshots = {dossier.id: _snapshot(dossier) for dossier in loaded.dossiers.values()}
    telling = Telling(catalog, changes, now) if catalog.hooks else None
    for position in acting:
        inbound = inbounds[position]
        dossier = loaded.dossiers.get((inbound.account, inbound.user))
        if dossier is None:
            continue
        before = telling.before(dossier) if telling is not None else None
        answers[position] = decide(dossier, inbound, loaded.links, loaded.timers, now)
        if telling is not None and before is not None:
            telling.after(dossier, inbound, before)
    touched, settled = await _write(tx, loaded, snapshots, changes, ids, now)
    has_told = False
    if telling is not None:
        has_told = await telling.write(tx, late_id or (lambda: next(ids)), settled)
    return Received(
        answers=tuple(answers),
        acknowledges=tuple(changes.acknowledges),
        accounts=frozenset(
            {one.account for one in changes.sends} | {one.account for one in changes.alterations}
        ),
        touched=touched,
        reports=tuple(changes.reports),
        has_files=bool(changes.files),
        has_told=has_told,
    )


def _snapshot(dossier: Dossier) -> _Snapshot:
    return _Snapshot(dict(dossier.subscriptions), dict(dossier.sessions), dossier.conversation)


async def _write(
    tx: Tx,
    loaded: Loaded,
    snapshots: dict[AddressId, _Snapshot],
    changes: Changes,
    ids: Iterator[int],
    now: datetime,
) -> tuple[frozenset[AddressId], set[MessageId]]:
    dossiers = sorted(loaded.dossiers.values(), key=lambda dossier: dossier.id)
    await _write_people(tx, loaded, dossiers, changes, now)
    await tx.subscriptions.save(
        [
            (dossier.id, row)
            for dossier in dossiers
            for topic, row in dossier.subscriptions.items()
            if snapshots[dossier.id].subscriptions.get(topic) is not row
        ]
    )
    await tx.consents.append(changes.records)
    if changes.arrivals or changes.turned:
        await _write_arrivals(tx, changes, ids)
    await tx.sessions.end(changes.ended)
    await tx.sessions.save(
        [
            (dossier.id, session)
            for dossier in dossiers
            for id_, session in dossier.sessions.items()
            if snapshots[dossier.id].sessions.get(id_) is not session
        ]
    )
    await tx.timers.add([one for one in changes.timers if one.session not in changes.ended])
    await tx.timers.add_calls(
        [one for one in changes.calls if one.session not in changes.ended], now
    )
    await tx.timers.emit(changes.emitted)
    return await _write_thread(tx, dossiers, snapshots, changes, now)


async def _write_arrivals(tx: Tx, changes: Changes, ids: Iterator[int]) -> None:
    await tx.arrivals.add(changes.arrivals)
    began = began_by_nothing(changes.turned)
    # What is subscribed to soon after somebody came by a link, in a flow say, came by it too.
    latest = await tx.arrivals.latest(began) if began else {}
    written = written_of(changes.turned, latest, lambda: next(ids))
    await tx.arrivals.begin(written.begun)
    await tx.arrivals.turn(written.turns)


async def _write_people(
    tx: Tx, loaded: Loaded, dossiers: list[Dossier], changes: Changes, now: datetime
) -> None:
    changed = {
        contact.id: contact
        for id_, contact in loaded.people.items()
        if loaded.people_before[id_] is not contact
    }
    await tx.contacts.save([changed[id_] for id_ in sorted(changed)])
    await tx.contacts.merge(changes.merges)
    await tx.addresses.save(
        [
            (before, dossier.address)
            for dossier in dossiers
            if (before := loaded.before[dossier.id]) is not dossier.address
        ]
    )
    orders = await tx.orders.save(changes.orders, now)
    await tx.orders.show((address, orders[contact, ref]) for address, contact, ref in changes.shown)


async def _write_thread(
    tx: Tx,
    dossiers: list[Dossier],
    snapshots: dict[AddressId, _Snapshot],
    changes: Changes,
    now: datetime,
) -> tuple[frozenset[AddressId], set[MessageId]]:
    """Which addresses changed, and which messages of ours came to something."""
    # What an earlier transaction queued is cancelled before this one's own messages are there.
    settled = await tx.messages.cancel(changes.cancels, "stopped")
    await tx.messages.add(changes.messages)
    await tx.acts.add_named(changes.acts)
    await tx.sends.add(changes.sends)
    await tx.files.expect(changes.files, now)
    await tx.messages.edit(changes.edits)
    await tx.messages.remove(changes.removals)
    await tx.alterations.add(changes.alterations, now)
    settled |= {one.id for one in changes.messages if one.status in (Status.CANCELLED, Status.SENT)}
    settled |= await tx.sends.confirm(changes.shown_by_messenger, now)
    settled |= await tx.receipts.tell(changes.receipts)
    settled |= await tx.receipts.tell_up_to(changes.read_up_to, now)
    talked = [
        dossier
        for dossier in dossiers
        if dossier.conversation is not None
        and snapshots[dossier.id].conversation is not dossier.conversation
    ]
    await tx.conversations.save([d.conversation for d in talked if d.conversation is not None])
    await tx.ratings.ask(changes.asked)
    await tx.ratings.answer(changes.rated)
    await tx.conversations.answered(
        [
            dossier.conversation
            for dossier in talked
            if dossier.conversation is not None
            and dossier.conversation.first_answer_at is not None
            and not _was_answered(snapshots[dossier.id].conversation)
        ]
    )
    touched = {message.address for message in changes.messages}
    touched |= {address for address, *_ in changes.edits} | {dossier.id for dossier in talked}
    touched |= {address for address, *_ in (*changes.removals, *changes.shown_by_messenger)}
    touched |= {one.address for one in changes.receipts}
    touched |= {one.address for one in changes.read_up_to}
    return frozenset(touched | changes.told | set(changes.cancels)), settled


def _was_answered(before: Conversation | None) -> bool:
    return before is not None and before.first_answer_at is not None
