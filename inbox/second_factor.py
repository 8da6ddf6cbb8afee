"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes on paper.

At rest a secret is sealed with a key derived from the server's own (HKDF, Fernet): a copy of the
database alone makes no codes. Recovery codes are 80 random bits each, so a plain digest is enough.
"""

import base64
import hashlib
import re
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.exceptions import OTPVerificationError

from core.ids import OperatorId

STEP = 30
"""Seconds that a code is shown for. The one before and the one after count as well."""
RECOVERY_CODES = 10
SET_UP_WITHIN = 3600
"""Seconds in which a secret that was shown must prove itself."""
_RECOVERY = re.compile(r"[a-z2-7]{16}")


class Seal:
    """Encrypts secrets for one operator; nobody else's opens as theirs."""

    def __init__(self, server_secret: str, purpose: str = "second factor") -> None:
        """What is sealed for one purpose does not open for another."""
        derive = HKDF(SHA256(), length=32, salt=None, info=f"parley {purpose}".encode())
        key = derive.derive(server_secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, operator: OperatorId, secret: str) -> str:
        return self._fernet.encrypt(f"{operator}:{secret}".encode()).decode()

    def open(self, operator: OperatorId, sealed: str, within: int | None = None) -> str | None:
        """The secret; None for what was not sealed here, for them, `within` so many seconds."""
        try:
            owner, _, secret = self._fernet.decrypt(sealed, ttl=within).decode().partition(":")
        except InvalidToken:
            return None
        return secret if owner == str(operator) else None


def new_secret() -> str:
    """160 bits in base32, as apps want it."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, of the last, this and the next one; None for a wrong code."""
    try:
        app = pyotp.TOTP(secret, interval=STEP)
        return app.verify_and_get_timecode("".join(code.split()), for_time=now, valid_window=1)
    except OTPVerificationError:
        return None


def qr_of(secret: str, login: str, host: str) -> str:
    """The picture that an app scans, as SVG without styles: our pages allow none."""
    app = pyotp.TOTP(secret, interval=STEP)
    url = app.provisioning_uri(name=login, issuer_name=f"Parley {host}".strip())
    svg: str = segno.make(url, error="m", micro=False).svg_inline(
        scale=5, border=3, dark="#111", light="#fff"
    )
    return svg


def new_recovery_codes() -> list[str]:
    def code() -> str:
        text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        return "-".join(text[start : start + 4] for start in range(0, 16, 4))

    return [code() for _ in range(RECOVERY_CODES)]


def recovery_digest(written: str) -> str | None:
    """What is stored of a code, however it was typed; None where it is no such code."""
    plain = re.sub(r"[\s-]", "", written.lower())
    if _RECOVERY.fullmatch(plain) is None:
        return None
    return hashlib.sha256(plain.encode()).hexdigest()
