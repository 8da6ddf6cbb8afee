"""Making links: a short code for a messenger's deep link, and what it stands for."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.channels import Channel, DeepLink
from core.ids import AccountId, LinkCode, SiteId
from core.people import Json
from core.tokens import Claims, Link

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 22
"""22 letters of 62 hold 130 random bits; Telegram's start parameter takes 64 characters."""
LIFE = timedelta(minutes=60)
LONGEST_LIFE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Door:
    """One account as a visitor sees it. `deep_link("")` opens it without a code.

    `site`: the only one whose visitors it is for. `app_link` opens the application itself, where
    the messenger has such links. `vk_group`: VK's own widget may ask for leave to write.
    """

    account: AccountId
    channel: Channel
    title: str
    deep_link: DeepLink
    site: SiteId | None = None
    app_link: DeepLink | None = None
    vk_group: str = ""


def mint(
    claims: Claims,
    source: str,
    now: datetime,
    *,
    life: timedelta = LIFE,
    page: Mapping[str, Json] | None = None,
    place: str = "",
    is_awaited: bool = False,
) -> Link:
    """A new link; it exists once it is stored. `page` is the evidence of the visit.

    `is_awaited`: a browser waits to hear what becomes of it, and gets a visit to ask by.
    """
    code = _random()
    expires_at = now + min(life, LONGEST_LIFE)
    visit = _random() if is_awaited else ""
    return Link(LinkCode(code), claims, now, expires_at, source, page or {}, place, visit)


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
