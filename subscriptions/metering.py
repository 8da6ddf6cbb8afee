"""How often somebody did something lately, so that nobody does it without end."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
RETRY_AFTER = str(int(WINDOW.total_seconds()))
_MOST_NAMES = 10_000


def visitor_of(address: str) -> str:
    """Whom an IP address stands for: of IPv6 each home has 2⁶⁴, and is one visitor all the same."""
    try:
        known = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(known) >> 64 << 64)}/64"


class Meter:
    """How often something was done in the running window; forgets by itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, name: str, now: datetime) -> bool:
        """`name` is a visitor's IP address, or of whatever else is counted."""
        name = visitor_of(name)
        since, count = self._counts.pop(name, (now, 0))
        if now - since > WINDOW:
            since, count = now, 0
        self._counts[name] = (since, count + 1)
        while len(self._counts) > _MOST_NAMES:
            self._counts.popitem(last=False)
        return count < self._most
