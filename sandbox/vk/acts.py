"""What a person does in VK, and what the community's own people do on the site."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from sandbox.double import ActRefused
from sandbox.files import StoredFile
from sandbox.people import Person
from sandbox.samples import Sample, sample
from sandbox.sniff import image_size, mime_of
from sandbox.values import Json
from sandbox.vk.dialogue import Dialogue, Ref
from sandbox.vk.group import Group
from sandbox.vk.methods_messages import put_reply
from sandbox.vk.methods_uploads import address_of, doc_of, photo_of, voice_of
from sandbox.vk.sending import MOST_TEXT

# Neither length nor alphabet of a ref is documented; about 255 characters were seen to pass.
_REF: Final = re.compile(r"[^\x00-\x20]{1,255}")
_MOST_KEY: Final = 256
_ADMIN: Final = 42
_START: Final = {"command": "start"}
_KINDS: Final = {"photo", "video", "document", "voice", "sticker"}


def start(group: Group, person: Person, ref: str = "", source: str = "") -> Json:
    """Press Start, which only a new dialogue shows; `ref` is of a link followed just before."""
    dialogue = _dialogue(group, person)
    if dialogue.messages:
        raise ActRefused("only a new dialogue has a Start button: write something")
    if ref:
        follow(group, person, ref, source)
    text = "Начать" if person.language_code == "ru" else "Start"
    return _send(group, person, {"text": text, "payload": json.dumps(_START)})


def follow(group: Group, person: Person, ref: str, source: str = "") -> None:
    """Follow a link to the dialogue: no event; the next message of the person carries the ref."""
    if not _REF.fullmatch(ref):
        raise ActRefused("a ref has 1 to 255 characters and no spaces")
    _dialogue(group, person).ref = Ref(ref, source)
    group.changed()


def say(group: Group, person: Person, text: str) -> Json:
    return _send(group, person, {"text": _text(text)})


def edit(group: Group, person: Person, number: int, text: str) -> Json:
    dialogue = _dialogue(group, person)
    message = dialogue.messages.get(number)
    if message is None or message["out"] or message["attachments"] or "geo" in message:
        raise ActRefused("one can edit only one's own texts")
    edited = {**message, "text": _text(text), "update_time": int(group.now())}
    group.show(dialogue, edited)
    group.emit("message_edit", edited)
    return edited


def press(group: Group, person: Person, number: int, row: int, column: int) -> Json:
    """Press a button inside a message."""
    message = _dialogue(group, person).messages.get(number) or {}
    keyboard = message.get("keyboard") or {}
    button = _button(keyboard if keyboard.get("inline") else {}, row, column)
    return _push(group, person, button, number)


def press_payload(group: Group, person: Person, number: int, payload: Any) -> Json:
    """A press with any payload, even such as no button holds: a modified app can send it."""
    _dialogue(group, person)
    event_id = group.open_press(person.id)
    event = {
        "user_id": person.id,
        "peer_id": person.id,
        "event_id": event_id,
        "payload": payload,
        "conversation_message_id": number,
    }
    group.emit("message_event", event)
    return {"query_id": event_id}


def tap(group: Group, person: Person, row: int, column: int) -> Json:
    """Tap a button of the keyboard below the dialogue."""
    dialogue = _dialogue(group, person)
    keyboard = dialogue.keyboard or {}
    button = _button(keyboard, row, column)
    if keyboard.get("one_time"):
        dialogue.keyboard = None
        group.tell(person.id, "state")
    return _push(group, person, button, dialogue.keyboard_of)


def share_location(
    group: Group, person: Person, latitude: float = 55.75, longitude: float = 37.61, **more: Any
) -> Json:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ActRefused("there is no such place on Earth")
    coordinates = {"latitude": latitude, "longitude": longitude}
    return _send(group, person, {"geo": {"type": "point", "coordinates": coordinates}, **more})


async def send_file(
    group: Group, person: Person, kind: str, *, text: str = "", given: Sample | None = None
) -> Json:
    """Send a file of this kind: the given one, or a small real sample."""
    _dialogue(group, person)
    if kind not in _KINDS:
        raise ActRefused(f"nobody can send {kind!r} in VK")
    file = given or sample(kind)
    stored = await group.files.add(
        group.key,
        kind,
        name=file.name,
        mime=mime_of(file.content, file.mime),
        content=file.content,
        size=image_size(file.content) or (0, 0),
    )
    attachment = _attachment(group, person, kind, stored, file.seconds)
    return _send(group, person, {"text": text, "attachments": [attachment]})


def allow(group: Group, person: Person, key: str = "") -> None:
    """Allow messages by a widget or a mini app, which may pass a key."""
    dialogue = _dialogue(group, person)
    if dialogue.is_allowed:
        raise ActRefused("messages are already allowed")
    if len(key) > _MOST_KEY:
        raise ActRefused(f"a key has at most {_MOST_KEY} characters")
    dialogue.is_allowed, dialogue.is_denied = True, False
    group.tell(person.id, "state")
    group.emit("message_allow", {"user_id": person.id, "key": key})


def deny(group: Group, person: Person) -> None:
    dialogue = _dialogue(group, person)
    if dialogue.is_denied:
        raise ActRefused("messages are already forbidden")
    dialogue.is_allowed, dialogue.is_denied = False, True
    group.tell(person.id, "state")
    group.emit("message_deny", {"user_id": person.id})


def join(group: Group, person: Person) -> None:
    """Become a member, which is no permission to write."""
    dialogue = _dialogue(group, person)
    if dialogue.is_member:
        raise ActRefused("the person is already a member")
    dialogue.is_member = True
    group.emit("group_join", {"user_id": person.id, "join_type": "join"})


def leave(group: Group, person: Person) -> None:
    dialogue = _dialogue(group, person)
    if not dialogue.is_member:
        raise ActRefused("the person is no member")
    dialogue.is_member = False
    group.emit("group_leave", {"user_id": person.id, "self": 1})


def read(group: Group, person: Person) -> None:
    """Read all: the event names the last message, and those before it are read too."""
    dialogue = _dialogue(group, person)
    sent = [number for number, each in dialogue.messages.items() if each["out"]]
    if not sent or sent[-1] <= dialogue.read_by_person:
        raise ActRefused("there is nothing unread")
    unread = [number for number in sent if number > dialogue.read_by_person]
    dialogue.read_by_person = sent[-1]
    for number in unread:
        group.show(dialogue, dialogue.messages[number])
    last = dialogue.messages[sent[-1]]
    watermark = {"read_message_id": last["id"], "conversation_message_id": sent[-1]}
    group.emit("message_read", {"from_id": person.id, "peer_id": person.id, **watermark})


def react(group: Group, person: Person, number: int, reaction_id: int) -> None:
    dialogue = _dialogue(group, person)
    if number not in dialogue.messages:
        raise ActRefused("there is no such message")
    about = {"peer_id": person.id, "cmid": number, "reaction_id": reaction_id}
    group.emit("message_reaction_event", {"reacted_id": person.id, **about})


def type_text(group: Group, person: Person) -> None:
    _dialogue(group, person)
    state = {"state": "typing", "from_id": person.id, "to_id": -group.id}
    group.emit("message_typing_state", state)


def admin_reply(group: Group, person: Person, text: str, admin_id: int = _ADMIN) -> Json:
    """An administrator answers on the site, past the API."""
    dialogue = _dialogue(group, person)
    if not dialogue.is_allowed:
        raise ActRefused("the community may not write to this person")
    return put_reply(group, dialogue, {"text": _text(text), "admin_author_id": admin_id})


def ban(group: Group, person: Person, admin_id: int = _ADMIN) -> None:
    """An administrator puts the person on the community's black list."""
    dialogue = _dialogue(group, person)
    if dialogue.is_banned:
        raise ActRefused("the person is already banned")
    dialogue.is_banned = True
    details = {"unblock_date": 0, "reason": 0, "comment": ""}
    group.emit("user_block", {"admin_id": admin_id, "user_id": person.id, **details})


