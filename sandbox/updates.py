"""Updates that wait for a bot, in queues that do not wait for each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.values import Clock, Json

FIRST_ID = 100_001
MOST_PENDING = 20_000
_MOST_SENT = 200


@dataclass(frozen=True, slots=True)
class Update:
    """`id` is the sandbox's own number, and the platform's where that numbers its updates.

    `to` names the webhook, where an account can have several.
    """

    id: int
    kind: str
    queue: str
    body: Json
    at: float
    to: str = ""


class Updates:
    """Pending updates by queue; ids grow by one. `sent` holds the last ones that were delivered.

    Those older than `kept_seconds` are dropped.
    """

    def __init__(self, clock: Clock, kept_seconds: float = 86_400) -> None:
        self._clock = clock
        self._kept_seconds = kept_seconds
        self.next_id = FIRST_ID
        self.sent: deque[Update] = deque(maxlen=_MOST_SENT)
        self._pending: dict[int, Update] = {}
        self._queues: dict[str, deque[int]] = {}

    def add(
        self, kind: str, queue: str, body: Json, *, to: str = "", update_id: int | None = None
    ) -> Update:
        """A new update, with the next id where none is given; the oldest goes when too many."""
        number = self.next_id if update_id is None else update_id
        self.next_id = max(self.next_id, number + 1)
        update = Update(number, kind, queue, body, self._clock(), to)
        self._keep(update)
        if len(self._pending) > MOST_PENDING:
            self.remove(next(iter(self._pending)))
        return update

    def head(self, queue: str) -> Update | None:
        """The oldest of a queue; those that are too old are dropped on the way."""
        ids = self._queues.get(queue)
        while ids:
            update = self._pending[ids[0]]
            if self._is_fresh(update):
                return update
            self.remove(update.id)
            ids = self._queues.get(queue)
        return None

    def delivered(self, update: Update) -> None:
        self.sent.append(update)
        self.remove(update.id)

    def remove(self, update_id: int) -> None:
        update = self._pending.pop(update_id, None)
        if update is None:
            return
        ids = self._queues[update.queue]
        if ids[0] == update_id:
            ids.popleft()
        else:
            ids.remove(update_id)
        if not ids:
            del self._queues[update.queue]

    def confirm(self, offset: int) -> None:
        """Drop what a getUpdates offset confirms: all below it, or all but the last -offset."""
        ids = sorted(self._pending)
        done = [each for each in ids if each < offset] if offset > 0 else ids[:offset]
        for update_id in done:
            self.delivered(self._pending[update_id])

    def first(self, limit: int) -> list[Update]:
        """The oldest pending ones in order of id."""
        fresh = [each for each in self._pending.values() if self._is_fresh(each)]
        return sorted(fresh, key=lambda each: each.id)[:limit]

    def last_sent(self, count: int) -> list[Update]:
        return list(self.sent)[-count:]

    def find(self, update_id: int) -> Update | None:
        """A pending update, else one that was delivered lately."""
        lately = {each.id: each for each in self.sent}
        return self._pending.get(update_id) or lately.get(update_id)

    def clear(self) -> None:
        self._pending.clear()
        self._queues.clear()

    def reset(self) -> None:
        """Forget all, those that were sent and the numbers too."""
        self.clear()
        self.sent.clear()
        self.next_id = FIRST_ID

    @property
    def queues(self) -> Iterable[str]:
        return tuple(self._queues)

    def __len__(self) -> int:
        return len(self._pending)

    def dump(self) -> Json:
        # Shallow, since bodies never change: a deep copy of many would hold the loop.
        pending = [
            {"id": u.id, "kind": u.kind, "queue": u.queue, "body": u.body, "at": u.at, "to": u.to}
            for u in self._pending.values()
        ]
        return {"next_id": self.next_id, "pending": pending}

    def load(self, data: Json) -> None:
        self.next_id = data["next_id"]
        for each in data["pending"]:
            self._keep(Update(**each))

    def _is_fresh(self, update: Update) -> bool:
        return self._clock() - update.at < self._kept_seconds

    def _keep(self, update: Update) -> None:
        self.remove(update.id)
        self._pending[update.id] = update
        self._queues.setdefault(update.queue, deque()).append(update.id)
