"""Site tokens: a JWT in, verified claims out, or the reason why not."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from core.ids import SiteId
from core.text import clean
from core.tokens import Claims
from subscriptions.claims import BadClaim, read_claims
from subscriptions.keyring import Keyring, SiteKey

MOST_BYTES = 8192
LEEWAY = timedelta(seconds=60)
LONGEST_LIFE = timedelta(days=30)
AUDIENCE = "parley"
_REGISTERED = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


class Refusal(StrEnum):
    """Why a token is not taken; the same words in the API's errors."""

    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    UNKNOWN_KEY = "unknown_key"
    ALGORITHM_MISMATCH = "algorithm_mismatch"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRES_TOO_LATE = "expires_too_late"
    WRONG_AUDIENCE = "wrong_audience"
    MISSING_CLAIM = "missing_claim"
    INVALID_CLAIM = "invalid_claim"
    REPLAYED = "replayed"


class TokenRefused(Exception):
    """The token is not good; the visitor still gets a page that lets them start without it."""

    code = "token_refused"

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else str(refusal))
        self.refusal = refusal
        self.detail = detail


def verify(token: str, keyring: Keyring, now: datetime) -> Claims:
    """The claims of a token that a site really signed and that is valid now.

    Raises:
        TokenRefused: with the reason. Nothing of the token is to be trusted then.
    """
    if len(token.encode("utf-8", "replace")) > MOST_BYTES:
        raise TokenRefused(Refusal.TOO_LONG, f"more than {MOST_BYTES} bytes")
    key = _key(token, keyring)
    payload = _payload(token, key)
    _check_times(payload, now)
    audience = payload.get("aud")
    if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
        raise TokenRefused(Refusal.WRONG_AUDIENCE, f'aud must be "{AUDIENCE}"')
    site = SiteId(payload["iss"])
    claims = {name: value for name, value in payload.items() if name not in _REGISTERED}
    try:
        return read_claims(site, token_id(payload, token), claims)
    except BadClaim as error:
        raise TokenRefused(Refusal.INVALID_CLAIM, str(error)) from error


def signed_at(token: str) -> datetime | None:
    """When a token says that it was signed. It must have been verified before."""
    payload = jwt.decode(token, options={"verify_signature": False})
    return _time(payload, "iat") if payload.get("iat") is not None else None


def token_id(payload: Mapping[str, Any], token: str) -> str:
    """What makes the token one of a kind within its site: its jti, else its hash."""
    jti = payload.get("jti")
    if jti is None:
        return "sha256:" + hashlib.sha256(token.encode()).hexdigest()
    if isinstance(jti, bool) or not isinstance(jti, str | int) or len(str(jti)) > 150:
        raise TokenRefused(Refusal.INVALID_CLAIM, "jti must be a text of at most 150 characters")
    return "jti:" + clean(str(jti))


def _key(token: str, keyring: Keyring) -> SiteKey:
    """Whose key it must be, by names that are not trusted yet."""
    try:
        header = jwt.get_unverified_header(token)
        unverified = jwt.decode(token, options={"verify_signature": False, "verify_aud": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError, TypeError) as error:
        raise TokenRefused(Refusal.MALFORMED, type(error).__name__) from error
    issuer = unverified.get("iss")
    if issuer is None:
        raise TokenRefused(Refusal.MISSING_CLAIM, "iss")
    if not isinstance(issuer, str):
        raise TokenRefused(Refusal.INVALID_CLAIM, "iss must be a text")
    kid = header.get("kid")
    key = keyring.sole(issuer) if kid is None else keyring.find(issuer, str(kid))
    if key is None:
        raise TokenRefused(Refusal.UNKNOWN_KEY, "no key of that iss and kid")
    if header.get("alg") != key.alg:
        raise TokenRefused(Refusal.ALGORITHM_MISMATCH, f"the key is for {key.alg}")
    return key


def _payload(token: str, key: SiteKey) -> dict[str, Any]:
    # Times and audience are checked by us afterwards: with our clock, our bounds, our codes.
    options = {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_iss": False,
        "verify_sub": False,
        "verify_jti": False,
    }
    try:
        payload: dict[str, Any] = jwt.decode(
            token,
            key.material,
            algorithms=[key.alg],
            options=options,  # type: ignore[arg-type]
        )
    except jwt.InvalidSignatureError as error:
        raise TokenRefused(Refusal.BAD_SIGNATURE) from error
    except (jwt.InvalidKeyError, jwt.InvalidAlgorithmError) as error:
        raise TokenRefused(Refusal.ALGORITHM_MISMATCH, type(error).__name__) from error
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise TokenRefused(Refusal.MALFORMED, type(error).__name__) from error
    return payload


def _check_times(payload: Mapping[str, Any], now: datetime) -> None:
    if payload.get("exp") is None:
        raise TokenRefused(Refusal.MISSING_CLAIM, "exp")
    expires_at = _time(payload, "exp")
    if expires_at is None or expires_at > now + LONGEST_LIFE + LEEWAY:
        raise TokenRefused(Refusal.EXPIRES_TOO_LATE, "exp is more than 30 days ahead")
    if expires_at <= now - LEEWAY:
        raise TokenRefused(Refusal.EXPIRED)
    for name in ("nbf", "iat"):
        if payload.get(name) is not None:
            begins_at = _time(payload, name)
            if begins_at is None or begins_at > now + LEEWAY:
                raise TokenRefused(Refusal.NOT_YET_VALID, name)


def _time(payload: Mapping[str, Any], name: str) -> datetime | None:
    """None: so far ahead that no calendar holds it."""
    value = payload[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise TokenRefused(Refusal.INVALID_CLAIM, f"{name} must be a number of seconds")
    if value < 0:
        raise TokenRefused(Refusal.INVALID_CLAIM, f"{name} must not be negative")
    # Bounded before it is converted: 10**400 is valid JSON.
    return datetime.fromtimestamp(value, UTC) if value < 32_503_680_000 else None
