"""One call of a method: its parameters from a query, a form, a multipart form or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.bodies import BadBody, BodyTooLarge, Upload, read_body, read_form
from sandbox.telegram.errors import ApiError, bad_request

# Bot API 10.3: a bot uploads at most 50 MB; the rest of the form needs little.
MOST_UPLOAD = 50 * 1024 * 1024
_MOST_BODY = MOST_UPLOAD + 1024 * 1024
TOO_LARGE = ApiError(413, "Request Entity Too Large")


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
    try:
        if request.content_type == "application/json":
            return Call(method, params | _read_json(await read_body(request, _MOST_BODY)), {})
        form = await read_form(request, _MOST_BODY)
    except BodyTooLarge:
        raise TOO_LARGE from None
    except BadBody as error:
        raise bad_request(str(error)) from None
    return Call(method, params | form.fields, form.uploads)


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
