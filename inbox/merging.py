"""Joining two contacts on purpose, and parting them again: one transaction each.

Addresses are locked before contacts, as every event locks them. The search and the threads of both
sides hear of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.acts import By, Did
from core.conversations import Conversation
from core.ids import AddressId, ContactId, ConversationId, MergeId, SiteId
from core.merging import Nonsense, Stop, joined, nonsense, parted, which_stays
from core.people import Address, Contact
from dialogues.catalog import Catalog
from inbox.journal import Journal
from inbox.search_words import words
from storage.merges import Merge
from storage.tx import Tx


class NotJoined(Exception):
    """Nothing was changed; `why` says what is wrong with it."""

    code = "not_joined"

    def __init__(self, why: Nonsense) -> None:
        super().__init__(why)
        self.why = why


class NothingToUndo(Exception):
    """It is undone already, or was never there."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class _Both:
    """Two contacts that stand for themselves, locked, with where each can be written to."""

    one: Contact
    other: Contact
    addresses: dict[ContactId, list[Address]]


class Merging:
    def __init__(self, catalog: Catalog, journal: Journal) -> None:
        self.catalog = catalog
        self._journal = journal

    async def whom(self, tx: Tx, contact: ContactId) -> ContactId | None:
        """The contact that stands for this one; None for nobody."""
        found = (await tx.contacts.load([contact])).get(contact)
        return (found.merged_into or found.id) if found is not None else None

    def nonsense(
        self,
        one: Contact,
        other: Contact,
        addresses: dict[ContactId, list[Address]],
        *,
        is_sure: bool,
    ) -> Nonsense | None:
        sites = {who.id: self._site(who, addresses.get(who.id, [])) for who in (one, other)}
        return nonsense(one, other, sites, is_sure=is_sure)

    def _site(self, contact: Contact, addresses: Sequence[Address]) -> SiteId | None:
        """Whose customer or visitor somebody is."""
        if contact.site is not None:
            return contact.site
        accounts = self.catalog.accounts
        known = (accounts[one.account].site for one in addresses if one.account in accounts)
        return next(known, None)

    async def merge(
        self, tx: Tx, one: ContactId, other: ContactId, by: By, *, is_sure: bool
    ) -> list[AddressId]:
        """From now on they are one person; whose pages have to hear of it. Raises NotJoined."""
        both = await self._lock(tx, one, other)
        why = self.nonsense(both.one, both.other, both.addresses, is_sure=is_sure)
        if why is not None:
            raise NotJoined(why)
        kept, gone = which_stays(both.one, both.other)
        whole, given = joined(kept, gone)
        _, *moved = await tx.contacts.merged_into(gone.id)
        await tx.contacts.save([whole])
        await tx.contacts.merge([(gone.id, kept.id)])
        await tx.deliveries.follow([(gone.id, kept.id)])
        now, id_ = self._journal.clock(), MergeId(self._journal.new_id())
        await tx.merges.add(Merge(id_, kept.id, gone.id, tuple(moved), given, by.operator, now))
        for this, that in ((kept, gone), (gone, kept)):
            await self._keep(tx, Did.MERGED, by, this.id, that.id, both.addresses[this.id])
        return await _told(tx, [a for found in both.addresses.values() for a in found])

    async def undo(self, tx: Tx, person: ContactId, merge: MergeId, by: By) -> list[AddressId]:
        """The two are two again; whose pages have to hear of it. Raises NothingToUndo."""
        one = await tx.merges.find(merge)
        if one is None:
            raise NothingToUndo
        people = await tx.addresses.of_people([person])
        await tx.addresses.lock_ids(address.id for _, address in people)
        whole = (await tx.contacts.lock([person])).get(person)
        gone = (await tx.contacts.load([one.gone])).get(one.gone)
        # Somebody else may have undone it while we waited for the lock.
        is_there = await tx.merges.find(merge) is not None
        if not is_there or whole is None or gone is None or gone.merged_into != whole.id:
            raise NothingToUndo
        theirs = {one.gone, *one.moved}
        sides = [
            [address for _, address in people if (address.contact in theirs) is is_theirs]
            for is_theirs in (False, True)
        ]
        given = one.given
        if whole.id != one.kept:
            # A link made them another customer's since: a STOP of that one is not ours to lift.
            given = replace(
                given,
                stopped_at=whole.marketing_stopped_at,
                stopped_by=whole.marketing_stopped_by,
            )
        stops = await _stops(tx, whole, [address for _, address in people])
        here, there = (
            [stop for where, stop in stops if where in {address.id for address in side}]
            for side in sides
        )
        mark = whole.marketing_stopped_by
        both = parted(
            whole,
            gone,
            given,
            was_said_there=any(one.by == mark for one in there),
            said_here=max(here, key=_when, default=None),
            said_there=max(there, key=_when, default=None),
        )
        await tx.contacts.save([*both])
        await tx.contacts.part(gone.id, one.moved, whole.id)
        await tx.merges.undone(merge, by.operator, self._journal.clock())
        await self._keep(tx, Did.MERGE_UNDONE, by, whole.id, gone.id, sides[0])
        await self._keep(tx, Did.MERGE_UNDONE, by, gone.id, whole.id, sides[1])
        return await _told(tx, [address for _, address in people])

    async def _lock(self, tx: Tx, one: ContactId, other: ContactId) -> _Both:
        people = await tx.addresses.of_people([one, other])
        await tx.addresses.lock_ids(address.id for _, address in people)
        found = await tx.contacts.lock([one, other])
        # Who was joined with somebody else meanwhile does not stand for themselves any more.
        if any(id_ not in found or found[id_].id != id_ for id_ in (one, other)):
            raise NotJoined(Nonsense.ITSELF)
        addresses: dict[ContactId, list[Address]] = {one: [], other: []}
        for person, address in people:
            addresses[person].append(address)
        return _Both(found[one], found[other], addresses)

    async def _keep(
        self,
        tx: Tx,
        did: Did,
        by: By,
        contact: ContactId,
        other: ContactId,
        addresses: Sequence[Address],
    ) -> None:
        """One line on each side: in the thread where was spoken last."""
        found = (await tx.conversations.load([one.id for one in addresses])).values()
        act = self._journal.act(
            by, did, {"other": str(other)}, contact=contact, conversation=_latest(found)
        )
        await tx.acts.add_many([act])


def _latest(found: Iterable[Conversation]) -> ConversationId | None:
    latest = max(found, key=lambda one: (one.last_message_at, one.id), default=None)
    return latest.id if latest is not None else None


async def _stops(
    tx: Tx, whole: Contact, addresses: Sequence[Address]
) -> list[tuple[AddressId, Stop]]:
    """Where the person's own mark was said, and the STOP in force at each address."""
    found = {
        one.stop: Stop(one.stopped_at, one.stop)
        for one in addresses
        if one.stop is not None and one.stopped_at is not None
    }
    at, by = whole.marketing_stopped_at, whole.marketing_stopped_by
    if at is not None and by is not None:
        found[by] = Stop(at, by)
    return [(where, found[id_]) for id_, where in (await tx.consents.stops(found)).items()]


def _when(stop: Stop) -> tuple[float, int]:
    return stop.at.timestamp(), stop.by


async def _told(tx: Tx, addresses: Sequence[Address]) -> list[AddressId]:
    """The search learns by what else they can be found now."""
    ids = [address.id for address in addresses]
    await tx.search.alone()
    about = await tx.search.about(ids)
    await tx.search.put([(id_, words(text)) for id_, text in sorted(about.items())])
    return ids
