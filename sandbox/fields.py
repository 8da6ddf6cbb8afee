"""Fields of a JSON body. Raises ValueError with words for whoever sent it."""

from __future__ import annotations

from sandbox.values import Json


def text_of(body: Json, name: str, otherwise: str = "") -> str:
    value = body.get(name, otherwise)
    if not isinstance(value, str):
        raise ValueError(f"{name} is text")
    return value


def whole_number_of(body: Json, name: str, otherwise: int | None = None) -> int:
    """A whole number; its decimal text will do, since pages know messages by text."""
    value = body.get(name, otherwise)
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is a whole number")
    return value
