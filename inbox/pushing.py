"""Notifications to browsers and phones (RFC 8030), sealed so that only they can read them.

The payload is encrypted for the browser (RFC 8291, `http_ece`) and the request signed with our key
(RFC 8292, PyJWT). Where it goes is a URL that a browser gave us: only the guarded egress calls it.
"""

import base64
import hashlib
import json
import logging
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from core.alerts import PushSubscription
from dialogues.egress import Egress, NoAnswer
from dialogues.egress_rules import Forbidden
from inbox.push_keys import PushKey, push_key
from storage.database import Database

log = logging.getLogger(__name__)

LONGEST_ENDPOINT = 2000
LONGEST_TITLE, LONGEST_BODY = 100, 300
"""A push service need not take more than 4096 bytes, with the encryption's own."""
_TOKEN_LIFE = timedelta(hours=12)
_TOKEN_USED = timedelta(hours=6)
_MOST_TOKENS = 100
_GONE = (404, 410)


class PushPutOff(Exception):
    """The push service takes nothing now; the same may go through later."""

    code = "push_put_off"


class PushRefused(Exception):
    """The push service refuses it for good."""

    code = "push_refused"


class PushGone(Exception):
    """The browser has unsubscribed: forget it."""

    code = "push_gone"


class NoSubscription(Exception):
    """What a browser sent is no push subscription; the text says why."""

    code = "no_subscription"


@dataclass(frozen=True, slots=True)
class Notification:
    """What a browser shows. A later one of the same `topic` takes the place of the earlier one.

    `topic` is up to 32 letters of base64url. `url` is the page that it opens, of ours.
    """

    title: str
    body: str
    url: str
    topic: str
    language: str
    is_urgent: bool = True
    life: timedelta = timedelta(hours=4)

    def payload(self) -> bytes:
        shown = {
            "title": self.title[:LONGEST_TITLE],
            "body": self.body[:LONGEST_BODY],
            "url": self.url,
            "tag": self.topic,
            "lang": self.language,
        }
        return json.dumps(shown, ensure_ascii=False).encode()


class PushService:
    def __init__(
        self,
        database: Database,
        egress: Egress,
        clock: Callable[[], datetime],
        secret: str,
        contact: str,
    ) -> None:
        """`contact` is a URL or a mailto: by which a push service finds whoever runs this."""
        self._database = database
        self.egress = egress
        self._clock = clock
        self._secret = secret
        self._contact = contact
        self._key: PushKey | None = None
        self._tokens: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def key(self) -> PushKey:
        """Ours, made at the first need."""
        if self._key is None:
            self._key = await push_key(self._database, self._secret, self._clock())
        return self._key

    async def send(self, to: PushSubscription, notification: Notification) -> None:
        """Raises PushPutOff, PushRefused, PushGone."""
        key = await self.key()
        headers = {
            "Authorization": f"vapid t={self._token(key, to.endpoint)}, k={key.public}",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(notification.life.total_seconds())),
            "Urgency": "high" if notification.is_urgent else "normal",
            "Topic": notification.topic,
        }
        try:
            body = encrypted(notification.payload(), to.p256dh, to.auth)
            status = await self.egress.post(to.endpoint, headers, body)
        except (Forbidden, ValueError) as error:
            raise PushRefused(type(error).__name__) from error
        except NoAnswer as error:
            raise PushPutOff(str(error)) from error
        if status in _GONE:
            raise PushGone(str(status))
        if status == 429 or status >= 500:
            raise PushPutOff(str(status))
        if not 200 <= status < 300:
            raise PushRefused(str(status))

    def _token(self, key: PushKey, endpoint: str) -> str:
        """Signed for the push service, which may not see it elsewhere; used again for a while."""
        now, origin = self._clock(), _origin(endpoint)
        known = self._tokens.get(origin)
        if known is not None and now - known[1] < _TOKEN_USED:
            return known[0]
        claims = {"aud": origin, "exp": now + _TOKEN_LIFE, "sub": self._contact}
        token = jwt.encode(claims, key.private, algorithm="ES256")
        self._tokens[origin] = (token, now)
        while len(self._tokens) > _MOST_TOKENS:
            self._tokens.popitem(last=False)
        return token


def encrypted(payload: bytes, p256dh: str, auth: str) -> bytes:
    """For the holder of this key alone. Raises ValueError for keys that are none."""
    sealed: bytes = http_ece.encrypt(
        payload,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(p256dh),
        auth_secret=_bytes(auth),
        version="aes128gcm",
    )
    return sealed


def read_subscription(raw: Mapping[str, str], egress: Egress) -> tuple[str, str, str]:
    """(endpoint, p256dh, auth) of what a browser sent. Raises NoSubscription."""
    endpoint = raw.get("endpoint", "")
    p256dh, auth = raw.get("p256dh", ""), raw.get("auth", "")
    if not endpoint.startswith("https://") or len(endpoint) > LONGEST_ENDPOINT:
        raise NoSubscription("the endpoint is no https URL")
    try:
        egress.check(endpoint)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
        is_secret = len(_bytes(auth)) == 16
    except Forbidden as error:
        raise NoSubscription(str(error)) from error
    except ValueError as error:
        raise NoSubscription("the keys are none") from error
    if not is_secret:
        raise NoSubscription("the keys are none")
    return endpoint, p256dh.rstrip("="), auth.rstrip("=")


def endpoint_digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _bytes(text: str) -> bytes:
    if len(text) > 120:
        raise ValueError("too long")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"
