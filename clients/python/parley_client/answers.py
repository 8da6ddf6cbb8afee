"""What the server answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """A deep link into one messenger; good until `expires_at` for the first who comes by it."""

    account: str
    channel: str
    url: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EventTaken:
    """What an event set off: flows that began, messages that wait to be sent.

    `addresses` tells at which address what, and why not. `is_repeated`: the key was known,
    nothing happened again.
    """

    is_repeated: bool
    started: tuple[Mapping[str, Any], ...]
    sent: tuple[Mapping[str, Any], ...]
    addresses: tuple[Mapping[str, Any], ...]
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preferences:
    """A page where one person chooses what is written to them, without signing in.

    For them alone: give it to nobody else.
    """

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """A person. `raw` is the whole answer: orders, addresses, subscriptions."""

    id: str
    customer: str | None
    name: str
    raw: Mapping[str, Any]

    @property
    def topics(self) -> frozenset[str]:
        """What they are subscribed to, in any messenger."""
        rows = self.raw.get("subscriptions", ())
        return frozenset(row["topic"] for row in rows if row["state"] == "subscribed")
