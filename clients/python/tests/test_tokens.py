"""Site tokens, read back with the library that signs them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import jwt
import pytest

from parley_client import Claims, Consent, Item, Order, Site, subscribe_tag, widget_script

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECRET = "a-secret-of-the-shop-with-more-than-32-bytes"
SITE = Site("shop", "2026-11", SECRET)
ORDER = Order(
    id=1042, total=Decimal("39.90"), currency="EUR", items=[Item("Tea", 2, Decimal("19.95"))]
)


def read(token: str) -> dict[str, Any]:
    options = {"verify_exp": False, "verify_iat": False}
    said: dict[str, Any] = jwt.decode(token, SECRET, ["HS256"], audience="parley", options=options)
    return said


def test_a_token_says_who_and_what() -> None:
    claims = Claims(customer=7, name="Anna", order=ORDER, topics=["orders"], extra={"tier": "gold"})
    token = SITE.token(claims, token_id="t-1", now=NOW)
    assert jwt.get_unverified_header(token)["kid"] == "2026-11"
    assert read(token) == {
        "iss": "shop",
        "aud": "parley",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "jti": "t-1",
        "sub": "7",
        "name": "Anna",
        "order": {
            "id": "1042",
            "total": "39.90",
            "currency": "EUR",
            "items": [{"name": "Tea", "quantity": 2, "price": "19.95"}],
        },
        "topics": ["orders"],
        "tier": "gold",
    }


def test_every_token_is_one_of_a_kind() -> None:
    assert read(SITE.token())["jti"] != read(SITE.token())["jti"]


def test_consent_carries_its_words_and_their_time() -> None:
    consent = Consent("I agree to get offers.", NOW, "203.0.113.7")
    said = read(SITE.token(Claims(topics=["promo"], consent=consent), now=NOW))["consent"]
    assert said == {
        "text": "I agree to get offers.",
        "at": "2026-11-28T12:00:00+00:00",
        "ip": "203.0.113.7",
    }


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Site("shop", "1", "short"), "needs 32"),
        (lambda: SITE.token(life=timedelta(days=31)), "at most 30 days"),
        (lambda: SITE.token(life=timedelta(0)), "at most 30 days"),
        (lambda: SITE.token(Claims(name="x" * 9000)), "at most 8192"),
        (lambda: SITE.token(Claims(extra={"exp": 1})), "may not name exp"),
        (lambda: SITE.token(Claims(consent=Consent("Yes", datetime(2026, 1, 1)))), "time zone"),  # noqa: DTZ001
    ],
)
def test_what_the_server_would_refuse_is_refused_here(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_a_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(SITE)


def test_tags_are_escaped() -> None:
    tag = subscribe_tag('a"b', ["orders", "promo"], layout="inline", data_title="<Tea>")
    assert tag == (
        '<parley-subscribe token="a&quot;b" topics="orders promo" layout="inline" '
        'data-title="&lt;Tea&gt;"></parley-subscribe>'
    )
    script = widget_script("https://chat.example.com/", 'shop"')
    assert 'src="https://chat.example.com/widget.js" data-site="shop&quot;"' in script
