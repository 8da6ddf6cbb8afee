"""Signed links to a person's preferences: to leave, or choose anew, without an account. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from core.ids import AddressId, ContactId

_AUDIENCE = "parley:preferences"
_ADDRESS, _CONTACT = "a", "c"


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PreferenceLinks:
    """Whoever has such a link may choose for whom it stands, for as long as `life`."""

    secret: str = field(repr=False)
    public_url: str
    life: timedelta

    def of_address(self, address: AddressId, now: datetime) -> str:
        """For messages at this address."""
        return self._make(_ADDRESS, address, now).url

    def of_contact(self, contact: ContactId, now: datetime) -> PreferenceLink:
        """For a page where the shop knows who somebody is: all their messengers."""
        return self._make(_CONTACT, contact, now)

    def _make(self, kind: str, id_: int, now: datetime) -> PreferenceLink:
        # By whole days: a text that is made anew on the same day is the same text.
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        expires_at = day + self.life + timedelta(days=1)
        claims = {"aud": _AUDIENCE, "sub": f"{kind}{id_}", "exp": int(expires_at.timestamp())}
        token = jwt.encode(claims, self.secret, algorithm="HS256")
        url = f"{self.public_url.rstrip('/')}/preferences/{token}"
        return PreferenceLink(url, expires_at)

    def read(self, token: str, now: datetime) -> tuple[AddressId | None, ContactId | None, bool]:
        """(of which address, or contact, has it expired). Neither: it is none of ours."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub"], "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return None, None, False
        subject, has_expired = str(claims["sub"]), int(claims["exp"]) <= now.timestamp()
        kind, id_ = subject[:1], int(subject[1:])
        if kind == _ADDRESS:
            return AddressId(id_), None, has_expired
        return None, ContactId(id_), has_expired
