"""Site tokens with any claims, as no shop would sign them: for tests."""

from __future__ import annotations

import secrets

import jwt

from sandbox.settings import ShopSettings
from sandbox.values import Json

LIFE_SECONDS = 3600


def sign(shop: ShopSettings, claims: Json, *, now: float) -> str:
    """A token of an hour with the shop's key; given claims win over the usual ones."""
    usual: Json = {
        "iss": shop.site,
        "aud": "parley",
        "iat": int(now),
        "exp": int(now) + LIFE_SECONDS,
        "jti": secrets.token_urlsafe(12),
    }
    # A claim of null is one that a test wants to be absent.
    whole = {key: value for key, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(whole, shop.secret, algorithm="HS256", headers={"kid": shop.kid})
