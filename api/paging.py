"""Lists by pages: {"items": […], "next": cursor or null}; a cursor is opaque to callers."""

import base64
import binascii
import json
from collections.abc import Sequence
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


def page(items: Sequence[Any], limit: int, following: str | None) -> dict[str, Any]:
    """`items` may hold one more than `limit`: then there is a next page."""
    return {"items": list(items[:limit]), "next": following if len(items) > limit else None}
