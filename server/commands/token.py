"""parley token: what a shop's server would sign, to try things with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from flows.spans import parse_span
from server.clock import utc_now
from server.commands.terminal import Refused, load, out
from server.config import Config, SiteConfig, SiteKeyConfig
from server.values import keyring_of
from subscriptions.tokens import AUDIENCE, LONGEST_LIFE, TokenRefused, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the token shall say; "" and () leave a claim out. `lasts` is a span such as 1h."""

    site: str
    customer: str
    order: str = ""
    name: str = ""
    locale: str = ""
    topics: tuple[str, ...] = ()
    consent: str = ""
    lasts: str = "1h"


def token(file: Path, wanted: Wanted) -> None:
    """Print the token, and nothing else. Raises Refused."""
    config = load(file)
    site = _site(config, wanted.site)
    key = _key(site)
    now = utc_now()
    try:
        life = parse_span(wanted.lasts)
    except ValueError as error:
        raise Refused(f"--expires-in: {error}") from error
    if life > LONGEST_LIFE:
        raise Refused(f"--expires-in: a token lives {LONGEST_LIFE.days} days at most")
    claims = {
        "iss": site.id,
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
        "jti": secrets.token_urlsafe(12),
        **_claims(config, wanted),
    }
    material = key.secret.get_secret_value() if key.secret else ""
    signed = jwt.encode(claims, material, algorithm=key.alg, headers={"kid": key.kid})
    try:
        verify(signed, keyring_of(config), now)
    except TokenRefused as error:
        raise Refused(f"the server would refuse this token: {error}") from error
    out(signed)


def _site(config: Config, wanted: str) -> SiteConfig:
    for site in config.sites:
        if site.id == wanted:
            return site
    known = ", ".join(site.id for site in config.sites) or "none"
    raise Refused(f"there is no site {wanted!r}; configured: {known}")


def _key(site: SiteConfig) -> SiteKeyConfig:
    for key in site.keys:
        if key.alg == "HS256":
            return key
    if site.keys:
        raise Refused(
            f"the site {site.id!r} signs with {site.keys[0].alg}: its private key is the shop's, "
            "so only the shop can sign; add an HS256 key to the site to try tokens from here"
        )
    raise Refused(f"the site {site.id!r} has no keys; add one to its keys in the configuration")


def _claims(config: Config, wanted: Wanted) -> Mapping[str, Any]:
    known = {topic.id for topic in config.topics}
    for topic in wanted.topics:
        if topic not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise Refused(f"--topics: there is no topic {topic!r}; configured: {listed}")
    claims = {
        "sub": wanted.customer,
        "name": wanted.name,
        "locale": wanted.locale,
        "order": {"id": wanted.order, "number": wanted.order} if wanted.order else None,
        "topics": list(wanted.topics),
        "consent": {"text": wanted.consent} if wanted.consent else None,
    }
    return {name: value for name, value in claims.items() if value}
