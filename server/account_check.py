"""What the values of one messenger's account must be."""

import re
from collections.abc import Iterator
from typing import assert_never
from urllib.parse import urlsplit

from pydantic import SecretStr

from bots.proxies import NO_PROXY, is_proxy
from server.config import (
    AccountConfig,
    Config,
    MaxConfig,
    TelegramConfig,
    ViberConfig,
    VkConfig,
)

_TELEGRAM_TOKEN = re.compile(r"^[0-9]+:[!-~]+\Z")
# What may stand in a header.
_TOKEN = re.compile(r"[!-~]{1,1000}")
_TELEGRAM_SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
# One page of MAX's documentation leaves the underscore out.
_MAX_SECRET = re.compile(r"^[A-Za-z0-9-]{5,256}$")
_VK_SECRET = re.compile(r"^[A-Za-z0-9]{1,50}$")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_MAKE_ONE = "`openssl rand -hex 16` makes one"

Found = Iterator[tuple[str, str]]


def check_account(place: str, account: AccountConfig, config: Config) -> Found:
    """Every (place, problem)."""
    if account.site is not None and account.site not in {site.id for site in config.sites}:
        yield f"{place}.site", f"there is no site {account.site!r}"
    if not config.sites:
        yield f"{place}", "needs a [[sites]] entry that it belongs to"
    if not account.token.get_secret_value():
        yield f"{place}.token", "is empty"
    elif not isinstance(account, TelegramConfig) and not _TOKEN.fullmatch(_open(account.token)):
        yield f"{place}.token", "must be one long word of Latin letters, digits and signs"
    if account.proxy and not is_proxy(account.proxy):
        yield f"{place}.proxy", NO_PROXY
    match account:
        case TelegramConfig():
            yield from _telegram(place, account)
        case VkConfig():
            yield from _vk(place, account)
        case ViberConfig():
            pass
        case MaxConfig():
            yield from _max(place, account, config)
        case _:
            assert_never(account)
    if account.receive == "webhook":
        yield from _public_url(place, account, config)


def _telegram(place: str, account: TelegramConfig) -> Found:
    if not _TELEGRAM_TOKEN.match(account.token.get_secret_value()):
        yield f"{place}.token", "is not a bot's token such as 123456:ABC…; @BotFather gives one"
    if account.receive == "webhook" and not _TELEGRAM_SECRET.match(_open(account.webhook_secret)):
        must = "must be 1 to 256 characters A-Z a-z 0-9 _ -; `openssl rand -hex 32` makes one"
        yield f"{place}.webhook_secret", must


def _vk(place: str, account: VkConfig) -> Found:
    if account.receive == "polling":
        return
    if not _VK_SECRET.match(_open(account.secret)):
        yield f"{place}.secret", f"must be 1 to 50 Latin letters and digits; {_MAKE_ONE}"
    if not _open(account.confirmation):
        must = "is missing; the community's Callback API page shows it"
        yield f"{place}.confirmation", f"{must}, `parley connect vk` fetches it"


def _max(place: str, account: MaxConfig, config: Config) -> Found:
    if account.receive == "webhook" and not _MAX_SECRET.match(_open(account.webhook_secret)):
        must = f"must be 5 to 256 characters A-Z a-z 0-9 -; {_MAKE_ONE}"
        yield f"{place}.webhook_secret", must
    if account.ca_bundle and not (config.folder / account.ca_bundle).is_file():
        yield f"{place}.ca_bundle", f"there is no file {account.ca_bundle!r}"


def _public_url(place: str, account: AccountConfig, config: Config) -> Found:
    try:
        url = urlsplit(config.public_url)
    except ValueError:
        yield "public_url", "is not a URL"
        return
    if url.scheme != "https" and url.hostname not in _LOCAL:
        way = "" if isinstance(account, ViberConfig) else f'; {place} may use receive = "polling"'
        yield "public_url", f"{_TITLES[account.channel]} calls https only{way}"


_TITLES = {"telegram": "Telegram", "vk": "VK", "viber": "Viber", "max": "MAX"}


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