def unban(group: Group, person: Person, admin_id: int = _ADMIN) -> None:
    dialogue = _dialogue(group, person)
    if not dialogue.is_banned:
        raise ActRefused("the person is not banned")
    dialogue.is_banned = False
    group.emit("user_unblock", {"admin_id": admin_id, "user_id": person.id, "by_end_date": 0})


def _dialogue(group: Group, person: Person) -> Dialogue:
    if person.deactivated:
        raise ActRefused("this account no longer exists")
    return group.dialogue_with(person)


def _text(text: str) -> str:
    if not text.strip():
        raise ActRefused("there is nothing to send")
    if len(text) > MOST_TEXT:
        raise ActRefused(f"a message has at most {MOST_TEXT} characters")
    return text.strip()


def _button(keyboard: Json, row: int, column: int) -> Json:
    rows = keyboard.get("buttons", [])
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise ActRefused("there is no such button")
    button: Json = rows[row][column]
    return button


def _push(group: Group, person: Person, button: Json, number: int) -> Json:
    """What a button does, wherever it stands; `number` is of the message that brought it."""
    action = button["action"]
    payload = action.get("payload") or ""
    held = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    match action["type"]:
        case "callback":
            return press_payload(group, person, number, json.loads(held or "{}"))
        case "text":
            return _send(group, person, {"text": action["label"], **_payload(held)})
        case "location":
            return share_location(group, person, **_payload(held))
        case "open_link":
            return {"url": action["link"]}
        case _:
            raise ActRefused("this phone does not know this kind of button")


