"""Opening a database, and transactions on it: one fair writer on SQLite, a pool on PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from storage.errors import Unavailable, translate
from storage.inline import Inline
from storage.tx import Tx

T = TypeVar("T")
_LOCK_TIMEOUT_MS = 2000
_BUSY_TIMEOUT_MS = 5000
_READERS = 2
"""Threads that look for open pages. More would only take turns: Python runs one at a time."""


class Database:
    """`write()` and `read()` give a Tx. Every exception but ours rolls back."""

    def __init__(self, url: str) -> None:
        self.url = driver_url(url)
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        # A deferred writer beside others waited up to 941 ms at p99; behind one fair lock 40 ms.
        self._writing = asyncio.Lock()
        if self.is_postgres:
            self._writer = self._reader = _postgres(self.url)
            self._inline: tuple[Inline, Inline] | None = None
        else:
            self._writer = _sqlite(self.url, writes=True)
            self._reader = _sqlite(self.url, writes=False)
            self._inline = (
                Inline(_sqlite_inline(self.url, writes=True), 1),
                Inline(_sqlite_inline(self.url, writes=False), _READERS),
            )

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

    async def transact(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """The same for work that awaits nothing but its Tx: on SQLite several times faster.

        Raises:
            Contended, BadData, Unavailable: as `write`.
        """
        if self._inline is None:
            async with self.write() as tx:
                return await work(tx)
        writer, _ = self._inline
        async with self._writing:
            return await _inline(writer, work)

    async def look(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """`read` for work that awaits nothing but its Tx: on SQLite several times faster.

        There it runs on another thread, from its first line to its last.

        Raises:
            Contended, Unavailable: as `read`.
        """
        if self._inline is None:
            async with self.read() as tx:
                return await work(tx)
        _, reader = self._inline
        return await _inline(reader, work)

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
        if self._inline is not None:
            for inline in self._inline:
                await inline.close()


async def _inline(inline: Inline, work: Callable[[Tx], Awaitable[T]]) -> T:
    try:
        return await inline.transact(lambda connection: work(Tx(connection)))
    except SQLAlchemyError as error:
        raise translate(error) from error


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


def _json(value: Any) -> str:
    # Seven times faster than json's; and Cyrillic takes a third of the room.
    return to_json(value).decode()


_EMPTY: Mapping[str, Callable[[], Any]] = {"{}": dict, "[]": list}


def _of_json(text: str) -> Any:
    # Most are empty: attributes, tags, options, stacks.
    make = _EMPTY.get(text)
    return json.loads(text) if make is None else make()


def _postgres(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        json_serializer=_json,
        json_deserializer=_of_json,
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
        json_serializer=_json,
        json_deserializer=_of_json,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if writes else 4,
        max_overflow=0,
        pool_timeout=30,
    )

    _prepare(engine.sync_engine, writes=writes)
    return engine


def _sqlite_inline(url: URL, *, writes: bool) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        json_serializer=_json,
        json_deserializer=_of_json,
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    _prepare(engine, writes=writes, cache=16_000 if writes else 2_000)
    return engine


def _prepare(engine: Engine, *, writes: bool, cache: int = 2_000) -> None:
    @event.listens_for(engine, "connect")
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
            # Of each connection, in KiB; six full ones of 32 MB were most of what the server held.
            f"cache_size = -{cache}",
            f"query_only = {'OFF' if writes else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
