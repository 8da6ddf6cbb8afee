"""The worker that does to many people what an operator asked for, a batch at a time."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.acts import By, Did
from core.ids import AddressId, ContactId, EventKey, TopicId
from core.inbound import AddedToTopic, Inbound, InBulk, Tagged, TakenFromTopic
from core.people import Address, Contact
from core.topics import Subscription, SubscriptionState
from dialogues.intake import Intake, Overloaded
from inbox.contacts_filter import people_filter_of
from inbox.contacts_rows import Rows
from inbox.journal import Journal
from storage.bulk_acts import BulkAct, BulkKind, BulkState
from storage.database import Database
from storage.directory import Sought
from storage.errors import Contended, Unavailable
from storage.tx import Tx

log = logging.getLogger(__name__)

_AT_ONCE = 100
_EVERY = 1.0
_BREATH = 0.05
"""Between two batches, so that what people write comes through the same door meanwhile."""
_LEASE = timedelta(seconds=30)
_DONE = ("taken", "duplicate")
"""A redelivery is of this very act: the process that took it ended before it could say so."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Whom it is about, and where to tell each of them; nobody: the act has come to its end."""

    people: Sequence[Contact]
    addresses: Sequence[Sequence[Address]]


class BulkWorker:
    """One process at a time does it; `owner` is this one's name."""

    def __init__(
        self, database: Database, intake: Intake, owner: str, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._intake = intake
        self._owner = owner
        self._clock = clock
        self._journal = Journal(lambda: intake.new_id(clock()), clock)

    async def run(self) -> None:
        while True:
            try:
                is_busy = await self.work()
            except (Overloaded, Unavailable, Contended) as error:
                log.warning("acts on many wait", extra={"error": error.code})
                is_busy = False
            except Exception:
                log.exception("acts on many stumbled")
                is_busy = False
            await asyncio.sleep(_BREATH if is_busy else _EVERY)

    async def work(self) -> bool:
        """Do one batch of the oldest act. False: there was nothing to do, or it is another's."""
        async with self._database.read() as tx:
            act = await tx.bulk_acts.running()
        if act is None:
            return False
        now = self._clock()
        async with self._database.write() as tx:
            if await tx.leases.claim("bulk", self._owner, now, now + _LEASE) is None:
                return False
        await self._go_on(act)
        return True

    async def _go_on(self, act: BulkAct) -> None:
        catalog = self._intake.catalog
        wanted = people_filter_of(act.sought, catalog)
        if act.ids is None and wanted.fields != act.sought:
            # A topic or an account that it names is not configured any more: never do more.
            await self._end(act, BulkState.STOPPED)
            return
        async with self._database.read() as tx:
            batch = await self._next(tx, act, wanted.sought(catalog))
        if not batch.people:
            await self._end(act, BulkState.DONE)
            return
        became = await asyncio.gather(*(self._tell(act, where) for where in batch.addresses))
        counts = Counter(became)
        done = sum(counts.pop(name, 0) for name in _DONE)
        gone_on = replace(
            act,
            mark=batch.people[-1].id,
            done=act.done + done,
            left_out=dict(Counter(act.left_out or {}) + counts),
        )
        async with self._database.write() as tx:
            await tx.bulk_acts.go_on(gone_on)

    async def _end(self, act: BulkAct, state: BulkState) -> None:
        async with self._database.write() as tx:
            if not await tx.bulk_acts.end(act.id, state, self._clock()):
                return
            did = Did.BULK_ENDED if state is BulkState.DONE else Did.BULK_STOPPED
            about = {**about_act(act), "many": str(act.done)}
            await tx.acts.add_named([self._journal.act(By(act.operator, ""), did, about)])

    async def _next(self, tx: Tx, act: BulkAct, sought: Sought) -> _Batch:
        if act.ids is not None:
            found = await tx.directory.chosen(act.ids, act.mark)
        else:
            found = await tx.directory.page(sought, _AT_ONCE, act.mark)
        people = found[:_AT_ONCE]
        where: dict[ContactId, list[Address]] = {one.id: [] for one in people}
        if people:
            for person, address in await tx.addresses.of_people(where):
                if address.account in self._intake.catalog.accounts:
                    where[person].append(address)
        ids = [address.id for found_ in where.values() for address in found_]
        rows = await tx.subscriptions.load(ids)
        # What is asked of a messenger is done there; a tag belongs to the person.
        accounts = None if act.kind in (BulkKind.TAG, BulkKind.UNTAG) else sought.accounts
        return _Batch(
            people,
            [
                _places(
                    act,
                    [
                        one
                        for one in where[person.id]
                        if accounts is None or one.account in accounts
                    ],
                    rows,
                )
                for person in people
            ],
        )

    async def _tell(self, act: BulkAct, where: Sequence[Address]) -> str:
        """What became of one person: what became of it at an address where it was done at all."""
        if not where:
            return "unknown"
        now = self._clock()
        answers = [
            # One after another: each for itself, and of one person never two at once.
            (await self._intake.submit([_inbound(act, address, now)]))[0].status
            for address in where
        ]
        return next((one for one in answers if one in _DONE), answers[0])


def about_act(act: BulkAct) -> dict[str, str]:
    """As it stands in the audit log."""
    return {"deed": act.kind, "what": act.what, "many": str(act.planned)}


def _inbound(act: BulkAct, address: Address, now: datetime) -> Inbound:
    return Inbound(
        account=address.account,
        user=address.user,
        key=EventKey(f"bulk:{act.id}:{address.id}"),
        at=now,
        event=_event(act),
        address=address.id,
    )


def _event(act: BulkAct) -> InBulk:
    match act.kind:
        case BulkKind.TAG | BulkKind.UNTAG:
            return Tagged(act.what, act.kind is BulkKind.TAG)
        case BulkKind.SUBSCRIBE:
            return AddedToTopic(TopicId(act.what), act.evidence)
        case BulkKind.UNSUBSCRIBE:
            return TakenFromTopic(TopicId(act.what), act.evidence)


def _places(act: BulkAct, addresses: Sequence[Address], rows: Rows) -> Sequence[Address]:
    """Where it is to be done: a subscription at one address, unsubscribing wherever they are."""
    if act.kind is not BulkKind.UNSUBSCRIBE:
        return sorted(addresses, key=lambda one: _fitness(one, act, rows), reverse=True)[:1]
    topic = TopicId(act.what)
    is_there = [one for one in addresses if _state(one.id, topic, rows) in _ACTIVE]
    return is_there or addresses[:1]


_ACTIVE = (SubscriptionState.SUBSCRIBED, SubscriptionState.PENDING)


def _fitness(address: Address, act: BulkAct, rows: Rows) -> tuple[int, bool, float]:
    """Where they have the topic already, or have left it, comes first: it decides for them all.
    Then where they can be reached, and wrote last."""
    state = _state(address.id, TopicId(act.what), rows)
    known = 0 if act.kind is not BulkKind.SUBSCRIBE or state is None else 1
    known += state in _ACTIVE and known
    is_open = address.is_reachable and address.stop is None
    wrote = address.last_inbound_at
    return known, is_open, wrote.timestamp() if wrote else 0.0


def _state(address: AddressId, topic: TopicId, rows: Rows) -> SubscriptionState | None:
    row: Subscription | None = rows.get(address, {}).get(topic)
    return row.state if row else None
