"""When the next sends may leave: the account's rhythm and each address's own."""

from collections.abc import Sequence
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

    def is_rested(self, address: AddressId, now: float) -> bool:
        """Whether this address itself would take a send now."""
        reserved = self.address_reserved.get(address)
        return reserved is None or earliest(self.address, reserved, now) <= now

    def next_start(self, addresses: Sequence[AddressId], now: float) -> float:
        """The soonest start of one request to all of these addresses."""
        soonest = earliest(self.account, self.account_reserved, now)
        for address in addresses:
            reserved = self.address_reserved.get(address)
            if reserved is not None:
                soonest = max(soonest, earliest(self.address, reserved, now))
        return soonest

    def take(self, addresses: Sequence[AddressId], at: float) -> None:
        """One request to these addresses leaves at `at`."""
        self.account_reserved = reserve(self.account, self.account_reserved, at)
        for address in addresses:
            before = self.address_reserved.pop(address, 0.0)
            self.address_reserved[address] = reserve(self.address, before, at)
        if len(self.address_reserved) > _MOST_ADDRESSES:
            self._forget(at)

    def _forget(self, now: float) -> None:
        """Drop addresses that have rested; were there none, the oldest half."""
        resting = [one for one, until in self.address_reserved.items() if until <= now]
        for one in resting or list(self.address_reserved)[: _MOST_ADDRESSES // 2]:
            del self.address_reserved[one]
