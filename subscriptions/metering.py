"""How often somebody did something lately, so that nobody does it without end."""

from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
RETRY_AFTER = str(int(WINDOW.total_seconds()))
_MOST_NAMES = 10_000


class Meter:
    """How often something was done in the running window; forgets by itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, name: str, now: datetime) -> bool:
        since, count = self._counts.pop(name, (now, 0))
        if now - since > WINDOW:
            since, count = now, 0
        self._counts[name] = (since, count + 1)
        while len(self._counts) > _MOST_NAMES:
            self._counts.popitem(last=False)
        return count < self._most
