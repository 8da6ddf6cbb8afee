"""Live news of a chat for the phone pages that show it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sandbox.values import Json

_WAITING = 500


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: `kind` is message, gone, state, toast or typing."""

    kind: str
    data: Json


# A listener that fell behind, or the end of the sandbox: the page reloads or goes.
CLOSED: Final = News("closed", {})
Place = tuple[str, int]
"""The account's key and the person's id."""


class Hub:
    def __init__(self) -> None:
        self._listeners: dict[Place, set[asyncio.Queue[News]]] = {}
        self._closed = False

    def tell(self, place: Place, kind: str, **data: object) -> None:
        listeners = self._listeners.get(place)
        if not listeners:
            return
        for queue in list(listeners):
            _offer(queue, News(kind, data))

    @contextmanager
    def listen(self, place: Place) -> Iterator[asyncio.Queue[News]]:
        queue: asyncio.Queue[News] = asyncio.Queue(_WAITING)
        self._listeners.setdefault(place, set()).add(queue)
        if self._closed:
            _offer(queue, CLOSED)
        try:
            yield queue
        finally:
            self._listeners[place].discard(queue)
            if not self._listeners[place]:
                del self._listeners[place]

    def close(self) -> None:
        self._closed = True
        for listeners in self._listeners.values():
            for queue in listeners:
                _offer(queue, CLOSED)


def _offer(queue: asyncio.Queue[News], news: News) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        news = CLOSED
    queue.put_nowait(news)
