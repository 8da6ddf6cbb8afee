"""A site token is taken only when everything about it is right; each refusal says why."""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from core.ids import SiteId
from subscriptions.keyring import Keyring, SiteKey
from subscriptions.tokens import Refusal, TokenRefused, verify
from tests.world import NOW

SECRET = "a-secret-of-the-shop-with-more-than-32-bytes"
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_EC = ec.generate_private_key(ec.SECP256R1())
_ED = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> str:
    encoded: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded.decode()


KEYRING = Keyring(
    {
        SiteId("shop"): {
            "h": SiteKey("h", "HS256", SECRET),
            "r": SiteKey("r", "RS256", pem(_RSA)),
            "e": SiteKey("e", "ES256", pem(_EC)),
            "d": SiteKey("d", "EdDSA", pem(_ED)),
        },
        SiteId("small"): {"only": SiteKey("only", "HS256", SECRET)},
    }
)


def good(**changes: Any) -> dict[str, Any]:
    claims = {
        "iss": "shop",
        "aud": "parley",
        "exp": int((NOW + timedelta(hours=1)).timestamp()),
        "iat": int(NOW.timestamp()),
        "jti": "t-1",
        "sub": 4711,
        "name": "Anna",
        "order": {"id": 1042, "number": "A-1042", "total": 39.9, "items": [{"name": "Tea"}]},
        "topics": ["orders"],
        "loyalty": "gold",
    }
    return {k: v for k, v in {**claims, **changes}.items() if v is not ...}


def sign(claims: dict[str, Any], kid: str | None = "h", **options: Any) -> str:
    headers = {"kid": kid} if kid else {}
    key = {"r": _RSA, "e": _EC, "d": _ED}.get(kid or "", SECRET)
    alg = {"r": "RS256", "e": "ES256", "d": "EdDSA"}.get(kid or "", "HS256")
    return jwt.encode(claims, options.get("key", key), options.get("alg", alg), headers=headers)


def by_hand(header: dict[str, Any], payload: bytes, secret: str = SECRET) -> str:
    """A token that no library would make."""

    def part(raw: bytes) -> bytes:
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    signed = part(json.dumps(header).encode()) + b"." + part(payload)
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + part(signature)).decode()


def at(**span: float) -> int:
    return int((NOW + timedelta(**span)).timestamp())


HS = {"alg": "HS256", "kid": "h", "typ": "JWT"}


@pytest.mark.parametrize("kid", ["h", "r", "e", "d"])
def test_a_good_token_of_every_algorithm_says_who_and_which_order(kid: str) -> None:
    claims = verify(sign(good(), kid), KEYRING, NOW)
    assert (claims.site, claims.customer, claims.token) == ("shop", "4711", "jti:t-1")
    assert claims.order is not None
    assert (claims.order.ref, claims.order.number, claims.order.total) == ("1042", "A-1042", "39.9")
    assert claims.topics == ("orders",)
    assert claims.attributes == {"loyalty": "gold"}


def test_a_site_with_one_key_may_leave_out_its_name() -> None:
    assert verify(sign(good(iss="small"), None), KEYRING, NOW).site == "small"


def test_a_token_without_jti_is_known_by_its_hash() -> None:
    token = sign(good(jti=...))
    assert verify(token, KEYRING, NOW).token.startswith("sha256:")


