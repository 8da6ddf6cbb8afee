"""Group commit: whatever waits, up to 256 events, becomes one transaction."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from core.ids import AccountId
from core.inbound import Inbound
from dialogues.catalog import Catalog
from dialogues.changes import Answer
from dialogues.receive import Received, receive
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.events import Rejected
from storage.notices import Notice
from storage.tx import Tx

log = logging.getLogger(__name__)

BATCH = 256
QUEUE = 2048
_TRIES = 3


class Overloaded(Exception):
    """The intake is full: answer 503 with Retry-After; the platform comes back."""

    code = "overloaded"


@dataclass(slots=True)
class _Waiting:
    """What one caller handed in, and the answer that they wait for."""

    inbounds: Sequence[Inbound]
    body: bytes
    done: asyncio.Future[tuple[Answer, ...]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Intake:
    """`committed` is called after each commit, at once and on the loop: it must not block."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        ids: Callable[[datetime], int],
        clock: Callable[[], datetime],
        committed: Callable[[Received], None],
        process: str = "",
    ) -> None:
        """`process` signs what other processes are told."""
        self.database = database
        self.catalog = catalog
        self._ids = ids
        self.clock = clock
        self._committed = committed
        self._process = process
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUE)
        self._held: _Waiting | None = None
        self._is_closed = False
        self.rejections = 0
        self.events = 0
        self.batches = 0

    @property
    def depth(self) -> int:
        """How many callers wait."""
        return self._queue.qsize()

    def new_id(self, now: datetime) -> int:
        """An id for a row that a caller wants to name beforehand."""
        return self._ids(now)

    async def submit(self, inbounds: Sequence[Inbound], body: bytes = b"") -> tuple[Answer, ...]:
        """Hand in the events of one request and wait for their commit.

        `body` is kept where one of them turns out to be poisoned (answer "rejected").

        Raises:
            Overloaded: too many wait; nothing was taken.
            Contended, Unavailable: the database did not take it; nothing was written.
        """
        if not inbounds:
            return ()
        if self._is_closed:
            raise Overloaded("the server is stopping")
        waiting = _Waiting(inbounds, body)
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Overloaded(f"{QUEUE} requests wait already") from None
        return await waiting.done

    async def run(self) -> None:
        """Take batches for ever. When cancelled, the batch in hand is finished first."""
        while True:
            batch = await self._next_batch()
            # A batch that has begun ends, whatever else stops: its callers wait for the commit.
            await asyncio.shield(asyncio.ensure_future(self._settle(batch)))

    async def drain(self) -> None:
        """Finish what was handed in, and take nothing more."""
        self._is_closed = True
        while self._held is not None or not self._queue.empty():
            await self._settle(await self._next_batch())

    async def _next_batch(self) -> list[_Waiting]:
        first, self._held = self._held or await self._queue.get(), None
        batch, size = [first], len(first.inbounds)
        while size < BATCH and not self._queue.empty():
            waiting = self._queue.get_nowait()
            if size + len(waiting.inbounds) > BATCH:
                self._held = waiting
                break
            batch.append(waiting)
            size += len(waiting.inbounds)
        return batch

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Answer each of them, one way or another."""
        try:
            await self._commit(batch)
        except (Unavailable, Contended) as error:
            log.warning("the database took no events", extra={"error": type(error).__name__})
            for waiting in batch:
                _fail(waiting, error)
        except Exception as error:  # A culprit among them: halve until it stands alone.
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._settle(batch[:middle])
                await self._settle(batch[middle:])
            else:
                await self._put_aside(batch[0], error)

    async def _commit(self, batch: list[_Waiting]) -> None:
        inbounds = [inbound for waiting in batch for inbound in waiting.inbounds]
        for attempt in range(1, _TRIES + 1):
            try:
                now = self.clock()
                received = await self.database.transact(partial(self._receive, inbounds, now))
                break
            except Contended:
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(0.02 * attempt)
        self.events += len(inbounds)
        self.batches += 1
        self._committed(received)
        answers = iter(received.answers)
        for waiting in batch:
            mine = tuple(next(answers) for _ in waiting.inbounds)
            if not waiting.done.done():
                waiting.done.set_result(mine)

    async def _receive(self, inbounds: Sequence[Inbound], now: datetime, tx: Tx) -> Received:
        received = await receive(
            tx, inbounds, self.catalog, self._numbers(now), now, lambda: self._ids(self.clock())
        )
        notice = Notice(
            self._process,
            tuple(sorted(map(AccountId, received.accounts))),
            tuple(sorted(received.touched)),
            has_files=received.has_files,
        )
        if notice.accounts or notice.addresses:
            await tx.notices.tell(notice)
        return received

    async def _put_aside(self, culprit: _Waiting, error: Exception) -> None:
        first = culprit.inbounds[0]
        log.error(
            "event put aside",
            extra={"account": first.account, "event": first.key, "error": type(error).__name__},
        )
        try:
            await self.reject(first.account, str(first.key), culprit.body, error)
        except (Unavailable, Contended) as trouble:
            _fail(culprit, trouble)
            return
        if not culprit.done.done():
            culprit.done.set_result((Answer("rejected"),) * len(culprit.inbounds))

    async def reject(
        self, account: AccountId, key: str | None, body: bytes, error: Exception
    ) -> None:
        """Keep what cannot be taken, in a transaction of its own, until somebody looks at it."""
        now = self.clock()
        # The class and place say what is wrong; the text of an error may hold the contact's.
        problem = f"{type(error).__name__}: {getattr(error, 'code', '') or _place(error)}"
        async with self.database.write() as tx:
            await tx.events.reject(
                [Rejected(self._ids(now), account, key, body, problem, now)]  # type: ignore[arg-type]
            )
        self.rejections += 1

    def _numbers(self, now: datetime) -> Iterator[int]:
        while True:
            yield self._ids(now)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "no place"
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
