"""The files at hand: kept once by what they are, opened by digest, by our own ref or by URL."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from typing import IO, TypeAlias

from core.content import digest_in
from media.kinds import kind_of
from media.store import Store, StoreFailed
from storage.database import Database
from storage.errors import BadData, Contended, Unavailable
from storage.files import StoredFile

_IN_MEMORY = 1024 * 1024
URL_HOLDS = timedelta(hours=24)
"""A picture of a flow is fetched anew once a day: what lies at a URL may change."""
UNUSED = timedelta(days=2)
_AT_A_TIME = 1000
_MOST_FAILURES = 10

Download: TypeAlias = Callable[[str], Awaitable[AsyncIterator[bytes]]]
"""Opens a URL that comes from outside. Raises NotFetched, also while it is read."""


class NotFetched(Exception):
    """Nobody gives this file now. `may_come`: another try makes sense."""

    code = "file_not_fetched"

    def __init__(self, reason: str, *, may_come: bool) -> None:
        super().__init__(reason)
        self.may_come = may_come


class TooLarge(Exception):
    """The file has more bytes than we take."""

    code = "file_too_large"


def url_key(url: str) -> str:
    """What a URL is remembered by; it may be long."""
    return hashlib.sha256(url.encode()).hexdigest()


def is_url(ref: str) -> bool:
    return ref.startswith(("http://", "https://"))


class Library:
    def __init__(
        self,
        database: Database,
        store: Store,
        download: Download,
        clock: Callable[[], datetime],
        most_bytes: int,
    ) -> None:
        self._database = database
        self._store = store
        self._download = download
        self._clock = clock
        self.most_bytes = most_bytes

    async def keep(self, chunks: AsyncIterator[bytes]) -> StoredFile:
        """Keep these bytes. Raises TooLarge, StoreFailed and what the chunks raise."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            digest, mime, size = await _spool(chunks, file, self.most_bytes)
            file.seek(0)
            # The random part: a file that is being dropped and comes again is another one.
            key = f"{digest[:2]}/{digest}-{token_hex(4)}"
            await self._store.put(key, file)
        try:
            async with self._database.write() as tx:
                kept = await tx.files.keep(StoredFile(digest, key, size, mime), self._clock())
                if kept.key != key:
                    await tx.files.doom([key])
        except (Unavailable, Contended, BadData):
            # Nothing was written, so nothing would ever lead to these bytes.
            with suppress(StoreFailed):
                await self._store.delete(key)
            raise
        if kept.key != key:
            with suppress(StoreFailed):
                await _delete(self._database, self._store, [key])
        return kept

    async def find(self, ref: str) -> StoredFile | None:
        """The file behind a ref of ours or, fetched where needed, a URL; None for another's id.

        Raises NotFetched, TooLarge, StoreFailed.
        """
        digest = digest_in(ref)
        if digest is not None:
            async with self._database.read() as tx:
                return (await tx.files.stored([digest])).get(digest)
        if not is_url(ref):
            return None
        key = url_key(ref)
        async with self._database.read() as tx:
            known = (await tx.files.at_urls([key], self._clock() - URL_HOLDS)).get(key)
        if known is not None:
            return known
        file = await self.keep(await self._download(ref))
        async with self._database.write() as tx:
            await tx.files.found_at(key, file.digest, self._clock())
        return file

    async def open(self, file: StoredFile, part: range | None = None) -> AsyncIterator[bytes]:
        """Its bytes, all or a part. Raises StoreFailed, also while it is read."""
        return await self._store.open(file.key, part)

    async def bytes_of(self, file: StoredFile) -> AsyncIterator[bytes]:
        """The same for whoever only iterates."""
        async for chunk in await self.open(file):
            yield chunk

    async def tidy(self) -> int:
        """Drop what nobody uses any more; how many files that were.

        Raises:
            StoreFailed: what is left goes with the next call.
        """
        async with self._database.write() as tx:
            await tx.files.forget(self._clock(), UNUSED, limit=_AT_A_TIME)
        return await delete_doomed(self._database, self._store)

    async def delete_doomed(self) -> None:
        """Bytes that nobody has any more go now, not in an hour. Raises StoreFailed."""
        await delete_all_doomed(self._database, self._store)


async def delete_doomed(database: Database, store: Store) -> int:
    """Delete bytes that no file has any more, up to a thousand; how many went.

    Raises:
        StoreFailed: they stay doomed, and another call tries them again.
    """
    async with database.read() as tx:
        keys = await tx.files.doomed(_AT_A_TIME)
    return await _delete(database, store, keys)


async def delete_all_doomed(database: Database, store: Store) -> None:
    """The same until nothing is left; after the commit that doomed them, never before.

    Raises StoreFailed.
    """
    while await delete_doomed(database, store):
        pass


async def _delete(database: Database, store: Store, keys: Sequence[str]) -> int:
    """Those that fail hold up no others, unless the whole store seems to be down."""
    gone, failures = list[str](), list[StoreFailed]()
    for key in keys:
        try:
            await store.delete(key)
            gone.append(key)
        except StoreFailed as error:
            failures.append(error)
            if len(failures) == _MOST_FAILURES:
                break
    if gone:
        async with database.write() as tx:
            await tx.files.deleted(gone)
    if failures:
        raise failures[0]
    return len(gone)


async def _spool(chunks: AsyncIterator[bytes], file: IO[bytes], most: int) -> tuple[str, str, int]:
    """Digest, media type and size of what was written into `file`."""
    digest, size, beginning = hashlib.sha256(), 0, b""
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise TooLarge(f"more than {most} bytes")
        if len(beginning) < _FIRST:
            beginning += chunk[:_FIRST]
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest(), kind_of(beginning), size


_FIRST = 256
