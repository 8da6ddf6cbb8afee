"""The shop's own log of webhooks that came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.values import Json

_MOST = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """`times`: how often the same event was sent. `at` in seconds of our clock."""

    id: str
    type: str
    data: Mapping[str, Any]
    at: float
    times: int = 1


class Log:
    """The newest first; those from long ago are forgotten."""

    def __init__(self) -> None:
        self._heard: deque[Heard] = deque(maxlen=_MOST)
        self.refused = 0

    def add(self, heard: Heard) -> bool:
        """False: it had come before. Whoever calls us may call twice."""
        for place, known in enumerate(self._heard):
            if known.id == heard.id:
                again = Heard(known.id, known.type, known.data, known.at, known.times + 1)
                self._heard[place] = again
                return False
        self._heard.appendleft(heard)
        return True

    def __iter__(self) -> Iterator[Heard]:
        return iter(self._heard)

    def clear(self) -> None:
        self._heard.clear()
        self.refused = 0

    def dump(self) -> list[Json]:
        return [asdict(each) for each in self._heard]

    def load(self, data: list[Json]) -> None:
        self._heard = deque((Heard(**each) for each in data), maxlen=_MOST)
