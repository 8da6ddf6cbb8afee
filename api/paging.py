"""Lists by pages: {"items": […], "next": cursor or null}; a cursor is opaque to callers."""

import base64
import binascii
import json
from typing import Any

from api.errors import ApiError

MOST = 200
DEFAULT = 50


def cursor(*place: str | int) -> str:
    raw = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(text: str, size: int) -> list[Any]:
    """What `cursor` was made of. Raises ApiError 422."""
    try:
        padded = text + "=" * (-len(text) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeEncodeError, RecursionError):
        place = None
    if not isinstance(place, list) or len(place) != size:
        raise ApiError(422, "invalid", "after is not a cursor of this list")
    return place


def read_id(text: str) -> int:
    """The id in a cursor that holds only one. Raises ApiError 422."""
    (id_,) = read_cursor(text, 1)
    if not isinstance(id_, int) or not 0 <= id_ < 2**63:
        raise ApiError(422, "invalid", "after is not a cursor of this list")
    return id_