def _payload(held: str) -> Json:
    return {"payload": held} if held else {}


def _attachment(group: Group, person: Person, kind: str, file: StoredFile, seconds: int) -> Json:
    url = address_of(group, file)
    one: Json = {"id": group.take_message_id(), "owner_id": person.id, "access_key": "ab12cd34"}
    match kind:
        case "photo":
            return {"type": "photo", "photo": {**one, **photo_of(group, file)}}
        case "voice":
            voice = {**one, **voice_of(group, file, seconds)}
            return {"type": "audio_message", "audio_message": voice}
        case "video":
            # No address of the film itself: the platform gives communities none.
            video = {**one, "title": file.name, "duration": seconds}
            return {"type": "video", "video": video}
        case "sticker":
            images = [{"url": url, "width": 64, "height": 64}]
            sticker = {"product_id": 1, "sticker_id": 9, "images": images}
            return {"type": "sticker", "sticker": sticker}
        case _:
            return {"type": "doc", "doc": {**one, **doc_of(group, file)}}


def _send(group: Group, person: Person, content: Json) -> Json:
    dialogue = _dialogue(group, person)
    if dialogue.is_banned:
        raise ActRefused("the community has banned this person")
    was_first = not dialogue.messages or dialogue.is_denied
    # To write is the permission to be written to, even after it was taken back.
    dialogue.is_allowed, dialogue.is_denied = True, False
    message = {
        "id": group.take_message_id(),
        "conversation_message_id": dialogue.take_id(),
        "date": int(group.now()),
        "peer_id": person.id,
        "from_id": person.id,
        "out": 0,
        "text": "",
        "random_id": 0,
        "version": 10_000_000,
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "fwd_messages": [],
        **content,
        **dialogue.take_ref(),
    }
    group.show(dialogue, message)
    if was_first:
        group.tell(person.id, "state")
    client = {
        "button_actions": ["text", "callback", "open_link", "location", "vkpay", "open_app"],
        "keyboard": True,
        "inline_keyboard": True,
        "carousel": True,
        "lang_id": 0 if person.language_code == "ru" else 3,
    }
    group.emit("message_new", {"message": message, "client_info": client})
    return message
