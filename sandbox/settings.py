"""What a sandbox is told when it starts."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.values import Clock, Sleep

_TOKEN = re.compile(r"([1-9][0-9]*):[A-Za-z0-9_-]{3,}")


@dataclass(frozen=True, slots=True)
class BotSettings:
    """One bot of the Telegram double; `id` is the number in front of the colon of its token."""

    token: str = field(repr=False)
    username: str
    title: str
    id: int

    def __post_init__(self) -> None:
        match = _TOKEN.fullmatch(self.token)
        if match is None:
            raise ValueError("a bot's token looks like 700:letters-and-digits")
        if int(match[1]) != self.id:
            raise ValueError(f"the bot's id is {self.id}, but its token begins with {match[1]}")

    @classmethod
    def of(cls, token: str, username: str, title: str) -> BotSettings:
        """The same with the id read from the token."""
        head = token.partition(":")[0]
        return cls(
            token=token, username=username, title=title, id=int(head) if head.isdigit() else 0
        )


@dataclass(frozen=True, slots=True)
class VkSettings:
    """One community of the VK double; `name` is its short address, as in vk.me/<name>.

    `confirmation` is what its callback servers have to answer; "" makes one up.
    """

    token: str = field(repr=False)
    group_id: int
    name: str
    title: str
    confirmation: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ViberSettings:
    """One bot of the Viber double; `name` is its URI, as in viber://pa?chatURI=<name>."""

    token: str = field(repr=False)
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class MaxSettings:
    """One bot of the MAX double; `name` is its nick, as in max.ru/<name>."""

    token: str = field(repr=False)
    id: int
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """The demo shop: the site it signs tokens for (HS256) and where its buttons lead."""

    site: str
    kid: str
    secret: str = field(repr=False)
    go_url: str
    go_account_urls: Mapping[str, str]
    account_titles: Mapping[str, str] = field(default_factory=dict)
    inbox_url: str | None = None
    name: str = "Tea & Leaf"
    hook_secret: str = field(default="", repr=False)
    """What webhooks to the shop are signed with; "": it hears of nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a sandbox needs; `base_url` is the address its pages link to, without a slash.

    `bots` are Telegram's. `limits` switches the rate limits (sizes and lengths are always
    enforced). `allow_local_urls` lets webhooks and url buttons lead to this machine, which the
    real platforms refuse. `state_file` keeps chats, webhooks and ids over restarts; None keeps
    nothing.
    """

    base_url: str
    bots: tuple[BotSettings, ...] = ()
    vk_groups: tuple[VkSettings, ...] = ()
    viber_bots: tuple[ViberSettings, ...] = ()
    max_bots: tuple[MaxSettings, ...] = ()
    limits: bool = True
    allow_local_urls: bool = True
    state_file: Path | None = None
    shop: ShopSettings | None = None
    clock: Clock = time.time
    sleep: Sleep = asyncio.sleep
    log_size: int = 1000

    def __post_init__(self) -> None:
        if self.base_url.endswith("/"):
            raise ValueError("base_url has no slash at its end")
        if not self._names:
            raise ValueError("a sandbox needs at least one bot or group")
        if len(set(self._names)) < len(self._names):
            raise ValueError("each bot and group of a sandbox has a name of its own")

    @property
    def prefix(self) -> str:
        """The path under which the sandbox is mounted: "/sandbox", or "" when it runs alone."""
        return urlsplit(self.base_url).path

    @property
    def _names(self) -> list[str]:
        names = [
            *(each.username for each in self.bots),
            *(each.name for each in self.vk_groups),
            *(each.name for each in self.viber_bots),
            *(each.name for each in self.max_bots),
        ]
        return [each.lower() for each in names]
