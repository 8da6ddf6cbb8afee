"""Methods of the section messages."""

from __future__ import annotations

import json
from typing import Any

from sandbox.faults import FaultKind
from sandbox.values import Json
from sandbox.vk.call import Call
from sandbox.vk.dialogue import Dialogue
from sandbox.vk.errors import WORDS, ApiError, invalid
from sandbox.vk.group import Group
from sandbox.vk.sending import content_of, open_dialogue

MOST_PEERS = 100
_MOST_EVENT_DATA = 1000
_MOST_SNACKBAR = 90
_INT32 = 1 << 31
_DAY = 86_400


async def send(group: Group, call: Call) -> Any:
    """A number for peer_id, a list with an error inside for peer_ids."""
    random_id = _random_id(call)
    if call.text("intent") not in {"", "default"}:
        raise ApiError(943)
    peers = call.integers("peer_ids") or call.integers("user_ids")
    if not peers:
        dialogue = open_dialogue(group, _peer(call))
        return _put(group, dialogue, call, content_of(group, call), random_id)["id"]
    if len(peers) > MOST_PEERS:
        raise invalid(f"peer_ids: at most {MOST_PEERS}")
    content = content_of(group, call)
    return [_send_one(group, call, each, content, random_id) for each in peers]


async def edit(group: Group, call: Call) -> Any:
    dialogue, message = _own(group, call)
    if group.now() - message["date"] >= _DAY:
        raise ApiError(909)
    kinds = {each["type"] for each in message["attachments"]}
    if "admin_author_id" in message or "sticker" in kinds:
        raise ApiError(920)
    dropped = {"keyboard", "format_data", "payload", "geo", "template"}
    kept = {key: value for key, value in message.items() if key not in dropped}
    edited = {**kept, **content_of(group, call), "update_time": int(group.now())}
    group.show(dialogue, edited)
    return 1


async def delete(group: Group, call: Call) -> Any:
    peer_id = call.integer("peer_id", 0)
    by_number = call.integers("cmids")
    answers: list[Json] = []
    for number in by_number or call.integers("message_ids"):
        dialogue, message = _find(group, peer_id, number, by_number=bool(by_number))
        if not call.flag("delete_for_all"):
            raise invalid("delete_for_all: a community deletes for all")
        if not message["out"] or group.now() - message["date"] >= _DAY:
            raise ApiError(924)
        _forget(group, dialogue, message)
        answers.append({"peer_id": dialogue.peer_id, "conversation_message_id": number})
    if not answers:
        raise invalid("message_ids is a required parameter")
    if by_number:
        return [{**each, "response": 1} for each in answers]
    return {str(each["conversation_message_id"]): 1 for each in answers}


async def send_message_event_answer(group: Group, call: Call) -> Any:
    data = call.nested("event_data")
    if len(call.text("event_data")) > _MOST_EVENT_DATA:
        raise invalid("event_data is too long")
    toast = _toast(data) if data else {"text": ""}
    peer_id = call.integer("user_id")
    if call.integer("peer_id") != peer_id:
        raise invalid("peer_id is invalid")
    if not group.close_press(call.needed("event_id"), peer_id):
        raise invalid("event_id is invalid")
    group.tell(peer_id, "toast", **toast)
    return 1


async def set_activity(group: Group, call: Call) -> Any:
    dialogue = open_dialogue(group, _peer(call))
    if call.text("type") not in {"typing", "audiomessage"}:
        raise invalid("type is unknown")
    group.tell(dialogue.peer_id, "typing")
    return 1


async def mark_as_read(group: Group, call: Call) -> Any:
    dialogue = group.dialogues.get(_peer(call))
    if dialogue is not None and dialogue.messages:
        last = next(reversed(dialogue.messages))
        unread = [n for n, m in dialogue.messages.items() if dialogue.read_by_group < n <= last]
        dialogue.read_by_group = last
        for number in unread:
            if not dialogue.messages[number]["out"]:
                group.show(dialogue, dialogue.messages[number])
    return 1


async def is_messages_from_group_allowed(group: Group, call: Call) -> Any:
    dialogue = group.dialogues.get(call.integer("user_id"))
    return {"is_allowed": int(dialogue is not None and dialogue.is_allowed)}


