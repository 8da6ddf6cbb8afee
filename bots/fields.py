"""Reading fields of foreign JSON: cleaned, bounded, and of the type they must have."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, NoReturn, TypeAlias

from core.ids import EventKey
from core.text import clean

Fields: TypeAlias = dict[str, Any]
"""A JSON object as it came; nothing in it is trusted to have the type that is documented."""
LARGEST: Final = 2**53
"""Of a number where its platform promises no larger ones."""
_YEAR_2100 = 4_102_444_800


class WrongType(Exception):
    """A field that decides what happened is not what is documented; names the field."""


def object_of(body: bytes) -> Fields:
    """The JSON object that these bytes are. Raises ValueError, RecursionError."""
    found: Any = _JSON.decode(body.decode())
    if type(found) is not dict:
        raise ValueError("not an object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_constant=_refuse)


def text(fields: Fields, name: str, most: int) -> str:
    """A string that matters: "" where it is absent. Raises WrongType."""
    value = fields.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise WrongType(f"{name} is not a string")
    return clean(value[:most])


def hint(fields: Fields, name: str, most: int) -> str:
    """A string that is good to have: "" where it is absent or something else."""
    value = fields.get(name)
    return clean(value[:most]) if type(value) is str else ""


def whole(fields: Fields, name: str, largest: int = LARGEST) -> int:
    """An integer that must be there, between -`largest` and `largest`. Raises WrongType."""
    value = fields.get(name)
    if type(value) is not int or not -largest < value < largest:
        raise WrongType(f"{name} is not a whole number, or too large a one")
    return value


def count(fields: Fields, name: str) -> int | None:
    """A number that is good to have, 0 or more."""
    value = fields.get(name)
    return value if type(value) is int and 0 <= value < LARGEST else None


def degrees(fields: Fields, name: str, most: float) -> float:
    """A latitude or longitude. Raises WrongType for anything off the globe, NaN included."""
    value = fields.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most:
        return float(value)
    raise WrongType(f"{name} is not a number of degrees")


def inner(fields: Fields, name: str) -> Fields:
    """An object that must be there. Raises WrongType."""
    value = fields.get(name)
    if type(value) is not dict:
        raise WrongType(f"{name} is not an object")
    return value


def rows(fields: Fields, name: str, most: int) -> list[Fields]:
    """The objects of a list that is good to have, `most` at most."""
    value = fields.get(name)
    if type(value) is not list:
        return []
    return [row for row in value[:most] if type(row) is dict]


def moment(fields: Fields, name: str, in_second: int = 1) -> datetime | None:
    """A time since 1970 that is good to have, in units of which `in_second` make a second.

    None before 1970 and after 2100.
    """
    units = fields.get(name)
    if type(units) is not int or not 0 < units < _YEAR_2100 * in_second:
        return None
    return datetime.fromtimestamp(units / in_second, UTC)


def fingerprint(body: bytes) -> EventKey:
    """What stands for an event that has no id of its own: a redelivery has the same bytes."""
    return EventKey(f"sha256:{sha256(body).hexdigest()}")