def test_clocks_may_differ_by_a_minute() -> None:
    assert verify(sign(good(exp=at(seconds=-59))), KEYRING, NOW)
    assert verify(sign(good(iat=at(seconds=59))), KEYRING, NOW)


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        pytest.param(sign(good(exp=at(minutes=-2))), Refusal.EXPIRED, id="expired"),
        pytest.param(sign(good(nbf=at(minutes=5))), Refusal.NOT_YET_VALID, id="not yet valid"),
        pytest.param(sign(good(iat=at(minutes=5))), Refusal.NOT_YET_VALID, id="from the future"),
        pytest.param(sign(good(exp=at(days=31))), Refusal.EXPIRES_TOO_LATE, id="lives too long"),
        pytest.param(sign(good(exp=10**400)), Refusal.EXPIRES_TOO_LATE, id="beyond any calendar"),
        pytest.param(sign(good(exp=...)), Refusal.MISSING_CLAIM, id="never expires"),
        pytest.param(sign(good(exp="soon")), Refusal.INVALID_CLAIM, id="expires in words"),
        pytest.param(sign(good(exp=True)), Refusal.INVALID_CLAIM, id="expires in a boolean"),
        pytest.param(sign(good(aud="other")), Refusal.WRONG_AUDIENCE, id="for somebody else"),
        pytest.param(sign(good(aud=...)), Refusal.WRONG_AUDIENCE, id="for nobody"),
        pytest.param(sign(good(iss=...)), Refusal.MISSING_CLAIM, id="of nobody"),
        pytest.param(sign(good(iss="other")), Refusal.UNKNOWN_KEY, id="of an unknown shop"),
        pytest.param(sign(good(), "zz"), Refusal.UNKNOWN_KEY, id="an unknown key"),
        pytest.param(sign(good(), None), Refusal.UNKNOWN_KEY, id="no key of several named"),
        pytest.param(
            sign(good(), key="another-secret-that-is-long-enough-too"),
            Refusal.BAD_SIGNATURE,
            id="signed with another secret",
        ),
        pytest.param(
            by_hand({"alg": "none", "kid": "h"}, json.dumps(good()).encode()),
            Refusal.ALGORITHM_MISMATCH,
            id="alg none",
        ),
        pytest.param(
            by_hand({"alg": "HS512", "kid": "h"}, json.dumps(good()).encode()),
            Refusal.ALGORITHM_MISMATCH,
            id="another algorithm than the key's",
        ),
        pytest.param(
            by_hand({"alg": "HS256", "kid": "r"}, json.dumps(good()).encode(), pem(_RSA)),
            Refusal.ALGORITHM_MISMATCH,
            id="HS256 made with a public key",
        ),
        pytest.param(sign(good(note="x" * 9000)), Refusal.TOO_LONG, id="9 KiB"),
        pytest.param("", Refusal.MALFORMED, id="empty"),
        pytest.param("a.b.c", Refusal.MALFORMED, id="broken base64"),
        pytest.param("\u0416.\u0416.\u0416", Refusal.MALFORMED, id="not ASCII"),
        pytest.param(by_hand(HS, b"[1]"), Refusal.MALFORMED, id="a list"),
        pytest.param(by_hand(HS, b"{" * 3000), Refusal.MALFORMED, id="broken JSON"),
        pytest.param(by_hand(HS, b"[" * 3000 + b"]" * 3000), Refusal.MALFORMED, id="a JSON bomb"),
        pytest.param(
            by_hand(HS, json.dumps(good()).encode()[:-1] + b',"deep":' + b"[" * 900 + b"]" * 900
                    + b"}"),
            Refusal.INVALID_CLAIM,
            id="a nested claim",
        ),
        pytest.param(sign(good(sub=[1])), Refusal.INVALID_CLAIM, id="a customer who is a list"),
        pytest.param(sign(good(order="1042")), Refusal.INVALID_CLAIM, id="an order in words"),
        pytest.param(sign(good(order={})), Refusal.INVALID_CLAIM, id="an order without id"),
        pytest.param(
            sign(good(order={"id": 1, "url": "javascript:alert(1)"})),
            Refusal.INVALID_CLAIM,
            id="a URL that is a script",
        ),
        pytest.param(sign(good(topics="orders")), Refusal.INVALID_CLAIM, id="topics in words"),
        pytest.param(sign(good(consent={"text": ""})), Refusal.INVALID_CLAIM, id="empty consent"),
    ],
)  # fmt: skip
def test_each_refusal_says_why(token: str, refusal: Refusal) -> None:
    with pytest.raises(TokenRefused) as refused:
        verify(token, KEYRING, NOW)
    assert refused.value.refusal is refusal


@given(token=st.text(max_size=300) | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,80}\.[\w-]{0,40}"))
def test_any_text_is_refused_and_never_breaks_anything(token: str) -> None:
    with pytest.raises(TokenRefused):
        verify(token, KEYRING, NOW)


@given(
    payload=st.dictionaries(
        st.sampled_from(
            ["iss", "aud", "exp", "iat", "nbf", "jti", "sub", "order", "topics", "consent", "page"]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=20)
        | st.lists(st.integers(), max_size=3)
        | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    )
)
def test_any_signed_claims_are_taken_or_refused_with_a_reason(payload: dict[str, Any]) -> None:
    with suppress(TokenRefused):
        verify(by_hand(HS, json.dumps(payload).encode()), KEYRING, NOW)
