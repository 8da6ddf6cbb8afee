"""One call of a method: its parameters from a query, a form, a multipart form or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from sandbox.telegram.errors import ApiError, bad_request

# Bot API 10.3: a bot uploads at most 50 MB; the rest of the form needs little.
MOST_UPLOAD = 50 * 1024 * 1024
_MOST_BODY = MOST_UPLOAD + 1024 * 1024
TOO_LARGE = ApiError(413, "Request Entity Too Large")


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """Parameters are strings in forms and any JSON value in JSON bodies; the getters hide it."""

    method: str
    params: Mapping[str, Any]
    uploads: Mapping[str, Upload]

    def has(self, name: str) -> bool:
        return name in self.params

    def text(self, name: str) -> str:
        """The parameter as text; "" when it is absent."""
        value = self.params.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.text(name).strip()
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            raise bad_request(f'invalid {name} specified: "{value[:20]}" is no integer') from None

    def number(self, name: str) -> float:
        try:
            return float(self.text(name).replace(",", ".") or "nan")
        except ValueError:
            return float("nan")

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def nested(self, name: str) -> Any:
        """An object or array, given as such or as JSON text; None when absent or empty."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None


async def read_call(request: web.Request, method: str) -> Call:
    """Read the call, whatever form its body has. Raises ApiError for what cannot be read."""
    params: dict[str, Any] = dict(request.query)
    kind = request.content_type
    if (request.content_length or 0) > _MOST_BODY:
        raise TOO_LARGE
    if kind == "multipart/form-data":
        return await _read_multipart(request, method, params)
    body = await read_body(request, _MOST_BODY)
    if kind == "application/json":
        params.update(_read_json(body))
    elif body:
        params.update(_read_form(body))
    return Call(method, params, {})


async def read_body(request: web.Request, most: int) -> bytes:
    """The body up to `most` bytes, whatever limit the application has that we are mounted in."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise TOO_LARGE
    return bytes(body)


def _read_json(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("can't parse JSON request body") from None
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON request body: object expected")
    return value


def _read_form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    return dict(pairs)


async def _read_multipart(request: web.Request, method: str, params: dict[str, Any]) -> Call:
    uploads: dict[str, Upload] = {}
    left = _MOST_BODY
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise bad_request("can't parse multipart form")
            content = await _read_part(part, left)
            left -= len(content)
            if part.filename is None:
                params[part.name] = content.decode("utf-8")
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                uploads[part.name] = Upload(part.filename, mime, content)
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except (ValueError, AssertionError):
        raise bad_request("can't parse multipart form") from None
    return Call(method, params, uploads)


async def _read_part(part: BodyPartReader, left: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > left:
            raise TOO_LARGE
    return bytes(content)
