"""Ids made before the rows are: 41 bits of milliseconds, 10 of the node, 12 of a counter."""

from datetime import UTC, datetime, timedelta
from threading import Lock

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_EPOCH = EPOCH.timestamp()
_NODE_BITS, _COUNTER_BITS = 10, 12
NODES = 1 << _NODE_BITS


class Ids:
    """Growing ids, unique among up to 1,024 nodes. Any thread may ask."""

    def __init__(self, node: int) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"a node's number is from 0 to {NODES - 1}, not {node}")
        self._node = node << _COUNTER_BITS
        self._millisecond = 0
        self._counter = 0
        self._lock = Lock()

    def next(self, now: datetime) -> int:
        """Greater than all before, also when the clock went back."""
        wanted = int((now.timestamp() - _EPOCH) * 1000)
        with self._lock:
            millisecond = max(wanted, self._millisecond)
            self._counter = self._counter + 1 if millisecond == self._millisecond else 0
            if self._counter >> _COUNTER_BITS:
                millisecond, self._counter = millisecond + 1, 0
            self._millisecond = millisecond
            return (millisecond << (_NODE_BITS + _COUNTER_BITS)) | self._node | self._counter


def floor(at: datetime) -> int:
    """Ids made from this moment on are not smaller."""
    return max(0, int((at.timestamp() - _EPOCH) * 1000)) << (_NODE_BITS + _COUNTER_BITS)


def earlier(id_: int, span: timedelta) -> int:
    """Ids made not longer than `span` before this one are greater."""
    return max(0, id_ - ((int(span.total_seconds() * 1000) + 1) << (_NODE_BITS + _COUNTER_BITS)))
