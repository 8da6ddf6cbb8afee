"""Opening a database, and transactions on it: one fair writer on SQLite, a pool on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.errors import Unavailable, translate
from storage.tx import Tx

_LOCK_TIMEOUT_MS = 2000
_BUSY_TIMEOUT_MS = 5000


class Database:
    """`write()` and `read()` give a Tx. Every exception but ours rolls back."""

    def __init__(self, url: str) -> None:
        self.url = driver_url(url)
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        # A deferred writer beside others waited up to 941 ms at p99; behind one fair lock 40 ms.
        self._writing = asyncio.Lock()
        if self.is_postgres:
            self._writer = self._reader = _postgres(self.url)
        else:
            self._writer = _sqlite(self.url, writes=True)
            self._reader = _sqlite(self.url, writes=False)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """One transaction that commits at the end.

        Raises:
            Contended, BadData, Unavailable: see `storage.errors`; nothing was written.
        """
        if self.is_postgres:
            async with _transaction(self._writer) as connection:
                yield Tx(connection)
        else:
            async with self._writing, _transaction(self._writer) as connection:
                yield Tx(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """One snapshot to read from; on SQLite a write through it is refused."""
        async with _transaction(self._reader) as connection:
            yield Tx(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection in a writing transaction, for migrations."""
        async with _transaction(self._writer) as connection:
            yield connection

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise translate(error) from error
    except OSError as error:  # asyncpg lets "connection refused" through as it is.
        raise Unavailable(f"{type(error).__name__}: {error.strerror or error}") from error


def driver_url(url: str) -> URL:
    """The URL with its asynchronous driver; an SQLite file's folder is made."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ValueError("database must be sqlite:///path/to/file or postgresql://…")
    Path(parsed.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    return parsed.set(drivername="sqlite+aiosqlite")


def _postgres(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=5,
        pool_timeout=10,
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": 10,
            "command_timeout": 30,
            "server_settings": {"lock_timeout": str(_LOCK_TIMEOUT_MS)},
        },
    )


def _sqlite(url: URL, *, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writes else 4,
        max_overflow=0,
        pool_timeout=30,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        # We begin transactions ourselves: a deferred BEGIN cannot wait for the write lock.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            # Without it REPLACE deletes consent records and no trigger sees it.
            "recursive_triggers = ON",
            "temp_store = MEMORY",
            "cache_size = -32000",
            f"query_only = {'OFF' if writes else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
