"""What became of visits: one look at the database for every browser that waits."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.channels import Channel
from core.ids import TopicId
from core.topics import Subscription, SubscriptionState
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.links import Awaited
from storage.tx import Tx

log = logging.getLogger(__name__)


class State(StrEnum):
    WAITING = "waiting"
    STARTED = "started"
    """They came; nothing was to be subscribed to."""
    PENDING = "pending"
    """The messenger asks them Yes or No."""
    SUBSCRIBED = "subscribed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a visit: in which messenger, and which of its topics they get there."""

    state: State
    channel: Channel | None = None
    topics: tuple[TopicId, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.state in (State.SUBSCRIBED, State.EXPIRED)


async def read_visits(
    tx: Tx, visits: Collection[str], now: datetime
) -> dict[tuple[str, str], Became]:
    """By (site, visit); one that nobody made is not there."""
    awaited = await tx.links.awaited(visits)
    came = {one.came[1] for one in awaited if one.came is not None}
    subscriptions = await tx.subscriptions.load(came)
    found: dict[tuple[str, str], Became] = {}
    for one in awaited:
        address = one.came[1] if one.came is not None else None
        rows = subscriptions.get(address, {}) if address is not None else {}
        found[one.link.claims.site, one.link.visit] = _became(one, rows, now)
    return found


def _became(one: Awaited, rows: Mapping[TopicId, Subscription], now: datetime) -> Became:
    if one.link.expires_at <= now:
        return Became(State.EXPIRED)
    if one.came is None:
        return Became(State.WAITING)
    channel, _ = one.came
    wanted = {topic: rows[topic] for topic in one.link.claims.agreed or () if topic in rows}
    taken = tuple(sorted(topic for topic, row in wanted.items() if row.is_active))
    if taken:
        return Became(State.SUBSCRIBED, channel, taken)
    is_asked = any(row.state is SubscriptionState.PENDING for row in wanted.values())
    return Became(State.PENDING if is_asked else State.STARTED, channel)


class Watch:
    """One browser that waits. It is told what changed since it was last told."""

    def __init__(self, site: str, visit: str) -> None:
        self.site = site
        self.visit = visit
        self._event = asyncio.Event()
        self._became: Became | None = None
        self._told: Became | None = None
        self.is_closed = False

    def put(self, became: Became) -> None:
        self._became = became
        if became != self._told:
            self._event.set()

    def close(self) -> None:
        self.is_closed = True
        self._event.set()

    async def wait(self, seconds: float) -> Became | None:
        """None after that long without news."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()
        if self._became == self._told:
            return None
        self._told = self._became
        return self._became


class Waiting:
    """Looks when something was committed, and every two seconds; and only while anybody waits.

    `together`: how long what commits is gathered, so that a busy intake costs few looks.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        every: float = 2.0,
        together: float = 0.25,
    ) -> None:
        self._database = database
        self._clock = clock
        self._every = every
        self._together = together
        self._watches: set[Watch] = set()
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._watches)

    def wake(self) -> None:
        """Something was committed, here or elsewhere."""
        if self._watches:
            self._event.set()

    def close(self) -> None:
        """The server stops."""
        self._is_closed = True
        for watch in self._watches:
            watch.close()

    async def look(self, site: str, visit: str) -> Became | None:
        """What became of one visit, asked for once. Raises Unavailable, Contended."""
        now = self._clock()
        found = await self._database.look(lambda tx: read_visits(tx, [visit], now))
        return found.get((site, visit))

    @asynccontextmanager
    async def watch(self, site: str, visit: str) -> AsyncIterator[Watch]:
        watch = Watch(site, visit)
        if self._is_closed:
            watch.close()
        self._watches.add(watch)
        self._event.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield watch
        finally:
            self._watches.discard(watch)
            if not self._watches and self._task is not None:
                task, self._task = self._task, None
                task.cancel()
                await asyncio.wait([task])

    async def _run(self) -> None:
        while not self._is_closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._event.wait()
            await asyncio.sleep(self._together)
            self._event.clear()
            try:
                await self._tell([*self._watches])
            except Exception:
                log.exception("visits were not looked at")

    async def _tell(self, watches: list[Watch]) -> None:
        visits = {watch.visit for watch in watches}
        now = self._clock()
        try:
            found = await self._database.look(lambda tx: read_visits(tx, visits, now))
        except (Unavailable, Contended) as error:
            log.warning("visits wait for the database", extra={"error": error.code})
            return
        for watch in watches:
            became = found.get((watch.site, watch.visit))
            if became is not None:
                watch.put(became)
