"""One call of a method: parameters of the query and of an urlencoded or multipart body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web

from sandbox.bodies import BadBody, BodyTooLarge, read_form
from sandbox.values import Json
from sandbox.vk.errors import ApiError, invalid

_MOST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """All parameters are text, as they were on the wire; `access_token` is not among them."""

    method: str
    params: Mapping[str, str]

    def has(self, name: str) -> bool:
        return bool(self.params.get(name))

    def text(self, name: str) -> str:
        return self.params.get(name, "")

    def needed(self, name: str) -> str:
        """The parameter; ApiError 100 when it is absent or empty."""
        if not self.has(name):
            raise invalid(f"{name} is a required parameter")
        return self.params[name]

    def integer(self, name: str, otherwise: int | None = None) -> int:
        """A whole number; `otherwise` None makes it a required one."""
        if not self.has(name) and otherwise is not None:
            return otherwise
        return _integer(name, self.needed(name))

    def integers(self, name: str) -> list[int]:
        return [_integer(name, each) for each in self.text(name).split(",") if each.strip()]

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"1", "true"}

    def nested(self, name: str) -> Any:
        """An object or array given as JSON text; None when absent or empty."""
        if not self.has(name):
            return None
        try:
            return json.loads(self.params[name])
        except (ValueError, RecursionError):
            raise invalid(f"{name} is not JSON") from None

    @property
    def request_params(self) -> list[Json]:
        """What an error repeats of its request."""
        shown = {"method": self.method, **self.params}
        return [{"key": key, "value": value} for key, value in shown.items()]


async def read_call(request: web.Request, method: str) -> tuple[Call, str]:
    """The call and its token, which is "" when there is none. Raises ApiError."""
    # dev.vk.com: bodies are urlencoded or multipart; a JSON body is not supported.
    if request.content_type == "application/json" and request.can_read_body:
        raise ApiError(8, "the body is neither urlencoded nor multipart")
    try:
        form = await read_form(request, _MOST_BODY)
    except BodyTooLarge:
        raise ApiError(8, "the request is too large") from None
    except BadBody as error:
        raise ApiError(8, str(error)) from None
    params = {**request.query, **form.fields}
    kind, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    given = params.pop("access_token", "")
    return Call(method, params), token.strip() if kind.lower() == "bearer" else given


def _integer(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise invalid(f"{name} not integer") from None
