"""Kinds of messengers, and what each of them allows; the numbers stand in each bot's folder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from core.content import MediaKind


class Channel(StrEnum):
    TELEGRAM = "telegram"
    VK = "vk"
    VIBER = "viber"
    MAX = "max"


class MediaWay(StrEnum):
    """How a file of ours reaches a messenger."""

    INLINE = "inline"
    """With the message itself; afterwards the platform's own file id serves."""
    UPLOAD = "upload"
    """Uploaded before the message, which then carries what the platform named it."""
    LINK = "link"
    """The platform fetches it from a public URL."""


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
    """Whether repeating a send with the same random id is harmless, for `idempotent_for`."""
    tells_delivered: bool
    tells_read: bool
    idempotent_for: timedelta = timedelta(0)
    media: MediaWay = MediaWay.INLINE
    captioned: frozenset[MediaKind] = frozenset(MediaKind) - {MediaKind.STICKER}
    """Which files can have a text in the same message."""
    contents_per_request: int = 1
    """How many different messages one request can carry; the rate counts requests."""
    receivers_per_request: int = 1
    """To how many people one request can bring the same message."""
    keyboard_vanishes: bool = False
    """A message without buttons takes away those of the message before it."""
    echoes_urls: bool = False
    """Whether opening a button's page also brings its URL, as a text of the person's."""
    file_bytes: int | None = None
    """How large one file may be at most; None where nothing is known of a limit."""
    vouches_for_phones: bool = True
    """Whether a phone that was shared with a button is known to be the sender's own."""
    edits_for: timedelta = timedelta(0)
    """How long after it was sent a text can be edited; 0: never, `core.altering.FOR_EVER`."""
    deletes_for: timedelta = timedelta(0)
    """How long a message can be taken back, so that the person does not see it any more."""


DeepLink: TypeAlias = Callable[[str], str]
"""Link code → the URL that opens the messenger with it."""
