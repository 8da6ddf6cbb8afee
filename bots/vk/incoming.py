"""What VK's Callback API brings → events of ours. Pure, and on the hot path."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Final

from bots.contract import BadProof, Gate, Malformed, Unparsable, WrongAccount
from bots.fields import Fields, WrongType, fingerprint, hint, inner, moment, object_of, text, whole
from bots.vk.content import content_of
from bots.vk.payloads import is_start, pressed_value
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Echoed,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    ReadUpTo,
    Said,
    SaidElsewhere,
    Started,
    Unblocked,
)

_CHATS = range(2_000_000_000, 2**31)
"""Peers that are conversations of several people; above them there are persons again."""
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KIND = re.compile(r"[a-z_]{1,64}")
_MOST_KEY = 200
_CONFIRMATION = "confirmation"


def verify(headers: Mapping[str, str], body: bytes, gate: Gate) -> None:
    """Compare the secret in the body; VK signs nothing. Raises BadProof, WrongAccount, Malformed.

    VK does not say whether its handshake carries the secret: one without is let through, and
    what it gets is for this community alone.
    """
    try:
        event = object_of(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {type(error).__name__}") from error
    is_handshake = event.get("type") == _CONFIRMATION and "secret" not in event
    if not is_handshake and not _is_secret(event.get("secret"), gate.secret):
        raise BadProof("the secret is missing or wrong")
    group = event.get("group_id")
    if type(group) is not int or str(group) != gate.group:
        raise WrongAccount("another community's event")


def _is_secret(given: object, expected: str) -> bool:
    # Without a secret of ours an empty one would be proof enough.
    if type(given) is not str or not expected:
        return False
    return compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def answer(body: bytes, inbounds: Sequence[Inbound], gate: Gate) -> str:
    """The confirmation for a handshake, else "ok".

    Nothing of the request: VK obeys words such as "remove" in an answer.
    """
    if inbounds:
        return "ok"
    try:
        is_handshake = object_of(body).get("type") == _CONFIRMATION
    except (ValueError, RecursionError):
        return "ok"
    return gate.confirmation if is_handshake else "ok"


def parse(account: AccountId, body: bytes, now: datetime) -> Sequence[Inbound]:
    """The event of one request, none for a handshake. `now` stands where VK tells no time.

    Raises Unparsable, nothing else.
    """
    try:
        event = object_of(body)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}") from error
    if event.get("type") == _CONFIRMATION:
        return ()
    key = _key(event, body)
    try:
        return (_inbound(account, key, event, now),)
    except WrongType as error:
        raise Unparsable(str(error), key) from error


def _key(event: Fields, body: bytes) -> EventKey:
    """VK's own id of the event; old versions of the API send none."""
    key = hint(event, "event_id", _MOST_KEY + 1)
    return EventKey(key) if 0 < len(key) <= _MOST_KEY else fingerprint(body)


def _inbound(account: AccountId, key: EventKey, event: Fields, now: datetime) -> Inbound:
    kind = hint(event, "type", 65)
    read = _READERS.get(kind)
    if read is None:
        found: _Found = ("", None, Ignored(kind if _KIND.fullmatch(kind) else "unknown"))
    else:
        found = read(inner(event, "object"))
    user, at, what = found
    return Inbound(account, UserId("" if type(what) is Ignored else user), key, at or now, what)


_Found = tuple[str, datetime | None, FromMessenger]
"""Whose event, when as far as VK tells, and what."""


def _said(fields: Fields) -> _Found:
    # Below the version 5.103 the message is the object itself.
    found = fields.get("message")
    message = found if type(found) is dict else fields
    stranger = _stranger(message)
    if stranger:
        return "", None, Ignored(stranger)
    user, at, id_ = _writer(message), moment(message, "date"), _id(message)
    link = _parameter(message, "ref")
    if is_start(message):
        return user, at, Started(link, id_)
    value = pressed_value(message)
    if value:
        # A button that writes: nothing turns on the phone, so nothing is to be answered.
        return user, at, Pressed(value, press="")
    return user, at, Said(content_of(message), id_, link)


