"""Files that contacts sent: handed on as what they are, never as what they claim to be."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web

from core.content import Media
from core.ids import AccountId, MessageId
from core.messages import Message
from inbox.conversations_api import Fetch
from storage.database import Database

MOST_BYTES = 64 * 2**20
_SECONDS = 120.0
_AT_ONCE = 16
_MAGIC = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png"),
    (re.compile(rb"GIF8[79]a"), "image/gif", "gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", "webp"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav", "wav"),
    (re.compile(rb".{4}ftypM4A", re.DOTALL), "audio/mp4", "m4a"),
    (re.compile(rb".{4}ftyp(?:isom|iso\d|mp4|avc1|MSNV|dash|3gp)", re.DOTALL), "video/mp4", "mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}webm", re.DOTALL), "video/webm", "webm"),
    (re.compile(rb"OggS.{24,30}(?:OpusHead|\x01vorbis|Speex)", re.DOTALL), "audio/ogg", "ogg"),
    (re.compile(rb"ID3|\xff[\xf2\xf3\xfa\xfb]"), "audio/mpeg", "mp3"),
)
_UNSAFE_NAME = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


class FileUnavailable(Exception):
    """The messenger does not give this file (any more): too large, too old, unknown."""

    code = "file_unavailable"


class Files:
    def __init__(self, database: Database, fetch: Fetch) -> None:
        self._database = database
        self._fetch = fetch
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def find(self, message: int, number: int) -> tuple[Message, AccountId, Media] | None:
        """A message's file by its place among the attachments; None for whatever is no file."""
        async with self._database.read() as tx:
            found = await tx.messages.find([MessageId(message)])
            if not found or number >= len(found[0].content.attachments):
                return None
            address = (await tx.addresses.load([found[0].address]))[found[0].address]
        attachment = found[0].content.attachments[number]
        return (found[0], address.account, attachment) if isinstance(attachment, Media) else None

    async def send(
        self, request: web.Request, message: Message, account: AccountId, media: Media
    ) -> web.StreamResponse:
        """Stream it. Shown in place only where its bytes are of a picture, a sound or a film.

        Raises:
            FileUnavailable: before anything was answered.
        """
        if media.ref.startswith(("http://", "https://")):
            raise FileUnavailable("it is at a URL of its own")
        response = web.StreamResponse()
        async with self._room:
            try:
                async with asyncio.timeout(_SECONDS):
                    chunks = await self._fetch(account, media)
                    await _stream(request, response, chunks, message, media)
            except (FileUnavailable, TimeoutError, _TooLarge) as error:
                if not response.prepared:
                    raise FileUnavailable("it did not come") from error
                # The headers are out: a cut connection is the only way left to say no.
                if request.transport is not None:
                    request.transport.abort()
        return response


class _TooLarge(Exception):
    pass


async def _stream(
    request: web.Request,
    response: web.StreamResponse,
    chunks: AsyncIterator[bytes],
    message: Message,
    media: Media,
) -> None:
    first = await anext(chunks, b"")
    kind, extension = sniff(first)
    response.headers.update(_headers(media, message, kind, extension))
    await response.prepare(request)
    await response.write(first)
    total = len(first)
    async for chunk in chunks:
        total += len(chunk)
        if total > MOST_BYTES:
            raise _TooLarge
        await response.write(chunk)
    await response.write_eof()


def sniff(beginning: bytes) -> tuple[str, str]:
    """(type, extension) by the first bytes; ("", "") for what is not shown in place. No SVG."""
    for pattern, kind, extension in _MAGIC:
        if pattern.match(beginning[:128]):
            return kind, extension
    return "", ""


def _headers(media: Media, message: Message, kind: str, extension: str) -> dict[str, str]:
    name = _UNSAFE_NAME.sub("_", media.name).strip(". ")[-120:]
    if not name:
        name = f"{media.kind}-{message.id}" + (f".{extension}" if extension else "")
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    way = "inline" if kind else "attachment"
    return {
        "Content-Type": kind or "application/octet-stream",
        "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=86400, immutable",
    }
