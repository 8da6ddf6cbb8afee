"""Updates that wait for a bot: separate queues, as the platform keeps them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.values import Json

KEPT_SECONDS = 86_400
MOST_PENDING = 20_000
_MOST_SENT = 200
# Bot API 10.3: an empty list of allowed updates means all but these.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Update:
    """`queue` is the chat for messages, the user and the kind for all else."""

    id: int
    kind: str
    queue: str
    body: Json
    at: float


class Updates:
    """Pending updates by queue; ids grow by one. `sent` holds the last ones that were delivered."""

    def __init__(self) -> None:
        self.next_id = 100_001
        self.allowed: list[str] = []
        self.sent: deque[Update] = deque(maxlen=_MOST_SENT)
        self._pending: dict[int, Update] = {}
        self._queues: dict[str, deque[int]] = {}

    def add(self, kind: str, queue: str, payload: Json, now: float) -> Update | None:
        """A new update, or None when the bot did not ask for this kind."""
        if not self._wanted(kind):
            return None
        update = Update(self.next_id, kind, queue, {"update_id": self.next_id, kind: payload}, now)
        self.next_id += 1
        self._keep(update)
        if len(self._pending) > MOST_PENDING:
            self.remove(next(iter(self._pending)))
        return update

    def inject(self, body: Json, queue: str, now: float) -> Update:
        """A body as it stands, whatever it is; gets an id only where it has none."""
        given = body.get("update_id")
        update_id = given if isinstance(given, int) else self.next_id
        self.next_id = max(self.next_id, update_id + 1) if isinstance(given, int) else update_id + 1
        kind = next((key for key in body if key != "update_id"), "")
        update = Update(update_id, kind, queue, {"update_id": update_id, **body}, now)
        self._keep(update)
        return update

    def head(self, queue: str, now: float) -> Update | None:
        """The oldest of a queue; those older than a day are dropped on the way."""
        ids = self._queues.get(queue)
        while ids:
            update = self._pending[ids[0]]
            if now - update.at < KEPT_SECONDS:
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

    def first(self, limit: int, now: float) -> list[Update]:
        """The oldest pending ones in order of id."""
        fresh = [each for each in self._pending.values() if now - each.at < KEPT_SECONDS]
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

    @property
    def queues(self) -> Iterable[str]:
        return tuple(self._queues)

    def __len__(self) -> int:
        return len(self._pending)

    def dump(self) -> Json:
        # Shallow, since bodies never change: a deep copy of many would hold the loop.
        pending = [
            {"id": u.id, "kind": u.kind, "queue": u.queue, "body": u.body, "at": u.at}
            for u in self._pending.values()
        ]
        return {"next_id": self.next_id, "allowed": self.allowed, "pending": pending}

    def load(self, data: Json) -> None:
        self.next_id, self.allowed = data["next_id"], data["allowed"]
        for each in data["pending"]:
            self._keep(Update(**each))

    def _wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def _keep(self, update: Update) -> None:
        self.remove(update.id)
        self._pending[update.id] = update
        self._queues.setdefault(update.queue, deque()).append(update.id)
