"""A rate as a leaky bucket (generic cell rate algorithm)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

_KEEP = 10_000


@dataclass(slots=True)
class Bucket:
    """Lets `per_second` pass on average and `burst` at once; times are seconds of any clock."""

    per_second: float
    burst: int
    _full_until: dict[Hashable, float] = field(default_factory=dict)

    def wait(self, key: Hashable, now: float, count: int = 1) -> float:
        """Seconds until `count` more would pass; 0 when they pass now. Takes nothing."""
        start = max(self._full_until.get(key, now), now)
        return max(0.0, start + (count - self.burst) / self.per_second - now)

    def take(self, key: Hashable, now: float, count: int = 1) -> None:
        start = max(self._full_until.get(key, now), now)
        self._full_until[key] = start + count / self.per_second
        if len(self._full_until) > _KEEP:
            self._full_until = {k: t for k, t in self._full_until.items() if t > now}
