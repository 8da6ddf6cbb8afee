"""What Telegram allows in one message and how fast (Bot API 10.3, Bot Support FAQ)."""

from datetime import timedelta

from bots.contract import BotSettings
from core.altering import FOR_EVER
from core.channels import Limits

LIMITS = Limits(
    text=4096,
    caption=1024,
    # No limit is documented; longer labels are cut in the middle on a phone.
    button_label=64,
    button_value_bytes=64,
    # "reply markup is too long" comes at about 100 buttons; the number is not documented.
    buttons=100,
    buttons_in_row=8,
    start_parameter=64,
    account_per_second=30,
    # The platform says about one a second; two that leave 1 s apart may arrive 0.97 s apart.
    address_per_second=0.95,
    address_burst=3,
    is_idempotent=False,
    tells_delivered=False,
    tells_read=False,
    file_bytes=50 * 10**6,
    # Nothing is said of a limit for a bot's own messages in a private chat.
    edits_for=FOR_EVER,
    deletes_for=timedelta(hours=48),
)


def deep_link(settings: BotSettings, code: str) -> str:
    """The URL that opens the bot with a Start button which brings back `code`."""
    base = (settings.link_url or "https://t.me").rstrip("/")
    link = f"{base}/{settings.username.removeprefix('@')}"
    return f"{link}?start={code}" if code else link


def app_link(settings: BotSettings, code: str) -> str:
    """The same for the application itself; "" where links lead to a place of one's own."""
    if settings.link_url:
        return ""
    link = f"tg://resolve?domain={settings.username.removeprefix('@')}"
    return f"{link}&start={code}" if code else link
