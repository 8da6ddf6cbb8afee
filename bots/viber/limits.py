"""What Viber allows in one message and how fast (Viber REST bot documentation, 7.3.0)."""

from urllib.parse import quote

from bots.contract import BotSettings
from core.channels import Limits, MediaWay
from core.content import MediaKind

LIMITS = Limits(
    text=7000,
    # Newer pages say 768; the older number is good for both.
    caption=512,
    # 250 are allowed; longer labels than this are cut in the middle on a phone.
    button_label=64,
    button_value_bytes=64,
    # Of 12 rows (newer pages say 24): with two in a row there is room for long labels.
    buttons=24,
    buttons_in_row=3,
    start_parameter=64,
    # 500 requests in 10 s are allowed.
    account_per_second=45,
    # No pace is documented; about 100 an hour may go to a person who does not answer.
    address_per_second=1,
    address_burst=5,
    is_idempotent=False,
    tells_delivered=True,
    tells_read=True,
    media=MediaWay.LINK,
    captioned=frozenset({MediaKind.PHOTO}),
    receivers_per_request=300,
    keyboard_vanishes=True,
    # The documentation: open-url opens the address "and sends the URL as reply to the bot".
    echoes_urls=True,
    file_bytes=50 * 10**6,
    vouches_for_phones=False,
)


def deep_link(settings: BotSettings, code: str) -> str:
    """The URL that opens the bot, which then tells `code` as the context of the conversation."""
    link = f"{settings.link_url or 'viber://pa'}?chatURI={quote(settings.username, safe='')}"
    return f"{link}&context={quote(code, safe='')}" if code else link
