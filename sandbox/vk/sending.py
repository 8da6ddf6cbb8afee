"""What a message of the community may contain, and to whom it may go."""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.values import Json
from sandbox.vk.call import Call
from sandbox.vk.dialogue import Dialogue
from sandbox.vk.errors import ApiError, invalid
from sandbox.vk.group import Group
from sandbox.vk.keyboard import check_button, check_keyboard
from sandbox.vk.people import person_id_of

# The schema lets 9000 pass, the apps show 4096: the double takes the careful reading, and counts
# UTF-16 code units, which is never more lenient than characters.
MOST_TEXT: Final = 4096
_MOST_ATTACHMENTS: Final = 10
_MOST_PAYLOAD: Final = 1000
_MOST_ELEMENTS: Final = 10
_FIRST_CONVERSATION: Final = 2_000_000_000
_ATTACHMENT = re.compile(r"([a-z_]+)(-?\d+)_(\d+)(?:_(\w+))?")
_SPANS: Final = {"bold", "italic", "underline", "url"}


def open_dialogue(group: Group, peer_id: int) -> Dialogue:
    """The dialogue the community may write to now. Raises ApiError as the platform does."""
    check_peer(group, peer_id)
    dialogue = group.dialogues.get(peer_id)
    if dialogue is not None and dialogue.is_banned:
        raise ApiError(900)
    if dialogue is None or not dialogue.is_allowed:
        raise ApiError(901)
    return dialogue


def check_peer(group: Group, peer_id: int) -> None:
    """Raises ApiError unless there is such a person."""
    if peer_id >= _FIRST_CONVERSATION:
        raise ApiError(917)
    person = group.people.get(person_id_of(peer_id))
    if person is None:
        raise ApiError(936)
    if person.deactivated:
        raise ApiError(18)


def content_of(group: Group, call: Call) -> Json:
    """The fields of the message that a call describes, checked; `keyboard` only if one is given."""
    text = call.text("message")
    if _units(text) > MOST_TEXT:
        raise ApiError(914)
    if len(call.text("payload")) > _MOST_PAYLOAD:
        raise invalid("payload is too long")
    content: Json = {"text": text, "attachments": attachments_of(group, call.text("attachment"))}
    if call.has("sticker_id"):
        number = call.integer("sticker_id")
        sticker = {"product_id": 1, "sticker_id": number}
        content["attachments"].append({"type": "sticker", "sticker": sticker})
    if call.has("lat") or call.has("long"):
        content["geo"] = _place(call)
    if not text and not content["attachments"] and "geo" not in content:
        raise invalid("message is empty or invalid")
    if call.has("payload"):
        content["payload"] = call.text("payload")
    if call.has("format_data"):
        content["format_data"] = _format(call.nested("format_data"), text)
    if call.has("template"):
        _check_template(call.nested("template"))
        content["template"] = call.text("template")
    if call.has("keyboard"):
        try:
            keyboard = call.nested("keyboard")
        except ApiError:
            raise ApiError(911, "the keyboard is not JSON") from None
        content["keyboard"] = check_keyboard(keyboard)
    return content


def attachments_of(group: Group, given: str) -> list[Json]:
    """The saved attachments that a list like photo-1_2_key,doc-1_3 names."""
    names = [each.strip() for each in given.split(",") if each.strip()]
    if len(names) > _MOST_ATTACHMENTS:
        raise invalid(f"attachment: at most {_MOST_ATTACHMENTS}")
    found = []
    for name in names:
        match = _ATTACHMENT.fullmatch(name)
        kind = {"audio_message": "doc"}.get(match[1], match[1]) if match else ""
        known = group.attachments.get(f"{kind}{match[2]}_{match[3]}") if match else None
        key = known[known["type"]]["access_key"] if known else ""
        if match is None or known is None or match[4] not in {None, key}:
            raise invalid("attachment is invalid")
        found.append(known)
    return found


def _place(call: Call) -> Json:
    try:
        latitude, longitude = float(call.text("lat")), float(call.text("long"))
    except ValueError:
        raise invalid("lat and long are numbers") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise invalid("lat and long are no place on Earth")
    return {"type": "point", "coordinates": {"latitude": latitude, "longitude": longitude}}


def _format(data: Any, text: str) -> Json:
    match data:
        case {"version": 1 | "1", "items": list(items)}:
            for item in items:
                _check_span(item, _units(text))
            return {"version": 1, "items": items}
        case _:
            raise invalid("format_data is an object of version 1 with items")


def _check_span(item: Any, most: int) -> None:
    match item:
        case {"type": str(kind), "offset": int(offset), "length": int(length)}:
            if kind not in _SPANS or offset < 0 or length < 1 or offset + length > most:
                raise invalid("format_data: an item is unknown or outside of the message")
            if kind == "url" and not isinstance(item.get("url"), str):
                raise invalid("format_data: an item of type url has a url")
        case _:
            raise invalid("format_data: an item has type, offset and length")


def _check_template(template: Any) -> None:
    elements = template.get("elements") if isinstance(template, dict) else None
    if not isinstance(elements, list) or not 1 <= len(elements) <= _MOST_ELEMENTS:
        raise invalid(f"template has 1 to {_MOST_ELEMENTS} elements")
    for element in elements:
        if not isinstance(element, dict) or len(element.get("buttons", [])) > 3:
            raise invalid("template: an element is an object with at most 3 buttons")
        if max(len(str(element.get(name, ""))) for name in ("title", "description")) > 80:
            raise invalid("template: a title and a description have at most 80 characters")
        for button in element.get("buttons", []):
            check_button(button)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
