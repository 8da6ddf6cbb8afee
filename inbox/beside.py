"""Writing what stands beside a conversation: notes, labels. All open pages hear of it."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from core.ids import AddressId
from storage.database import Database
from storage.notices import Notice
from storage.tx import Tx


class Beside:
    def __init__(
        self,
        database: Database,
        tell: Callable[[Collection[AddressId]], None],
        process: str,
    ) -> None:
        """`tell` wakes this process's pages; `process` signs what other processes are told."""
        self._database = database
        self._tell = tell
        self._process = process

    @asynccontextmanager
    async def write(self, *addresses: AddressId) -> AsyncIterator[Tx]:
        """One transaction about them; those who look at one are told after its commit."""
        async with self._database.write() as tx:
            yield tx
            await tx.notices.tell(Notice(self._process, addresses=addresses))
        self._tell(addresses)
