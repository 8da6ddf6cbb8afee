"""What MAX allows in one message and how fast (schema 0.0.30, developer pages)."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote

from bots.contract import BotSettings
from core.altering import FOR_EVER
from core.channels import Limits, MediaWay
from core.content import MediaKind

KEYBOARD_ROWS: Final = 30
WIDE_ROW: Final = 3
"""Buttons in a row with one that opens a page or asks for something."""

LIMITS = Limits(
    text=4000,
    caption=4000,
    # 128 are allowed; longer labels than this are cut in the middle on a phone.
    button_label=64,
    button_value_bytes=64,
    # 210 are allowed; so many fill 30 rows of the three that any kind of button may stand in.
    buttons=KEYBOARD_ROWS * WIDE_ROW,
    buttons_in_row=7,
    # 128 are allowed; the links of all messengers are alike.
    start_parameter=64,
    # MAX counts 30 requests a second, and answers to presses and uploads are among them.
    account_per_second=25,
    # MAX counts two messages a second; two that leave together may arrive with a third.
    address_per_second=1.8,
    address_burst=1,
    is_idempotent=False,
    tells_delivered=False,
    tells_read=False,
    media=MediaWay.UPLOAD,
    # A sound must be alone: with a text after it, that text can hold the buttons.
    captioned=frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT}),
    # dev.max.ru, PUT /messages: less than 7 days ago, unless it has buttons; of DELETE no limit
    # is told.
    edits_for=timedelta(days=7),
    deletes_for=FOR_EVER,
)


def deep_link(settings: BotSettings, code: str) -> str:
    """The URL that opens the bot with a Start button which brings back `code`."""
    base = (settings.link_url or "https://max.ru").rstrip("/")
    link = f"{base}/{settings.username.removeprefix('@')}"
    return f"{link}?start={quote(code, safe='')}" if code else link
