"""The key pair that push services know this server by (VAPID, RFC 8292).

It is made once and kept in the database, since every browser subscribes to it alone. At rest the
private half is sealed with a key derived from the server's own secret.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from storage.database import Database


@dataclass(frozen=True, slots=True)
class PushKey:
    """`public` is as browsers want it: an uncompressed point, base64url."""

    public: str
    private: ec.EllipticCurvePrivateKey = field(repr=False)


async def push_key(database: Database, secret: str, now: datetime) -> PushKey:
    """The server's own pair, made if there is none.

    Where the secret has changed the kept one is lost: there is a new pair then, and no browser's
    subscription is of use any more.
    """
    seal = _seal(secret)
    async with database.read() as tx:
        kept = await tx.settings.push_key()
    key = _opened(kept, seal)
    if key is not None:
        return key
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    sealed = seal.encrypt(pem).decode()
    async with database.write() as tx:
        instead = kept[0] if kept is not None else ""
        stands = await tx.settings.keep_push_key(_point(made), sealed, now, instead=instead)
        if instead and stands[1] == sealed:
            await tx.pushes.end_all()
    # Another process may have been first with its own.
    return _opened(stands, seal) or PushKey(_point(made), made)


def _opened(kept: tuple[str, str] | None, seal: Fernet) -> PushKey | None:
    if kept is None:
        return None
    try:
        private = load_pem_private_key(seal.decrypt(kept[1]), None)
    except (InvalidToken, ValueError):
        return None
    return PushKey(kept[0], private) if isinstance(private, ec.EllipticCurvePrivateKey) else None


def _seal(secret: str) -> Fernet:
    derive = HKDF(SHA256(), length=32, salt=None, info=b"parley push key")
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret.encode())))


def _point(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
