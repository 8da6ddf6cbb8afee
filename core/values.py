"""JSON values from outside, made fit to store: bounded, cleaned, finite."""

import math

from core.people import Json
from core.text import clean

MAX_DEPTH = 12
MAX_INTEGER = 2**53


class TooDeep(ValueError):
    """A JSON value is nested deeper than MAX_DEPTH."""

    code = "too_deep"


def clean_json(value: Json, depth: int = 0) -> Json:
    """The value with clean text, and numbers that every database and JSON reader can hold.

    Raises:
        TooDeep: more than MAX_DEPTH levels; tell the sender.
    """
    if depth > MAX_DEPTH:
        raise TooDeep(f"nested deeper than {MAX_DEPTH} levels")
    match value:
        case str():
            return clean(value)
        case bool() | None:
            return value
        case int():
            return value if abs(value) <= MAX_INTEGER else str(value)[:40]
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [clean_json(item, depth + 1) for item in value]
        case dict():
            return {clean(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
        case _:
            return clean(str(value))
