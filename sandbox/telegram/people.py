"""Persons as the Bot API shows them; absent fields are left out, as the platform does."""

from __future__ import annotations

from sandbox.people import Person
from sandbox.values import Json


def as_user(person: Person) -> Json:
    """The `User` of this person."""
    user: Json = {"id": person.id, "is_bot": False, **_names(person)}
    if person.language_code:
        user["language_code"] = person.language_code
    return user


def as_chat(person: Person) -> Json:
    """The private `Chat` with this person."""
    return {"id": person.id, **_names(person), "type": "private"}


def _names(person: Person) -> Json:
    names = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
    }
    return {key: value for key, value in names.items() if value}
