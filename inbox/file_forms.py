"""A form with files: its fields at once, each file as a stream while it comes in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TypeVar

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from core.text import clean
from inbox.forms import read_form
from inbox.rendering import Problem

_PATIENCE = 30.0
"""Seconds without a byte, after which the connection is taken for broken."""
_CHUNK = 64 * 1024
_MOST_TEXT = 1024 * 1024
_PER_FIELD = 100
"""Bytes that a field counts for at least, so that there is an end to empty ones."""

Read = TypeVar("Read")


class FileForm:
    """`fields` are the first of each name, cleaned: all of them stand before the files."""

    def __init__(
        self,
        fields: Mapping[str, str],
        parts: MultipartReader | None = None,
        first: BodyPartReader | None = None,
    ) -> None:
        self.fields = fields
        self.has_files = first is not None and bool(first.filename)
        self._parts = parts
        self._part = first

    async def files(self) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        """(name as the browser says, bytes) of each file, once. Raises Problem, also in bytes."""
        while self._part is not None and self._parts is not None:
            if self._part.filename is None:
                raise Problem(400, "bad_form")
            # A file input in which nothing was chosen sends one part without a name.
            if self._part.filename:
                yield self._part.filename, _chunks(self._part)
            self._part = await _next(self._parts)


async def open_form(request: web.Request) -> FileForm:
    """Read up to the first file. A form without files may also come as a plain one.

    Raises Problem, and what aiohttp raises for too large a body.
    """
    if request.content_type != "multipart/form-data":
        return FileForm(await read_form(request))
    parts = await _patiently(request.multipart())
    fields: dict[str, str] = {}
    room = _MOST_TEXT
    while (part := await _next(parts)) is not None and part.filename is None:
        room -= _PER_FIELD
        value = await _whole(part, room)
        room -= len(value)
        fields.setdefault(part.name or "", _text(value))
    return FileForm(fields, parts, part)


async def _next(parts: MultipartReader) -> BodyPartReader | None:
    part = await _patiently(parts.next())
    if isinstance(part, MultipartReader):
        raise Problem(400, "bad_form")
    return part


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await _patiently(part.read_chunk(_CHUNK)):
        yield chunk


async def _whole(part: BodyPartReader, most: int) -> bytes:
    value = bytearray()
    async for chunk in _chunks(part):
        value += chunk
        if len(value) > most:
            break
    if len(value) > most:
        raise web.HTTPRequestEntityTooLarge(_MOST_TEXT)
    return bytes(value)


def _text(value: bytes) -> str:
    try:
        return clean(value.decode())
    except ValueError as error:
        raise Problem(400, "bad_form") from error


async def _patiently(reading: Awaitable[Read]) -> Read:
    """Wait for the next bytes of the body. Raises Problem where they do not come or fit."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await reading
    except (TimeoutError, ConnectionError, web.RequestPayloadError) as error:
        raise Problem(400, "broken_off") from error
    except (ValueError, LookupError, RuntimeError, HttpProcessingError) as error:
        raise Problem(400, "bad_form") from error
