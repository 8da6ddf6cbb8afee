"""Bodies of requests, read in full: raw, urlencoded and multipart."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web


class BodyTooLarge(Exception):
    """The body has more bytes than the double takes."""


class BadBody(ValueError):
    """The body is not what its type says; the words say why."""


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    fields: dict[str, str]
    uploads: dict[str, Upload] = field(default_factory=dict)


async def read_body(request: web.Request, most: int) -> bytes:
    """The body up to `most` bytes, whatever limit the application has that we are mounted in.

    Raises: BodyTooLarge.
    """
    if (request.content_length or 0) > most:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise BodyTooLarge
    return bytes(body)


async def read_form(request: web.Request, most: int) -> Form:
    """The form, multipart or urlencoded. Raises BodyTooLarge, BadBody."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, most)
    try:
        text = (await read_body(request, most)).decode("ascii")
        return Form(dict(parse_qsl(text, keep_blank_values=True, errors="strict")))
    except UnicodeDecodeError:
        raise BadBody("strings must be encoded in UTF-8") from None


async def _read_multipart(request: web.Request, most: int) -> Form:
    if (request.content_length or 0) > most:
        raise BodyTooLarge
    form, left = Form({}), most
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise BadBody("can't parse multipart form")
            content = await _read_part(part, left)
            left -= len(content)
            if part.filename is None:
                form.fields[part.name] = content.decode("utf-8")
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                form.uploads[part.name] = Upload(part.filename, mime, content)
    except UnicodeDecodeError:
        raise BadBody("strings must be encoded in UTF-8") from None
    except (ValueError, AssertionError):
        raise BadBody("can't parse multipart form") from None
    return form


async def _read_part(part: BodyPartReader, left: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > left:
            raise BodyTooLarge
    return bytes(content)
