"""What Viber's webhook brings → events of ours. Pure, and on the hot path."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac

from bots.contract import BadProof, Gate, Unparsable
from bots.fields import Fields, WrongType, fingerprint, hint, inner, moment, object_of, text
from bots.viber.content import content_of
from bots.viber.keyboard import START, value_of
from bots.viber.tokens import token_of
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Delivered,
    FromMessenger,
    Ignored,
    Inbound,
    Opened,
    Pressed,
    Read,
    Said,
    Started,
    Undelivered,
)
from core.people import Profile

_KIND = re.compile(r"[a-z_]{1,64}")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,64}")
# 24 signs as a rule.
_USER = re.compile(r"[!-~]{1,64}")


def verify(headers: Mapping[str, str], body: bytes, gate: Gate) -> None:
    """Compare the HMAC-SHA256 of the raw body, keyed with the token. Raises BadProof."""
    given = headers.get("x-viber-content-signature", "").encode("utf-8", "surrogatepass")
    expected = hmac(gate.secret.encode(), body, sha256).hexdigest().encode()
    # Anybody can sign with an empty key.
    if not gate.secret or not compare_digest(given, expected):
        raise BadProof("the signature is missing or wrong")


def parse(account: AccountId, body: bytes, now: datetime) -> Sequence[Inbound]:
    """The event of one request; none for the call with which Viber tries a new webhook.

    Raises Unparsable, nothing else.
    """
    try:
        fields = object_of(body)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}", fingerprint(body)) from error
    kind = hint(fields, "event", 65)
    if kind == "webhook":
        return ()
    if kind not in _EVENTS:
        ignored = Ignored(kind if _KIND.fullmatch(kind) else "unknown")
        return (Inbound(account, UserId(""), fingerprint(body), now, ignored),)
    key = fingerprint(body)
    try:
        token = token_of(fields)
        key = EventKey(f"{kind}:{token}")
        user, profile = _who(fields)
        if kind in _RECEIPTS:
            # The people of one broadcast, and what becomes of a message, share its token.
            key = EventKey(f"{key}:{user}")
        event = _EVENTS[kind](fields, token)
    except WrongType as error:
        raise Unparsable(str(error), key) from error
    at = moment(fields, "timestamp", in_second=1000) or now
    return (Inbound(account, user, key, at, event, profile),)


def _who(fields: Fields) -> tuple[UserId, Profile | None]:
    if "user_id" in fields:
        return _user(fields, "user_id"), None
    person = inner(fields, "sender" if "sender" in fields else "user")
    # Viber has one field for the whole name.
    profile = Profile(first_name=hint(person, "name", 256), locale=hint(person, "language", 35))
    return _user(person, "id"), profile


def _user(fields: Fields, name: str) -> UserId:
    user = text(fields, name, 65)
    if not _USER.fullmatch(user):
        raise WrongType(f"{name} is not an id")
    return UserId(user)


def _opened(fields: Fields, _: str) -> FromMessenger:
    """Opening the chat permits nothing; the context is the deep link's parameter.

    Whoever subscribed before comes back by it: no other event follows.
    """
    context = hint(fields, "context", 65)
    context = context if _CONTEXT.fullmatch(context) else ""
    if fields.get("subscribed") is not True:
        return Opened(context)
    return Started(context) if context else Ignored("conversation_started")


def _subscribed(_: Fields, __: str) -> FromMessenger:
    return Started()


def _unsubscribed(_: Fields, __: str) -> FromMessenger:
    return Blocked("unsubscribed in Viber")


def _said(fields: Fields, token: str) -> FromMessenger:
    content = content_of(inner(fields, "message"))
    if content.attachments:
        return Said(content, token)
    if content.text == START:
        return Started(external_id=token)
    value = value_of(content.text)
    return Said(content, token) if value is None else Pressed(value, press="")


def _delivered(_: Fields, token: str) -> FromMessenger:
    return Delivered(token)


def _seen(_: Fields, token: str) -> FromMessenger:
    return Read(token)


def _failed(fields: Fields, token: str) -> FromMessenger:
    return Undelivered(token, hint(fields, "desc", 300) or "failed in Viber")


_EVENTS: Mapping[str, Callable[[Fields, str], FromMessenger]] = {
    "conversation_started": _opened,
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "message": _said,
    "delivered": _delivered,
    "seen": _seen,
    "failed": _failed,
}
_RECEIPTS = frozenset(("delivered", "seen", "failed"))
