"""The webhooks of one bot: they add up, and one that only fails lapses in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from sandbox.values import Clock, Json

# The docs: 8 hours without a success and the bot is unsubscribed; nobody is told.
LAPSE_SECONDS: Final = 8 * 3600


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook. No `update_types` means all; `failing_since` is None after a success."""

    url: str
    made_ms: int
    update_types: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    failing_since: float | None = None

    def wants(self, kind: str) -> bool:
        return not self.update_types or kind in self.update_types


class Subscriptions:
    """By address, in the order in which they were added; those that lapsed are not there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_url: dict[str, Subscription] = {}

    def put(self, subscription: Subscription) -> None:
        """Add one, or change the one with this address, which begins anew."""
        self._by_url[subscription.url] = subscription

    def get(self, url: str) -> Subscription | None:
        return next((each for each in self if each.url == url), None)

    def remove(self, url: str) -> None:
        self._by_url.pop(url, None)

    def judged(self, url: str, *, failed: bool) -> None:
        """Remember how a delivery went."""
        known = self._by_url.get(url)
        if known is not None:
            since = (known.failing_since or self._clock()) if failed else None
            self._by_url[url] = replace(known, failing_since=since)

    def clear(self) -> None:
        self._by_url.clear()

    def __iter__(self) -> Iterator[Subscription]:
        now = self._clock()
        for each in list(self._by_url.values()):
            if each.failing_since is None or now - each.failing_since < LAPSE_SECONDS:
                yield each

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def dump(self) -> list[Json]:
        return [asdict(each) for each in self]

    def load(self, data: list[dict[str, Any]]) -> None:
        for each in data:
            self.put(Subscription(**{**each, "update_types": tuple(each["update_types"])}))
