"""Where the bytes lie: a folder, or a bucket that speaks S3."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult

_CHUNK = 256 * 1024


class StoreFailed(Exception):
    """The folder or the bucket does not do what it is asked for now."""

    code = "media_store_failed"


class Store:
    """Objects by key. Every method raises StoreFailed."""

    def __init__(self, place: str, options: Mapping[str, str]) -> None:
        """`place` is a folder, or s3://bucket/prefix with `options` as obstore's S3Store takes."""
        self._store: LocalStore | S3Store
        if place.startswith("s3://"):
            bucket, _, prefix = place.removeprefix("s3://").partition("/")
            given: dict[str, Any] = dict(options)
            insecure = given.get("endpoint", "").startswith("http://")
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                client_options={"allow_http": insecure, "timeout": "60s"},
                **given,
            )
        else:
            self._store = LocalStore(Path(place), mkdir=True)

    async def put(self, key: str, file: IO[bytes]) -> None:
        """Keep the whole file, read from where it stands."""
        try:
            await obstore.put_async(self._store, key, file)
        except (BaseError, OSError) as error:
            raise StoreFailed(type(error).__name__) from error

    async def open(self, key: str, part: range | None = None) -> AsyncIterator[bytes]:
        """The bytes, all or a part. What is not there fails at once, not at the first chunk."""
        options: GetOptions = {} if part is None else {"range": (part.start, part.stop)}
        try:
            found = await obstore.get_async(self._store, key, options=options)
        except (BaseError, OSError) as error:
            raise StoreFailed(type(error).__name__) from error
        return _chunks(found)

    async def delete(self, key: str) -> None:
        """What is not there any more is no failure."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StoreFailed(type(error).__name__) from error


async def _chunks(found: "GetResult") -> AsyncIterator[bytes]:
    try:
        async for chunk in found.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)
    except (BaseError, OSError) as error:
        raise StoreFailed(type(error).__name__) from error
