"""Where subscriptions came from: who arrived by which link, and how long they stayed. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.ids import AccountId, AddressId, ArrivalId, SiteId, TopicId
from core.topics import Subscription, SubscriptionState, TopicClass

SOON = timedelta(days=1)
"""What is subscribed to within this time after an arrival counts to it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody came by a link for the first time. `source` and `place` are the link's."""

    id: ArrivalId
    site: SiteId
    source: str
    place: str
    account: AccountId
    address: AddressId
    at: datetime
    had_all: bool = False
    """All that the link would subscribe to was subscribed to before."""


@dataclass(frozen=True, slots=True)
class Turned:
    """An address stands to a topic in another way than before."""

    address: AddressId
    account: AccountId
    site: SiteId
    topic: TopicId
    cls: TopicClass
    before: Subscription | None
    after: Subscription
    arrival: Arrival | None = None
    """By which it came, where it came by a link just now."""
    restored: bool = False
    """A START brought back what a STOP took."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A stretch of a subscription, from its beginning to its end; `subscribed_at` None: pending.

    `arrival` None, `source` and `place` "": it came by no link.
    """

    id: int
    arrival: ArrivalId | None
    site: SiteId
    source: str
    place: str
    account: AccountId
    address: AddressId
    topic: TopicId
    cls: TopicClass
    subscribed_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of the stretch that is stored: the one that ended at `was`, None: the open one.

    `subscribed_at` fills in what was waited for; None leaves it.
    """

    address: AddressId
    topic: TopicId
    was: datetime | None
    subscribed_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Written:
    begun: tuple[Begun, ...]
    turns: tuple[Turn, ...]


def began_by_nothing(turned: Iterable[Turned]) -> set[AddressId]:
    """Who began with a topic, and came by no link just now."""
    return {one.address for one in turned if _begins(one) and one.arrival is None}


def written_of(
    turned: Sequence[Turned],
    latest: Mapping[AddressId, Arrival],
    new_id: Callable[[], int],
) -> Written:
    """What these changes, in their order, make of the stretches. `latest`: who arrived lately."""
    stretches: dict[tuple[AddressId, TopicId], _Stretch] = {}
    begun: list[Begun] = []
    for one in turned:
        key = (one.address, one.topic)
        stretch = stretches.setdefault(key, _Stretch())
        if _begins(one):
            if stretch.new is not None:
                begun.append(stretch.new)
            stretch.new = _begin(one, latest.get(one.address), new_id())
        elif _is_in(one.before) and not _is_in(one.after):
            stretch.end(one.after.since)
        elif one.restored and one.before is not None:
            stretch.reopen(one.before.since)
        elif one.after.is_active and one.before is not None and not one.before.is_active:
            stretch.confirm(one.after.since)
    begun += [one.new for one in stretches.values() if one.new is not None]
    turns = (stretch.turn(*key) for key, stretch in stretches.items())
    return Written(tuple(begun), tuple(turn for turn in turns if turn is not None))


@dataclass(slots=True)
class _Stretch:
    """The newest one of an address and a topic: one that begins now, else the one stored."""

    new: Begun | None = None
    was: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    is_told: bool = False

    def end(self, at: datetime) -> None:
        if self.new is not None:
            self.new = replace(self.new, ended_at=at)
            return
        self.ended_at, self.is_told = at, True

    def reopen(self, ended_at: datetime) -> None:
        if self.new is not None:
            self.new = replace(self.new, ended_at=None)
            return
        if not self.is_told:
            self.was = ended_at
        self.ended_at, self.is_told = None, True

    def confirm(self, at: datetime) -> None:
        if self.new is not None:
            self.new = replace(self.new, subscribed_at=self.new.subscribed_at or at)
            return
        self.confirmed_at, self.is_told = self.confirmed_at or at, True

    def turn(self, address: AddressId, topic: TopicId) -> Turn | None:
        """What the stored one becomes; None where it stays as it is."""
        if not self.is_told:
            return None
        return Turn(address, topic, self.was, self.confirmed_at, self.ended_at)


def _is_in(row: Subscription | None) -> bool:
    return row is not None and row.state is not SubscriptionState.UNSUBSCRIBED


def _begins(one: Turned) -> bool:
    return not _is_in(one.before) and _is_in(one.after) and not one.restored


def _begin(one: Turned, latest: Arrival | None, id_: int) -> Begun:
    arrival = one.arrival
    if arrival is None and latest is not None and _is_soon(latest, one.after.since):
        arrival = latest
    return Begun(
        id=id_,
        arrival=arrival.id if arrival else None,
        site=arrival.site if arrival else one.site,
        source=arrival.source if arrival else "",
        place=arrival.place if arrival else "",
        account=one.account,
        address=one.address,
        topic=one.topic,
        cls=one.cls,
        subscribed_at=one.after.since if one.after.is_active else None,
    )


def _is_soon(arrival: Arrival, at: datetime) -> bool:
    return arrival.at <= at <= arrival.at + SOON
