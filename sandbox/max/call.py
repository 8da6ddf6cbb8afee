"""One call: the query and a JSON body, each field taken with its type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from sandbox.bodies import BodyTooLarge, read_body
from sandbox.max.errors import ApiError, invalid
from sandbox.values import Json

_MOST_BODY: Final = 256 * 1024
_FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Call:
    """`method` is the verb and the path as the docs write it: POST /chats/{chat_id}/actions."""

    method: str
    query: Mapping[str, str]
    body: Json
    chat_id: str = ""

    def text(self, name: str) -> str:
        return self.query.get(name, "")

    def needed(self, name: str) -> str:
        if not self.text(name):
            raise invalid(f"{name}: must not be null")
        return self.text(name)

    def number(self, name: str, otherwise: int) -> int:
        given = self.text(name)
        if not given:
            return otherwise
        if not given.removeprefix("-").isdecimal() or len(given) > 19:
            raise invalid(f"{name}: must be a number")
        return int(given)

    def flag(self, name: str) -> bool:
        given = self.text(name)
        if given and given not in _FLAGS:
            raise invalid(f"{name}: must be true or false")
        return _FLAGS.get(given, False)

    def field(self, name: str, most: int) -> str | None:
        """Text of the body; None where it is absent or null."""
        return text_in(self.body, name, most)


def text_in(body: Json, name: str, most: int) -> str | None:
    """Text of an object of the body, at most so many UTF-16 code units."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name}: must be a string")
    if value is not None and units(value) > most:
        raise invalid(f"{name}: size must be between 0 and {most}")
    return value


def units(text: str) -> int:
    """UTF-16 code units: a careful way to count, never more lenient than characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


async def read_json(request: web.Request) -> Json:
    """The body, {} where there is none. Raises ApiError."""
    if not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise ApiError(415, "Content-Type must be application/json")
    try:
        body = json.loads(await read_body(request, _MOST_BODY) or b"{}")
    except BodyTooLarge:
        raise ApiError(413, "the request is too large") from None
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
    if not isinstance(body, dict):
        raise invalid("the body is not an object")
    return body
