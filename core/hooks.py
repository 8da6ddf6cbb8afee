"""Webhooks to sites: what they may be told, how it is signed, when it is tried again. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from core.ids import SiteId


class HookType(StrEnum):
    """Every type of event that a site may be told of; each has its shape in
    `dialogues.hook_events`."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    CONTACT_LINKED = "contact.linked"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_STATUS = "message.status"
    FLOW_ANSWER = "flow.answer"
    FLOW_EVENT = "flow.event"
    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_CLOSED = "conversation.closed"
    CONVERSATION_RATED = "conversation.rated"
    TEST = "test"
    """Made by hand, to try an endpoint; nobody need ask for it."""


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"
    """The person it tells of was erased before it went."""


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint as deciding code sees it. `events` None: all."""

    key: str
    events: frozenset[HookType] | None = None

    def wants(self, kind: HookType) -> bool:
        return self.events is None or kind in self.events


@dataclass(frozen=True, slots=True)
class Hooks:
    """Which endpoints of which site want what. Without any, nothing is made of what happens.

    `only` is the site where there is but one: contacts that came by no site's token are its own.
    """

    targets: Mapping[SiteId, tuple[Target, ...]] = field(default_factory=dict)
    only: SiteId | None = None

    def __bool__(self) -> bool:
        return bool(self.targets)

    def wants(self, kind: HookType) -> bool:
        """Whether anybody does."""
        return any(one.wants(kind) for targets in self.targets.values() for one in targets)

    def of(self, site: SiteId | None, kind: HookType) -> list[tuple[SiteId, Target]]:
        """Whom to tell of a contact of this site; nobody where it is not known whose it is."""
        whose = site or self.only
        if whose is None:
            return []
        return [(whose, one) for one in self.targets.get(whose, ()) if one.wants(kind)]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL of a site's own server. `secrets` sign, the newest first: two while one is changed."""

    key: str
    site: SiteId
    url: str
    secrets: tuple[bytes, ...] = field(repr=False)
    events: frozenset[HookType] | None = None


def endpoint_key(site: str, url: str) -> str:
    """What stands for an endpoint in the database, whatever else is configured of it."""
    return hashlib.sha256(f"{site}\n{url}".encode()).hexdigest()[:32]


PREFIX = "whsec_"
SHORTEST_SECRET = 24


def secret_bytes(secret: str) -> bytes:
    """The key in a secret: `whsec_` and base64, or its own bytes. Raises ValueError."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("behind whsec_ stands no base64") from error


def sign(secrets: Sequence[bytes], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks; `at` is when it is sent."""
    seconds = str(int(at.timestamp()))
    content = b".".join((id_.encode(), seconds.encode(), body))
    signatures = [
        base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": id_,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


LADDER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=7),
    timedelta(hours=10),
)
"""Between one try and the next: eight tries, the last a day after the first."""
LONGEST_WAIT = timedelta(hours=10)
"""However long an endpoint asks us to wait."""
_SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back. `status` 0: no answer, `error` says why. `retry_after` in seconds."""

    status: int
    error: str = ""
    retry_after: float | None = None
    excerpt: str = ""
    millis: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """It was taken."""


@dataclass(frozen=True, slots=True)
class Gone:
    """410: the endpoint wants nothing more, ever."""


@dataclass(frozen=True, slots=True)
class Again:
    """`pauses`: the endpoint asked that nothing be sent until then."""

    at: datetime
    pauses: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The last try failed."""


Verdict: TypeAlias = Done | Gone | Again | GivenUp


def judge(answered: Answered, attempt: int, now: datetime, chance: float) -> Verdict:
    """What follows from the answer to this attempt, counted from 1. `chance`, from 0 to 1, spreads
    tries that failed together."""
    if 200 <= answered.status < 300:
        return Done()
    if answered.status == 410:
        return Gone()
    if attempt > len(LADDER):
        return GivenUp()
    if answered.status in (429, 503) and answered.retry_after is not None:
        asked = timedelta(seconds=min(answered.retry_after, LONGEST_WAIT.total_seconds()))
        return Again(now + max(asked, timedelta(seconds=1)), pauses=True)
    return Again(now + LADDER[attempt - 1] * (1 - _SPREAD / 2 + _SPREAD * chance))
