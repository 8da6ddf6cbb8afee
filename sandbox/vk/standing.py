"""What a person and the community are to each other: permission, membership, marks, black list."""

from __future__ import annotations

from typing import Final

from sandbox.double import ActRefused
from sandbox.people import Person
from sandbox.values import Json
from sandbox.vk.acts import checked, dialogue_of
from sandbox.vk.group import Group
from sandbox.vk.methods_messages import put_reply
from sandbox.vk.people import peer_of

ADMIN: Final = 42
_MOST_KEY: Final = 256


def allow(group: Group, person: Person, key: str = "") -> None:
    """Allow messages by a widget or a mini app, which may pass a key."""
    dialogue = dialogue_of(group, person)
    if dialogue.is_allowed:
        raise ActRefused("messages are already allowed")
    if len(key) > _MOST_KEY:
        raise ActRefused(f"a key has at most {_MOST_KEY} characters")
    dialogue.is_allowed, dialogue.is_denied = True, False
    group.tell(peer_of(person), "state")
    group.emit("message_allow", {"user_id": peer_of(person), "key": key})


def deny(group: Group, person: Person) -> None:
    dialogue = dialogue_of(group, person)
    if dialogue.is_denied:
        raise ActRefused("messages are already forbidden")
    dialogue.is_allowed, dialogue.is_denied = False, True
    group.tell(peer_of(person), "state")
    group.emit("message_deny", {"user_id": peer_of(person)})


def join(group: Group, person: Person) -> None:
    """Become a member, which is no permission to write."""
    dialogue = dialogue_of(group, person)
    if dialogue.is_member:
        raise ActRefused("the person is already a member")
    dialogue.is_member = True
    group.emit("group_join", {"user_id": peer_of(person), "join_type": "join"})


def leave(group: Group, person: Person) -> None:
    dialogue = dialogue_of(group, person)
    if not dialogue.is_member:
        raise ActRefused("the person is no member")
    dialogue.is_member = False
    group.emit("group_leave", {"user_id": peer_of(person), "self": 1})


def read(group: Group, person: Person) -> None:
    """Read all: the event names the last message, and those before it are read too."""
    dialogue = dialogue_of(group, person)
    sent = [number for number, each in dialogue.messages.items() if each["out"]]
    if not sent or sent[-1] <= dialogue.read_by_person:
        raise ActRefused("there is nothing unread")
    unread = [number for number in sent if number > dialogue.read_by_person]
    dialogue.read_by_person = sent[-1]
    for number in unread:
        group.show(dialogue, dialogue.messages[number])
    last = dialogue.messages[sent[-1]]
    watermark = {"read_message_id": last["id"], "conversation_message_id": sent[-1]}
    group.emit(
        "message_read", {"from_id": peer_of(person), "peer_id": peer_of(person), **watermark}
    )


def react(group: Group, person: Person, number: int, reaction_id: int) -> None:
    dialogue = dialogue_of(group, person)
    if number not in dialogue.messages:
        raise ActRefused("there is no such message")
    about = {"peer_id": peer_of(person), "cmid": number, "reaction_id": reaction_id}
    group.emit("message_reaction_event", {"reacted_id": peer_of(person), **about})


def type_text(group: Group, person: Person) -> None:
    dialogue_of(group, person)
    state = {"state": "typing", "from_id": peer_of(person), "to_id": -group.id}
    group.emit("message_typing_state", state)


def admin_reply(group: Group, person: Person, text: str, admin_id: int = ADMIN) -> Json:
    """An administrator answers on the site, past the API."""
    dialogue = dialogue_of(group, person)
    if not dialogue.is_allowed:
        raise ActRefused("the community may not write to this person")
    return put_reply(group, dialogue, {"text": checked(text), "admin_author_id": admin_id})


def ban(group: Group, person: Person, admin_id: int = ADMIN) -> None:
    """An administrator puts the person on the community's black list."""
    dialogue = dialogue_of(group, person)
    if dialogue.is_banned:
        raise ActRefused("the person is already banned")
    dialogue.is_banned = True
    details = {"unblock_date": 0, "reason": 0, "comment": ""}
    group.emit("user_block", {"admin_id": admin_id, "user_id": peer_of(person), **details})


def unban(group: Group, person: Person, admin_id: int = ADMIN) -> None:
    dialogue = dialogue_of(group, person)
    if not dialogue.is_banned:
        raise ActRefused("the person is not banned")
    dialogue.is_banned = False
    group.emit("user_unblock", {"admin_id": admin_id, "user_id": peer_of(person), "by_end_date": 0})
