"""Webhooks that Parley sends: in the form of Standard Webhooks, signed with a shared secret."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

LEEWAY = timedelta(minutes=5)
_PREFIX = "whsec_"


class BadWebhook(Exception):
    """It is not from the server, or too old; answer 400 and do nothing. The text says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is the same each time it is sent: keep those you have done. `data` by `type`."""

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`secrets` as in the server's configuration; two of them while one replaces the other."""

    secrets: tuple[str, ...] = field(repr=False)

    def __init__(self, *secrets: str) -> None:
        """Raises ValueError without a secret."""
        if not secrets or not all(secrets):
            raise ValueError("a secret is needed: without it anybody could call")
        object.__setattr__(self, "secrets", secrets)

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> Event:
        """The event, once its signature and time are right. `body` as it came: not parsed before.

        Raises BadWebhook.
        """
        given = {name.lower(): value for name, value in headers.items()}
        id_, sent, signed = (
            given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not (id_ and sent and signed):
            raise BadWebhook("it has no webhook-id, webhook-timestamp or webhook-signature")
        if not sent.isascii() or not sent.isdecimal() or len(sent) > 12:
            raise BadWebhook("its time is no number")
        if not self._is_signed(f"{id_}.{sent}.".encode() + body, signed):
            raise BadWebhook("its signature is not made with our secret")
        at = datetime.fromtimestamp(int(sent), UTC)
        if abs((now or datetime.now(UTC)) - at) > LEEWAY:
            raise BadWebhook("it was sent at another time: somebody repeats it, or a clock is off")
        try:
            told = json.loads(body)
            return Event(id_, told["type"], datetime.fromisoformat(told["timestamp"]), told["data"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadWebhook("its body is not an event") from error

    def _is_signed(self, content: bytes, signed: str) -> bool:
        mine = [_sign(secret, content) for secret in self.secrets]
        theirs = [
            one.removeprefix("v1,").encode() for one in signed.split() if one.startswith("v1,")
        ]
        return any(hmac.compare_digest(one, other) for one in mine for other in theirs[:8])


def _sign(secret: str, content: bytes) -> bytes:
    return base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest())


def _key(secret: str) -> bytes:
    """`whsec_` and base64 as the standard has it; anything else is taken as it is."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("after whsec_ the secret is base64") from error
