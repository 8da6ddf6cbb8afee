"""What Telegram's webhook brings → events of ours. Pure, and on the hot path."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from hmac import compare_digest
from typing import Final

from bots.contract import BadProof, Gate, Unparsable
from bots.fields import Fields, WrongType, hint, inner, moment, object_of, text, whole
from bots.telegram.content import content_of, notice
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    Said,
    Started,
    Unblocked,
)
from core.people import Profile

_START = re.compile(r"/start(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(rb'\s*\{\s*"update_id"\s*:\s*(\d{1,15})\s*[,}]')
_KIND = re.compile(r"[a-z_]{1,64}")


def verify(headers: Mapping[str, str], body: bytes, gate: Gate) -> None:
    """Compare the secret that we gave to setWebhook; Telegram signs nothing. Raises BadProof."""
    given = headers.get("x-telegram-bot-api-secret-token", "")
    expected = gate.secret.encode()
    # Without a secret of ours an empty header would be proof enough.
    if not gate.secret or not compare_digest(given.encode("utf-8", "surrogatepass"), expected):
        raise BadProof("the secret header is missing or wrong")


def parse(account: AccountId, body: bytes, now: datetime) -> Sequence[Inbound]:
    """The event of one update. `now` stands where Telegram tells no time (a press of a button).

    Raises Unparsable, nothing else.
    """
    try:
        update = object_of(body)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}", _key_in(body)) from error
    key: EventKey | None = None
    try:
        key = EventKey(str(whole(update, "update_id")))
        return (_inbound(account, key, update, now),)
    except WrongType as error:
        raise Unparsable(str(error), key) from error


def _key_in(body: bytes) -> EventKey | None:
    """Telegram writes `update_id` first, so it can be read where the rest cannot."""
    found = _KEY.match(body)
    return EventKey(str(int(found[1]))) if found else None


def _inbound(account: AccountId, key: EventKey, update: Fields, now: datetime) -> Inbound:
    for kind, read in _READERS.items():
        if kind in update:
            return read(account, key, inner(update, kind), now)
    kind = next((name for name in update if name != "update_id"), "")
    return _ignored(account, key, kind if _KIND.fullmatch(kind) else "unknown", now)


def _ignored(account: AccountId, key: EventKey, kind: str, now: datetime) -> Inbound:
    return Inbound(account, UserId(""), key, now, Ignored(kind))


def _written(
    event_of: Callable[[Fields], FromMessenger],
    account: AccountId,
    key: EventKey,
    message: Fields,
    now: datetime,
) -> Inbound:
    chat = inner(message, "chat")
    if chat.get("type") != "private":
        return _ignored(account, key, "message_in_group", now)
    sender = message.get("from")
    person = sender if type(sender) is dict else chat
    if person.get("is_bot") is True:
        return _ignored(account, key, "message_of_bot", now)
    event = event_of(message)
    if type(event) is Ignored:
        return _ignored(account, key, event.kind, now)
    user = UserId(str(whole(chat, "id")))
    at = moment(message, "edit_date") or moment(message, "date") or now
    return Inbound(account, user, key, at, event, _profile(person))


def _said(message: Fields) -> FromMessenger:
    external_id = str(whole(message, "message_id"))
    service = notice(message)
    if service == "write_access_allowed":
        # Permission given in a mini app: the same as taking a block back.
        return Unblocked()
    if service:
        return Ignored(service)
    content = content_of(message)
    # A forwarded /start is somebody else's: its parameter was not meant for this person.
    if content.text[:6].lower() == "/start" and "forward_origin" not in message:
        found = _START.fullmatch(content.text)
        if found:
            parameter = (found[1] or "").strip()
            return Started(parameter if _PARAMETER.fullmatch(parameter) else "", external_id)
    return Said(content, external_id)


def _edit(message: Fields) -> FromMessenger:
    return Edited(str(whole(message, "message_id")), content_of(message))


def _pressed(account: AccountId, key: EventKey, query: Fields, now: datetime) -> Inbound:
    if "data" not in query:
        return _ignored(account, key, "callback_query_of_game", now)
    if "message" not in query:
        return _ignored(account, key, "callback_query_inline", now)
    message = inner(query, "message")
    chat = inner(message, "chat")
    if chat.get("type") != "private":
        return _ignored(account, key, "callback_query_in_group", now)
    event = Pressed(
        value=text(query, "data", 256),
        press=text(query, "id", 128),
        external_id=str(whole(message, "message_id")),
        # An InaccessibleMessage has the date 0.
        made_at=moment(message, "date"),
    )
    profile = _profile(inner(query, "from"))
    return Inbound(account, UserId(str(whole(chat, "id"))), key, now, event, profile)


def _membership(account: AccountId, key: EventKey, change: Fields, now: datetime) -> Inbound:
    """In a private chat it comes only when the person blocks or unblocks the bot."""
    chat = inner(change, "chat")
    if chat.get("type") != "private":
        return _ignored(account, key, "my_chat_member_in_group", now)
    match inner(change, "new_chat_member").get("status"):
        case "kicked":
            event: FromMessenger = Blocked("blocked in Telegram")
        case "member":
            event = Unblocked()
        case _:
            return _ignored(account, key, "my_chat_member", now)
    sender = change.get("from")
    profile = _profile(sender) if type(sender) is dict else None
    at = moment(change, "date") or now
    return Inbound(account, UserId(str(whole(chat, "id"))), key, at, event, profile)


_READERS: dict[str, Callable[[AccountId, EventKey, Fields, datetime], Inbound]] = {
    "message": partial(_written, _said),
    "callback_query": _pressed,
    "edited_message": partial(_written, _edit),
    "my_chat_member": _membership,
}
UPDATE_KINDS: Final = tuple(_READERS)
"""What to ask Telegram for; everything else that comes all the same is `Ignored`."""


def _profile(person: Fields) -> Profile:
    return Profile(
        hint(person, "first_name", 256),
        hint(person, "last_name", 256),
        hint(person, "username", 64),
        hint(person, "language_code", 35),
    )
