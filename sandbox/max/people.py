"""Persons and their dialogs as MAX numbers and describes them."""

from __future__ import annotations

from sandbox.people import Person
from sandbox.values import Json

# A dialog has a number of its own; who mistakes one for the other finds nobody.
_SHIFT = 90_000_000_000


def chat_id_of(person_id: int) -> int:
    """The number of the dialog with this person."""
    return person_id + _SHIFT


def person_id_of(chat_id: int) -> int:
    """The person of the dialog with this number."""
    return chat_id - _SHIFT


def user_of(person: Person, now: float) -> Json:
    return {
        "user_id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name or None,
        "username": person.username or None,
        "is_bot": False,
        "last_activity_time": int(now * 1000),
        "name": person.name,
    }
