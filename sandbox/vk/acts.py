"""What a person writes, sends and presses in VK."""

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
from sandbox.vk.methods_uploads import address_of, doc_of, photo_of, voice_of
from sandbox.vk.people import peer_of
from sandbox.vk.sending import MOST_TEXT

# Neither length nor alphabet of a ref is documented; about 255 characters were seen to pass.
_REF: Final = re.compile(r"[^\x00-\x20]{1,255}")
_START: Final = {"command": "start"}
_KINDS: Final = {"photo", "video", "document", "voice", "sticker"}


def start(group: Group, person: Person, ref: str = "", source: str = "") -> Json:
    """Press Start, which only a new dialogue shows; `ref` is of a link followed just before."""
    dialogue = dialogue_of(group, person)
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
    dialogue_of(group, person).ref = Ref(ref, source)
    group.changed()


def say(group: Group, person: Person, text: str) -> Json:
    return _send(group, person, {"text": checked(text)})


def edit(group: Group, person: Person, number: int, text: str) -> Json:
    dialogue = dialogue_of(group, person)
    message = dialogue.messages.get(number)
    if message is None or message["out"] or message["attachments"] or "geo" in message:
        raise ActRefused("one can edit only one's own texts")
    edited = {**message, "text": checked(text), "update_time": int(group.now())}
    group.show(dialogue, edited)
    group.emit("message_edit", edited)
    return edited


def press(group: Group, person: Person, number: int, row: int, column: int) -> Json:
    """Press a button inside a message."""
    message = dialogue_of(group, person).messages.get(number) or {}
    keyboard = message.get("keyboard") or {}
    button = _button(keyboard if keyboard.get("inline") else {}, row, column)
    return _push(group, person, button, number)


def press_payload(group: Group, person: Person, number: int, payload: Any) -> Json:
    """A press with any payload, even such as no button holds: a modified app can send it."""
    dialogue_of(group, person)
    event_id = group.open_press(peer_of(person))
    event = {
        "user_id": peer_of(person),
        "peer_id": peer_of(person),
        "event_id": event_id,
        "payload": payload,
        "conversation_message_id": number,
    }
    group.emit("message_event", event)
    return {"query_id": event_id}


def tap(group: Group, person: Person, row: int, column: int) -> Json:
    """Tap a button of the keyboard below the dialogue."""
    dialogue = dialogue_of(group, person)
    keyboard = dialogue.keyboard or {}
    button = _button(keyboard, row, column)
    if keyboard.get("one_time"):
        dialogue.keyboard = None
        group.tell(peer_of(person), "state")
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
    dialogue_of(group, person)
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


def dialogue_of(group: Group, person: Person) -> Dialogue:
    if person.deactivated:
        raise ActRefused("this account no longer exists")
    return group.dialogue_with(person)


def checked(text: str) -> str:
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
    one: Json = group.new_attachment(peer_of(person))
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
    dialogue = dialogue_of(group, person)
    if dialogue.is_banned:
        raise ActRefused("the community has banned this person")
    was_first = not dialogue.messages or dialogue.is_denied
    # To write is the permission to be written to, even after it was taken back.
    dialogue.is_allowed, dialogue.is_denied = True, False
    message = group.new_message(dialogue, {**content, **dialogue.take_ref()}, is_out=False)
    group.show(dialogue, message)
    if was_first:
        group.tell(peer_of(person), "state")
    client = {
        "button_actions": ["text", "callback", "open_link", "location", "vkpay", "open_app"],
        "keyboard": True,
        "inline_keyboard": True,
        "carousel": True,
        "lang_id": 0 if person.language_code == "ru" else 3,
    }
    group.emit("message_new", {"message": message, "client_info": client})
    return message
