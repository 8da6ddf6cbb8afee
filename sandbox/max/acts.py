"""What a person writes, sends and presses in MAX."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

from sandbox.double import ActRefused
from sandbox.max.bot import Bot
from sandbox.max.dialog import Dialog, Kept
from sandbox.max.media import attachment_of, store
from sandbox.max.sending import MOST_TEXT, linked
from sandbox.max.view import buttons_of
from sandbox.people import Person
from sandbox.samples import Sample, sample
from sandbox.values import Json

_KINDS: Final = {
    "photo": "image",
    "video": "video",
    "voice": "audio",
    "audio": "audio",
    "document": "file",
    "sticker": "sticker",
}
# Somebody's card that is in this phone's address book.
_ANOTHER: Final = Person(5_599_999_999, "Boris", "Orlov", phone="+79990000999")


def say(bot: Bot, person: Person, text: str, reply_to: str = "") -> Json:
    dialog = open_dialog(bot, person)
    link = None
    if reply_to:
        link = linked("reply", _message(dialog, reply_to).message)
    return _send(bot, person, {"text": _checked(text), "link": link})


def edit(bot: Bot, person: Person, mid: str, text: str) -> Json:
    dialog = open_dialog(bot, person)
    kept = _own(dialog, mid)
    if kept.message["body"]["attachments"]:
        raise ActRefused("one can edit only one's own texts")
    body = {**kept.message["body"], "text": _checked(text)}
    edited = Kept(kept.number, {**kept.message, "body": body}, is_edited=True)
    bot.show(dialog, edited)
    bot.emit("message_edited", person, {"message": edited.message})
    return edited.message


def remove(bot: Bot, person: Person, mid: str) -> None:
    """Take back a message of one's own, on both sides."""
    dialog = open_dialog(bot, person)
    del dialog.messages[_own(dialog, mid).mid]
    bot.tell(dialog, "gone", id=mid)
    about = {"message_id": mid, "chat_id": dialog.chat_id, "user_id": person.id}
    bot.emit("message_removed", person, about)


def press(bot: Bot, person: Person, mid: str, row: int, column: int) -> Json:
    dialog = open_dialog(bot, person)
    rows = buttons_of(_message(dialog, mid).message["body"])
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise ActRefused("there is no such button")
    button = rows[row][column]
    match button["type"]:
        case "callback":
            return press_payload(bot, person, mid, button["payload"])
        case "message":
            return _send(bot, person, {"text": button["text"]})
        case "link":
            return {"url": button["url"]}
        case "clipboard":
            return {"copied": button["payload"]}
        case "request_contact":
            return share_contact(bot, person, asked=True)
        case "request_geo_location":
            return share_location(bot, person)
        case _:
            raise ActRefused("this phone opens no mini apps")


def press_payload(bot: Bot, person: Person, mid: str, payload: str) -> Json:
    """A press with any payload; the message may be gone while its button was still on a screen."""
    dialog = open_dialog(bot, person)
    kept = dialog.messages.get(mid)
    callback = {
        "timestamp": bot.now_ms,
        "callback_id": bot.remember_press(person, mid),
        "payload": payload,
        "user": bot.sender(person),
    }
    message = kept.message if kept is not None else None
    bot.emit("message_callback", person, {"callback": callback, "message": message})
    return {"query_id": callback["callback_id"]}


def share_contact(
    bot: Bot, person: Person, *, asked: bool = False, given: Person | None = None
) -> Json:
    """Send a card: one's own, or another's when `given`.

    Only the button that asks for it makes the platform vouch for a card, by a hash.
    """
    owner = given or person
    card = (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:{owner.phone.removeprefix('+')}\r\n"
        f"FN:{owner.name}\r\nEND:VCARD\r\n"
    )
    payload: Json = {"vcf_info": card, "max_info": bot.sender(owner)}
    if asked:
        digest = hmac.digest(bot.told.token.encode(), card.encode(), hashlib.sha256)
        payload["hash"] = digest.hex()
    return _send(bot, person, {"attachments": [{"type": "contact", "payload": payload}]})


def share_location(
    bot: Bot, person: Person, latitude: float = 55.75, longitude: float = 37.61
) -> Json:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ActRefused("there is no such place on Earth")
    place = {"type": "location", "latitude": latitude, "longitude": longitude}
    return _send(bot, person, {"attachments": [place]})


def share_link(bot: Bot, person: Person, url: str) -> Json:
    share = {"type": "share", "payload": {"url": url, "token": "share"}, "title": url}
    return _send(bot, person, {"text": _checked(url), "attachments": [share]})


async def send_file(
    bot: Bot, person: Person, kind: str, *, text: str = "", given: Sample | None = None
) -> Json:
    """Send a file of this kind: the given one, or a small real sample."""
    open_dialog(bot, person)
    if kind not in _KINDS:
        raise ActRefused(f"nobody can send {kind!r} in MAX")
    file, kind = given or sample(kind), _KINDS[kind]
    stored = await store(bot, kind, file.name, file.content, file.mime)
    # Whoever gets a file may send it on by its token.
    token = bot.keep_file(kind, stored.file_id)
    attachment = attachment_of(bot, kind, stored, token, file.seconds)
    return _send(bot, person, {"text": text or None, "attachments": [attachment]})


async def send(bot: Bot, person: Person, body: Json, kind: str, text: str) -> Any:
    match kind:
        case "location":
            place = float(body.get("latitude", 55.75)), float(body.get("longitude", 37.61))
            return share_location(bot, person, *place)
        case "contact":
            return share_contact(bot, person)
        case "other_contact":
            return share_contact(bot, person, given=_ANOTHER)
        case "link":
            return share_link(bot, person, str(body.get("url", "https://example.com/")))
        case _:
            return await send_file(bot, person, kind, text=text)


def open_dialog(bot: Bot, person: Person) -> Dialog:
    """The dialog, if its person can write now. Raises ActRefused."""
    dialog = dialog_of(bot, person)
    if dialog.is_suspended:
        raise ActRefused("this person has stopped the bot")
    return dialog


def dialog_of(bot: Bot, person: Person) -> Dialog:
    if person.deactivated:
        raise ActRefused("this account no longer exists")
    return bot.dialog_with(person)


def _checked(text: str) -> str:
    if not text.strip():
        raise ActRefused("there is nothing to send")
    if len(text) > MOST_TEXT:
        raise ActRefused(f"a message has at most {MOST_TEXT} characters")
    return text.strip()


def _message(dialog: Dialog, mid: str) -> Kept:
    kept = dialog.messages.get(mid)
    if kept is None:
        raise ActRefused("there is no such message")
    return kept


def _own(dialog: Dialog, mid: str) -> Kept:
    kept = _message(dialog, mid)
    if kept.sender_id != dialog.person_id:
        raise ActRefused("this is another's message")
    return kept


def _send(bot: Bot, person: Person, content: Json) -> Json:
    dialog = open_dialog(bot, person)
    if not dialog.is_started:
        # Whether an app lets a person write before Start is not known; what comes is permission.
        dialog.is_started = True
        bot.tell(dialog, "state")
    kept = bot.new_message(dialog, bot.sender(person), content)
    bot.show(dialog, kept)
    bot.emit("message_created", person, {"message": kept.message})
    return kept.message
