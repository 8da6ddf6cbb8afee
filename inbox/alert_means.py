"""By what operators who are away are reached, as their pages need it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.alerts import AlertSettings
from core.ids import AccountId, OperatorId
from dialogues.catalog import Catalog
from inbox.reaching import Reaching
from inbox.rendering import Refused
from inbox.tries import Measure
from subscriptions.minting import Door

HERE = "/me/alerts"
_MOST = 10
"""Words that one operator may have sent, and links, in a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class AlertMeans:
    """`settings` hold for those who chose nothing."""

    reaching: Reaching
    doors: Mapping[AccountId, Door]
    settings: AlertSettings
    catalog: Catalog


class Often:
    """How often somebody lets us send something."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._measure = Measure(_MOST)

    def count(self, operator: OperatorId) -> None:
        """Raises Refused where it is too much."""
        now, name = self._clock(), str(operator)
        if self._measure.wait(name, now) is not None:
            raise Refused("too_many_words", 429)
        self._measure.count(name, now)
