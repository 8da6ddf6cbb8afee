"""When the next sends may leave: the account's rhythm and each address's own."""

from dataclasses import dataclass, field

from core.ids import AddressId
from core.pacing import Pace, earliest, reserve

_MOST_ADDRESSES = 20_000


@dataclass(slots=True)
class Rhythm:
    """Times are seconds of one clock. A fresh one starts without a burst."""

    account: Pace
    address: Pace
    account_reserved: float = 0.0
    address_reserved: dict[AddressId, float] = field(default_factory=dict)

    def most_within(self, seconds: float) -> int:
        """How many sends are worth looking at for that time: some may be suppressed."""
        return 8 + 2 * int(self.account.per_second * seconds)

    def next_start(self, address: AddressId, now: float) -> float:
        """The soonest start of a send to this address."""
        soonest = earliest(self.account, self.account_reserved, now)
        reserved = self.address_reserved.get(address)
        if reserved is None:
            return soonest
        return max(soonest, earliest(self.address, reserved, now))

    def take(self, address: AddressId, at: float) -> None:
        """A send to this address leaves at `at`."""
        self.account_reserved = reserve(self.account, self.account_reserved, at)
        before = self.address_reserved.pop(address, 0.0)
        self.address_reserved[address] = reserve(self.address, before, at)
        if len(self.address_reserved) > _MOST_ADDRESSES:
            self._forget(at)

    def _forget(self, now: float) -> None:
        """Drop addresses that have rested; were there none, the oldest half."""
        resting = [one for one, until in self.address_reserved.items() if until <= now]
        for one in resting or list(self.address_reserved)[: _MOST_ADDRESSES // 2]:
            del self.address_reserved[one]
