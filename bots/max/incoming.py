"""What MAX's webhook brings → events of ours. Pure, and on the hot path."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from hmac import compare_digest
from typing import Final, TypeAlias

from bots.contract import BadProof, Gate, Unparsable
from bots.fields import Fields, WrongType, fingerprint, hint, inner, moment, object_of, text, whole
from bots.max.content import content_of
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    Removed,
    Said,
    Started,
)
from core.people import Profile

_KIND = re.compile(r"[a-z_]{1,64}")
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_ID = 512
_MOST_MID = 80
"""They have 36 signs; an id of a message is kept in 80."""
_MOST_KEY = 200
_MILLISECONDS = 1000
_OF_NO_USE = ("dialog_cleared", "dialog_muted", "dialog_unmuted")


def verify(headers: Mapping[str, str], body: bytes, gate: Gate) -> None:
    """Compare the secret that we gave with the subscription; MAX signs nothing. Raises BadProof."""
    given = headers.get("x-max-bot-api-secret", "").encode("utf-8", "surrogatepass")
    # Without a secret of ours an empty header would be proof enough.
    if not gate.secret or not compare_digest(given, gate.secret.encode()):
        raise BadProof("the secret header is missing or wrong")


def parse(account: AccountId, body: bytes, now: datetime) -> Sequence[Inbound]:
    """The event of one update. Raises Unparsable, nothing else."""
    try:
        update = object_of(body)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}", fingerprint(body)) from error
    kind = hint(update, "update_type", 65)
    key = fingerprint(body)
    if kind not in _EVENTS:
        ignored = Ignored(kind if _KIND.fullmatch(kind) else "unknown")
        return (Inbound(account, UserId(""), key, now, ignored),)
    key_of, read = _EVENTS[kind]
    try:
        key = _key(kind, *key_of(update))
        user, profile, event = read(update)
    except WrongType as error:
        raise Unparsable(str(error), key) from error
    return (Inbound(account, user, key, _time(update) or now, event, profile),)


def _key(*parts: str | int) -> EventKey:
    """MAX gives its events no id: what tells one from another is put together."""
    key = ":".join(map(str, parts))
    return EventKey(key) if len(key) <= _MOST_KEY else fingerprint(key.encode())


def _of_message(update: Fields) -> tuple[str | int, ...]:
    return _mid(inner(update, "message")), whole(update, "timestamp")


def _of_removal(update: Fields) -> tuple[str | int, ...]:
    return (_id(update, "message_id", _MOST_MID),)


def _of_press(update: Fields) -> tuple[str | int, ...]:
    callback = inner(update, "callback")
    # MAX calls it the id of the keyboard: alone it may come again.
    return _id(callback, "callback_id"), whole(callback, "timestamp")


def _of_dialog(update: Fields) -> tuple[str | int, ...]:
    user = whole(inner(update, "user"), "user_id")
    return whole(update, "chat_id"), user, whole(update, "timestamp")


Found: TypeAlias = tuple[UserId, Profile | None, FromMessenger]


def _said(update: Fields) -> Found:
    return _written(
        update, lambda message, sender: Said(content_of(message, sender), _mid(message))
    )


def _edited(update: Fields) -> Found:
    return _written(
        update, lambda message, sender: Edited(_mid(message), content_of(message, sender))
    )


def _written(update: Fields, event_of: Callable[[Fields, int], FromMessenger]) -> Found:
    message = inner(update, "message")
    if inner(message, "recipient").get("chat_type") != "dialog":
        return _ignored("message_in_chat")
    sender = inner(message, "sender")
    if sender.get("is_bot") is True:
        return _ignored("message_of_bot")
    return *_who(sender, update), event_of(message, whole(sender, "user_id"))


def _removed(update: Fields) -> Found:
    return (
        UserId(str(whole(update, "user_id"))),
        None,
        Removed(_id(update, "message_id", _MOST_MID)),
    )


def _pressed(update: Fields) -> Found:
    callback = inner(update, "callback")
    found = update.get("message")
    # It is null where the message with the button is gone.
    message: Fields = found if type(found) is dict else {}
    if message and inner(message, "recipient").get("chat_type") != "dialog":
        return _ignored("message_callback_in_chat")
    event = Pressed(
        value=text(callback, "payload", 1024),
        press=_id(callback, "callback_id"),
        external_id=_mid(message) if message else "",
        made_at=moment(message, "timestamp", _MILLISECONDS),
    )
    return *_who(inner(callback, "user"), update), event


def _started(update: Fields) -> Found:
    parameter = hint(update, "payload", 65)
    event = Started(parameter if _PARAMETER.fullmatch(parameter) else "")
    return *_who(inner(update, "user"), update), event


def _stopped(update: Fields) -> Found:
    return *_who(inner(update, "user"), update), Blocked("stopped in MAX")


def _deleted(update: Fields) -> Found:
    return *_who(inner(update, "user"), update), Blocked("the dialogue was deleted in MAX")


def _ignored(kind: str, _: Fields | None = None) -> Found:
    return UserId(""), None, Ignored(kind)


_EVENTS: Final[
    Mapping[str, tuple[Callable[[Fields], tuple[str | int, ...]], Callable[[Fields], Found]]]
] = {
    "message_created": (_of_message, _said),
    "message_callback": (_of_press, _pressed),
    "message_edited": (_of_message, _edited),
    "message_removed": (_of_removal, _removed),
    "bot_started": (_of_dialog, _started),
    "bot_stopped": (_of_dialog, _stopped),
    "dialog_removed": (_of_dialog, _deleted),
    **{kind: (_of_dialog, partial(_ignored, kind)) for kind in _OF_NO_USE},
}
EVENT_KINDS: Final = tuple(kind for kind in _EVENTS if kind not in _OF_NO_USE)
"""What to ask MAX for; everything else that comes all the same is `Ignored`."""


def _who(person: Fields, update: Fields) -> tuple[UserId, Profile]:
    profile = Profile(
        hint(person, "first_name", 256) or hint(person, "name", 256),
        hint(person, "last_name", 256),
        hint(person, "username", 64),
        hint(update, "user_locale", 35),
    )
    return UserId(str(whole(person, "user_id"))), profile


def _mid(message: Fields) -> str:
    return _id(inner(message, "body"), "mid", _MOST_MID)


def _id(fields: Fields, name: str, most: int = _MOST_ID) -> str:
    found = text(fields, name, most + 1)
    if not 0 < len(found) <= most:
        raise WrongType(f"{name} is missing or too long")
    return found


def _time(update: Fields) -> datetime | None:
    """When a button was pressed, else when the update was made."""
    callback = update.get("callback")
    fields = callback if type(callback) is dict else update
    return moment(fields, "timestamp", _MILLISECONDS)
