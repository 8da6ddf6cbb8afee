"""Files of messages: handed on as what they are, never as what they claim to be."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from aiohttp import web

from core.content import Media, digest_in, ref_of
from core.ids import AccountId, MessageId
from core.messages import Direction, Message
from media.answering import NoSuchPart, headers_for, headers_of, part_of
from media.collecting import Fetch
from media.kinds import kind_of, sent_as
from media.library import Library, NotFetched, is_url
from media.names import harmless
from media.store import StoreFailed
from storage.database import Database
from storage.files import FileMark, FileState, StoredFile

_SECONDS = 120.0
_AT_ONCE = 16
_KEPT_AT_ONCE = 8


class FileUnavailable(Exception):
    """The messenger does not give this file (any more): too large, too old, unknown."""

    code = "file_unavailable"


class EmptyFile(Exception):
    """There is not one byte in it."""

    code = "file_empty"


class Files:
    """Stored ones come from the store; one that is not there yet straight from the messenger."""

    def __init__(self, database: Database, library: Library, fetch: Fetch) -> None:
        self._database = database
        self._library = library
        self._fetch = fetch
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._room_to_keep = asyncio.Semaphore(_KEPT_AT_ONCE)
        self.most_bytes = library.most_bytes

    async def keep(self, chunks: AsyncIterator[bytes], name: str) -> Media:
        """Keep a file that is to be sent; its bytes tell as what. Nobody has it yet.

        Raises:
            EmptyFile, TooLarge, StoreFailed; and what the chunks raise.
        """
        async with self._room_to_keep:
            first = await anext(chunks, b"")
            if not first:
                raise EmptyFile
            file = await self._library.keep(_with_first(first, chunks))
        kind = sent_as(file.mime, file.size)
        return Media(kind, ref_of(file.digest), harmless(name), file.mime, file.size)

    async def delete_doomed(self) -> None:
        """What an erasure has doomed. Raises StoreFailed."""
        await self._library.delete_doomed()

    async def find(self, message: int, number: int) -> tuple[Message, AccountId, Media] | None:
        """A message's file by its place among the attachments; None for whatever is no file."""
        async with self._database.read() as tx:
            found = await tx.messages.find([MessageId(message)])
            if not found or number >= len(found[0].content.attachments):
                return None
            address = (await tx.addresses.load([found[0].address]))[found[0].address]
        attachment = found[0].content.attachments[number]
        return (found[0], address.account, attachment) if isinstance(attachment, Media) else None

    async def retry(self, message: Message, number: int, now: datetime) -> bool:
        """Have a file that did not come fetched once more. False: it is not such a one."""
        async with self._database.write() as tx:
            return await tx.files.retry(message.id, number, now)

    async def send(
        self, request: web.Request, message: Message, account: AccountId, media: Media
    ) -> web.StreamResponse:
        """Stream it. Shown in place only where its bytes are of a picture, a sound or a film.

        Raises:
            FileUnavailable: before anything was answered.
        """
        mark = await self.mark(message, media)
        if is_elsewhere(message, media, mark):
            raise FileUnavailable("it is at a URL of its own")
        response = web.StreamResponse()
        async with self._room:
            try:
                async with asyncio.timeout(_SECONDS):
                    stored = mark.file if mark is not None else None
                    chunks = await self._open(request, response, message, account, media, stored)
                    await self._stream(request, response, chunks)
            except (NotFetched, StoreFailed, TimeoutError, _TooLarge) as error:
                if not response.prepared:
                    raise FileUnavailable("it did not come") from error
                # The headers are out: a cut connection is the only way left to say no.
                if request.transport is not None:
                    request.transport.abort()
        return response

    async def _open(
        self,
        request: web.Request,
        response: web.StreamResponse,
        message: Message,
        account: AccountId,
        media: Media,
        stored: StoredFile | None,
    ) -> AsyncIterator[bytes]:
        nameless = f"{media.kind}-{message.id}"
        if stored is not None:
            response.headers.update(headers_of(stored, media.name, nameless))
            return await self._open_part(request, response, stored)
        if digest_in(media.ref) is not None:
            raise FileUnavailable("it is not there any more")
        chunks = await self._fetch(account, media)
        first = await anext(chunks, b"")
        response.headers.update(headers_for(kind_of(first), media.name, nameless))
        return _with_first(first, chunks)

    async def _open_part(
        self, request: web.Request, response: web.StreamResponse, stored: StoredFile
    ) -> AsyncIterator[bytes]:
        response.headers["Accept-Ranges"] = "bytes"
        try:
            part = part_of(request, stored)
        except NoSuchPart:
            response.set_status(416)
            response.headers["Content-Range"] = f"bytes */{stored.size}"
            response.content_length = 0
            return _nothing()
        response.content_length = stored.size if part is None else len(part)
        if part is not None:
            response.set_status(206)
            last = part.stop - 1
            response.headers["Content-Range"] = f"bytes {part.start}-{last}/{stored.size}"
        return await self._library.open(stored, part)

    async def mark(self, message: Message, media: Media) -> FileMark | None:
        """Where this file of the message stands; None for one that is not kept."""
        number = message.content.attachments.index(media)
        async with self._database.read() as tx:
            return (await tx.files.marks([message.id])).get((message.id, number))

    async def _stream(
        self,
        request: web.Request,
        response: web.StreamResponse,
        chunks: AsyncIterator[bytes],
    ) -> None:
        await response.prepare(request)
        total = 0
        async for chunk in chunks:
            total += len(chunk)
            if total > self._library.most_bytes:
                raise _TooLarge
            await response.write(chunk)
        await response.write_eof()


def is_elsewhere(message: Message, media: Media, mark: FileMark | None) -> bool:
    """Whether it is shown from where it lies: what a flow sends from a URL of the shop's.

    What somebody of the shop sent in the messenger itself has a URL as well, but is kept.
    """
    is_kept = mark is not None and mark.state is not FileState.FAILED
    return message.direction is Direction.OUT and is_url(media.ref) and not is_kept


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield


class _TooLarge(Exception):
    pass
