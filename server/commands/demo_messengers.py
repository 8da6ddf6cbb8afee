"""The demo's messengers: accounts as Parley knows them, and the doubles that play platforms."""

from dataclasses import dataclass
from typing import Any

from sandbox.settings import BotSettings, MaxSettings, ViberSettings, VkSettings

_TITLE = "Tea & Leaf"
_GROUP = 225_100_200
_CONFIRMATION = "tea4leaf"
_VK_NAME, _VIBER_NAME, _MAX_NAME, _TELEGRAM_NAME = (
    "tea_and_leaf",
    "tea-and-leaf",
    "tea_and_leaf_max_bot",
    "tea_and_leaf_bot",
)
ACCOUNTS = {
    "demo-telegram": "Telegram",
    "demo-vk": "VK",
    "demo-viber": "Viber",
    "demo-max": "MAX",
}
"""Ids and titles, in the order of the shop's buttons."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the doubles and Parley share."""

    bot: str
    webhook: str
    vk: str
    vk_secret: str
    viber: str
    max: str


def accounts(url: str, tokens: Tokens) -> list[dict[str, Any]]:
    """The [[accounts]] of the demo; `url` is where the sandbox is mounted."""
    return [
        {
            "id": "demo-telegram",
            "channel": "telegram",
            "title": "Telegram",
            "token": tokens.bot,
            "username": _TELEGRAM_NAME,
            "webhook_secret": tokens.webhook,
            "api_url": f"{url}/telegram",
            "link_url": f"{url}/telegram/t.me",
        },
        {
            "id": "demo-vk",
            "channel": "vk",
            "title": "VK",
            "token": tokens.vk,
            "group_id": _GROUP,
            "group_name": _VK_NAME,
            "secret": tokens.vk_secret,
            "confirmation": _CONFIRMATION,
            "api_url": f"{url}/vk",
            "link_url": f"{url}/vk.me",
        },
        {
            "id": "demo-viber",
            "channel": "viber",
            "title": "Viber",
            "token": tokens.viber,
            "uri": _VIBER_NAME,
            "name": _TITLE,
            "api_url": f"{url}/viber/pa",
            "link_url": f"{url}/viber",
        },
        {
            "id": "demo-max",
            "channel": "max",
            "title": "MAX",
            "token": tokens.max,
            "username": _MAX_NAME,
            "webhook_secret": tokens.webhook,
            "api_url": f"{url}/max",
            "link_url": f"{url}/max.ru",
        },
    ]


def doubles(tokens: Tokens) -> dict[str, Any]:
    """The same accounts as the sandbox's settings know them."""
    return {
        "bots": (BotSettings.of(tokens.bot, _TELEGRAM_NAME, _TITLE),),
        "vk_groups": (VkSettings(tokens.vk, _GROUP, _VK_NAME, _TITLE, _CONFIRMATION),),
        "viber_bots": (ViberSettings(tokens.viber, _VIBER_NAME, _TITLE),),
        "max_bots": (MaxSettings(tokens.max, 700_100_300, _MAX_NAME, _TITLE),),
    }