def put_reply(group: Group, dialogue: Dialogue, content: Json) -> Json:
    """Keep a message of the community's side and tell it by message_reply."""
    message = group.new_message(dialogue, content, is_out=True)
    group.show(dialogue, message)
    group.emit("message_reply", message)
    return message


def _send_one(group: Group, call: Call, peer_id: int, content: Json, random_id: int) -> Json:
    """One item of the answer for peer_ids."""
    try:
        fault = group.calls.faults.take(call.method, str(peer_id), only=FaultKind.ANSWER)
        if fault is not None:
            raise ApiError(10 if fault.error_code is None else fault.error_code)
        message = _put(group, open_dialogue(group, peer_id), call, content, random_id)
    except ApiError as error:
        words = {"code": error.code, "description": WORDS.get(error.code, str(error))}
        return {"peer_id": peer_id, "message_id": 0, "error": words}
    number = message["conversation_message_id"]
    return {"peer_id": peer_id, "message_id": message["id"], "conversation_message_id": number}


def _put(group: Group, dialogue: Dialogue, call: Call, content: Json, random_id: int) -> Json:
    """Put the message into the dialogue, unless it is the repetition of one."""
    known = dialogue.sent_with(random_id, group.now())
    if known is not None:
        return known
    whole = {"random_id": random_id, **_replied(dialogue, call), **content}
    message = put_reply(group, dialogue, whole)
    keyboard = content.get("keyboard")
    if keyboard is not None and not keyboard.get("inline"):
        dialogue.keyboard = keyboard if keyboard["buttons"] else None
        dialogue.keyboard_of = message["conversation_message_id"]
        group.tell(dialogue.peer_id, "state")
    return message


def _replied(dialogue: Dialogue, call: Call) -> Json:
    forward = call.nested("forward")
    found = None
    if call.has("reply_to"):
        found = dialogue.find(call.integer("reply_to"))
    elif isinstance(forward, dict) and forward.get("is_reply"):
        numbers = forward.get("conversation_message_ids") or [0]
        found = dialogue.messages.get(numbers[0])
    else:
        return {}
    if found is None:
        raise invalid("the message to reply to is not found")
    return {"reply_message": {k: v for k, v in found.items() if k != "reply_message"}}


def _random_id(call: Call) -> int:
    random_id = call.integer("random_id")
    if not -_INT32 <= random_id < _INT32:
        raise invalid("random_id not integer")
    return random_id


def _peer(call: Call) -> int:
    for name in ("peer_id", "user_id"):
        if call.has(name):
            return call.integer(name)
    raise invalid("you should specify peer_id, user_id, domain, chat_id or user_ids param")


def _own(group: Group, call: Call) -> tuple[Dialogue, Json]:
    by_number = call.has("cmid") or call.has("conversation_message_id")
    number = call.integer("cmid", 0) or call.integer("conversation_message_id", 0)
    number = number if by_number else call.integer("message_id")
    dialogue, message = _find(group, call.integer("peer_id"), number, by_number=by_number)
    if not message["out"]:
        raise ApiError(920)
    return dialogue, message


def _find(group: Group, peer_id: int, number: int, *, by_number: bool) -> tuple[Dialogue, Json]:
    """The message by its number in the dialogue with `peer_id`, else by its id in any."""
    for dialogue in list(group.dialogues.values()):
        if (by_number or peer_id) and dialogue.peer_id != peer_id:
            continue
        found = dialogue.messages.get(number) if by_number else dialogue.find(number)
        if found is not None:
            return dialogue, found
    raise ApiError(104)


def _forget(group: Group, dialogue: Dialogue, message: Json) -> None:
    number = message["conversation_message_id"]
    del dialogue.messages[number]
    group.tell(dialogue.peer_id, "gone", id=str(number))
    group.changed()


def _toast(data: Any) -> Json:
    match data:
        case {"type": "show_snackbar", "text": str(text)} if 1 <= len(text) <= _MOST_SNACKBAR:
            return {"text": text}
        case {"type": "open_link", "link": str(link)} if link.startswith(("http://", "https://")):
            return {"text": "", "url": link}
        case {"type": "open_app", "app_id": int()}:
            return {"text": json.dumps(data)}
        case _:
            raise invalid("event_data is invalid")
