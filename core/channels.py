"""Kinds of messengers, and what each of them allows; the numbers stand in each bot's folder."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Channel(StrEnum):
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one messenger allows in one platform message, and how fast. Lengths in UTF-16 units."""

    text: int
    caption: int
    button_label: int
    button_value_bytes: int
    buttons: int
    buttons_in_row: int
    start_parameter: int
    account_per_second: float
    """Sends per second over all addresses of one account."""
    address_per_second: float
    address_burst: int
    """How many sends to one address may follow each other at once."""
    is_idempotent: bool
    """Whether repeating a send with the same random id is harmless."""
    tells_delivered: bool
    tells_read: bool


DeepLink: TypeAlias = Callable[[str], str]
"""Link code → the URL that opens the messenger with it."""
