"""Site tokens as a shop's server would sign them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import jwt

from sandbox.orders import Order
from sandbox.settings import ShopSettings
from sandbox.values import Json

LIFE_SECONDS = 3600
SERVICE_TOPIC = "orders"
MARKETING_TOPIC = "promo"
_STATUSES = {("paid", "ru"): "оплачен"}
"""A shop tells the status in the words that its customer reads."""


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


def order_claims(order: Order, *, url: str, title: str, locale: str) -> Json:
    """What a shop says about its customer's order and the page they are on."""
    return {
        "sub": order.customer,
        "name": order.name,
        "locale": locale,
        "order": {
            "id": str(order.number),
            "number": str(order.number),
            "status": _STATUSES.get((order.status, locale), order.status),
            "total": order.total,
            "currency": order.currency,
            "url": url,
            "items": [{"name": order.product, "quantity": order.quantity, "price": order.price}],
        },
        "page": {"url": url, "title": title},
        "topics": [SERVICE_TOPIC],
    }


def with_consent(claims: Json, *, text: str, now: float, ip: str) -> Json:
    """The claims with the marketing topic and the words that the visitor agreed to."""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return {
        **claims,
        "topics": [*claims["topics"], MARKETING_TOPIC],
        "consent": {"text": text, "at": at, "ip": ip},
    }
