"""Reading fields of foreign JSON: cleaned, bounded, and of the type they must have."""

from typing import Any, TypeAlias

from core.text import clean

Fields: TypeAlias = dict[str, Any]
"""A JSON object as it came; nothing in it is trusted to have the type that is documented."""
_LARGEST = 2**53
"""Telegram's ids have at most 52 significant bits."""


class WrongType(Exception):
    """A field that decides what happened is not what Telegram documents; names the field."""


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


def whole(fields: Fields, name: str) -> int:
    """An integer that must be there. Raises WrongType."""
    value = fields.get(name)
    if type(value) is not int or not -_LARGEST < value < _LARGEST:
        raise WrongType(f"{name} is not a whole number of 52 bits")
    return value


def count(fields: Fields, name: str) -> int | None:
    """A number that is good to have, 0 or more."""
    value = fields.get(name)
    return value if type(value) is int and 0 <= value < _LARGEST else None


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
