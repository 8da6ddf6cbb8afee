"""Signing site tokens."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt

from parley_client.claims import Claims

MOST_BYTES = 8 * 1024
LONGEST_LIFE = timedelta(days=30)
_LEAST_SECRET = 32
_RESERVED = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Site:
    """A site as `[[sites]]` of the server names it, with one of its keys.

    `key` is the shared secret (HS256, at least 32 bytes) or your private key in PEM.
    """

    id: str
    kid: str
    key: str | bytes = field(repr=False)
    alg: Algorithm = "HS256"

    def __post_init__(self) -> None:
        """Raises ValueError for a secret that the server would refuse."""
        size = len(self.key.encode() if isinstance(self.key, str) else self.key)
        if self.alg == "HS256" and size < _LEAST_SECRET:
            raise ValueError(f"the secret has {size} bytes, HS256 needs {_LEAST_SECRET}")

    def token(
        self,
        claims: Claims | None = None,
        *,
        life: timedelta = timedelta(hours=1),
        token_id: str = "",
        now: datetime | None = None,
    ) -> str:
        """A token for one visitor, good for one person in each messenger.

        Make it when the page is made, and let it live as long as the page may stay open.
        Raises ValueError where the server would refuse it.
        """
        now = now or datetime.now(UTC)
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise ValueError(f"a token lives at most {LONGEST_LIFE.days} days")
        said = (claims or Claims()).as_json()
        if taken := _RESERVED & said.keys():
            raise ValueError(f"extra may not name {', '.join(sorted(taken))}")
        whole = {
            "iss": self.id,
            "aud": "parley",
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            "jti": token_id or secrets.token_urlsafe(16),
            **said,
        }
        token = jwt.encode(whole, self.key, algorithm=self.alg, headers={"kid": self.kid})
        if len(token) > MOST_BYTES:
            raise ValueError(f"the token has {len(token)} bytes, at most {MOST_BYTES} are taken")
        return token