def _edit(message: Fields) -> _Found:
    stranger = _stranger(message)
    if stranger:
        return "", None, Ignored(stranger)
    at = moment(message, "update_time") or moment(message, "date")
    return _writer(message), at, Edited(_id(message), content_of(message))


def _stranger(message: Fields) -> str:
    """Why this message is nobody's whom we talk to, "" where it is a contact's."""
    if whole(message, "peer_id") in _CHATS:
        return "message_in_chat"
    return "message_of_community" if whole(message, "from_id") <= 0 else ""


def _writer(message: Fields) -> str:
    return str(whole(message, "from_id"))


def _id(message: Fields) -> str:
    """The message's id on the community, as messages.send answers it and message_read tells it."""
    return str(whole(message, "id"))


def _reply(message: Fields) -> _Found:
    """Something left the community: by a person at VK's own pages, by us, or by VK itself."""
    peer = whole(message, "peer_id")
    author, random_id = message.get("admin_author_id"), message.get("random_id")
    if peer <= 0 or peer in _CHATS:
        return "", None, Ignored("message_reply_in_chat")
    if type(author) is int and author > 0:
        event: FromMessenger = SaidElsewhere(content_of(message), _id(message))
    elif type(random_id) is int and random_id and abs(random_id) < 2**31:
        event = Echoed(random_id, _id(message))
    else:
        event = Ignored("message_reply")
    return str(peer), moment(message, "date"), event


def _pressed(fields: Fields) -> _Found:
    user, peer = _user(fields), whole(fields, "peer_id")
    if peer in _CHATS:
        return "", None, Ignored("message_event_in_chat")
    # The id in the conversation that comes here is another number than the message's own.
    press = f"{user}:{peer}:{text(fields, 'event_id', 128)}"
    return user, None, Pressed(pressed_value(fields), press)


def _read(fields: Fields) -> _Found:
    reader, read = whole(fields, "from_id"), fields.get("read_message_id")
    if reader <= 0 or type(read) is not int or not 0 < read < 2**53:
        return "", None, Ignored("message_read")
    return str(reader), None, ReadUpTo(read)


def _allowed(fields: Fields) -> _Found:
    key = _parameter(fields, "key")
    # Without a key it also comes with the first message, which says more.
    return _user(fields), None, Started(key) if key else Unblocked()


def _denied(fields: Fields) -> _Found:
    return _user(fields), None, Blocked("messages forbidden in VK")


def _banned(fields: Fields) -> _Found:
    return _user(fields), None, Blocked("blocked by the community")


def _user(fields: Fields) -> str:
    user = whole(fields, "user_id")
    if user <= 0:
        raise WrongType("user_id is no person's")
    return str(user)


def _ignored(kind: str) -> Callable[[Fields], _Found]:
    return lambda _: ("", None, Ignored(kind))


_READERS: dict[str, Callable[[Fields], _Found]] = {
    "message_new": _said,
    "message_event": _pressed,
    "message_allow": _allowed,
    "message_deny": _denied,
    "message_reply": _reply,
    "message_edit": _edit,
    "message_read": _read,
    "user_block": _banned,
    # Whom the community lets in again must ask for messages anew.
    "user_unblock": _ignored("user_unblock"),
    "message_reaction_event": _ignored("message_reaction_event"),
    "group_join": _ignored("group_join"),
    "group_leave": _ignored("group_leave"),
}
EVENT_KINDS: Final = tuple(_READERS)
"""What to ask VK for; everything else that comes all the same is `Ignored`."""


def _parameter(fields: Fields, name: str) -> str:
    """A deep link's parameter; "" for one that we cannot have made."""
    value = hint(fields, name, 65)
    return value if _PARAMETER.fullmatch(value) else ""
