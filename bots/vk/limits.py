"""What VK allows in one message and how fast (schema 5.199, developer pages)."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from bots.contract import BotSettings
from core.channels import Limits, MediaWay
from core.content import MediaKind

API_VERSION: Final = "5.199"
"""The shapes of requests, answers and events that are written and read here."""
KEYBOARD_ROWS: Final = 6
"""Of a keyboard under a message."""

LIMITS = Limits(
    # The schema says 9000; what VK's own applications show ends here.
    text=4096,
    caption=4096,
    button_label=40,
    # It travels inside a JSON of at most 255 characters.
    button_value_bytes=64,
    buttons=10,
    buttons_in_row=5,
    start_parameter=64,
    # VK counts 20 requests a second. Answers to presses and uploads take from the same number,
    # and two requests that leave 50 ms apart may arrive closer.
    account_per_second=18,
    # Only a number for an hour is known: after about a thousand VK answers "flood control".
    address_per_second=1,
    address_burst=5,
    is_idempotent=True,
    # VK remembers random ids for about an hour; a little less is sure.
    idempotent_for=timedelta(minutes=50),
    tells_delivered=False,
    tells_read=True,
    media=MediaWay.UPLOAD,
    # A voice message with a text is no voice message on every phone.
    captioned=frozenset(MediaKind) - {MediaKind.STICKER, MediaKind.VOICE},
    contents_per_request=25,
    receivers_per_request=100,
    vouches_for_phones=False,
    # VK answers 909 and 924 afterwards; 24 hours are what is known of both, no page says it.
    edits_for=timedelta(hours=24),
    deletes_for=timedelta(hours=24),
)


def deep_link(settings: BotSettings, code: str) -> str:
    """The URL of the dialogue with the community; `code` rides on the next message there."""
    base = (settings.link_url or "https://vk.me").rstrip("/")
    link = f"{base}/{settings.username or f'club{settings.group}'}"
    return f"{link}?{urlencode({'ref': code})}" if code else link
