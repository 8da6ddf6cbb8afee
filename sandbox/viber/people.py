"""Persons as Viber shows them to a bot."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from sandbox.people import Person
from sandbox.values import Json

# What the phones of the sandbox understand, told in `api_version`.
API_VERSION: Final = 8


def user_id_of(bot_key: str, person: Person) -> str:
    """The person's id for this bot: another bot knows the same person by another.

    24 characters of base64, which may hold + and / and end in ==.
    """
    digest = hashlib.sha256(f"{bot_key} {person.id}".encode()).digest()
    return base64.b64encode(digest[:16]).decode()


def profile_of(user_id: str, person: Person) -> Json:
    """What every bot may know; name and avatar come on top where the webhook asks for them."""
    language = person.language_code or "en"
    return {
        "id": user_id,
        "country": {"ru": "BY"}.get(language, "GB"),
        "language": language,
        "api_version": API_VERSION,
    }
