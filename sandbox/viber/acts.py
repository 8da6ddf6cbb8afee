"""What a person does in Viber; each act becomes events for the bot."""

from __future__ import annotations

import re
from typing import Final

from sandbox.double import ActRefused
from sandbox.files import StoredFile
from sandbox.people import Person
from sandbox.samples import Sample, sample
from sandbox.sniff import image_size, mime_of
from sandbox.values import Json
from sandbox.viber.bot import Bot
from sandbox.viber.chat import Chat
from sandbox.viber.content import MOST_TEXT
from sandbox.viber.keyboard import grid

ANOTHER: Final = {"name": "Boris", "phone_number": "79995550000"}
_STICKER: Final = 40126
_MOST_CONTEXT: Final = 2000
_ADDRESS: Final = re.compile(r"https?://\S+")
_KINDS: Final = {"photo", "video", "document", "sticker"}


def open_chat(bot: Bot, person: Person, context: str = "") -> None:
    """Open the chat, by a link with `context` or without: no permission to write yet."""
    if len(context) > _MOST_CONTEXT:
        raise ActRefused(f"a link has room for {_MOST_CONTEXT} characters")
    chat = chat_of(bot, person)
    chat.is_open, chat.has_left = True, False
    given = {"context": context} if context else {}
    about = {"subscribed": chat.is_subscribed, "user": bot.user(person)}
    token = bot.emit("conversation_started", {"type": "open", **given, **about})
    chat.opening = 0 if chat.is_subscribed else token
    bot.tell(chat, "state")


def say(bot: Bot, person: Person, text: str) -> Json:
    words = text.strip()
    if not words:
        raise ActRefused("there is nothing to send")
    if len(words) > MOST_TEXT:
        raise ActRefused(f"a message has at most {MOST_TEXT} characters")
    if _ADDRESS.fullmatch(words):
        return _send(bot, person, {"type": "url", "media": words})
    return _send(bot, person, {"type": "text", "text": words})


def press(bot: Bot, person: Person, number: int, row: int, column: int) -> Json | None:
    """Press a button of a carousel."""
    record = chat_of(bot, person).records.get(number) or {}
    return _push(bot, person, _button(record.get("message", {}).get("rich_media"), row, column))


def tap(bot: Bot, person: Person, row: int, column: int) -> Json | None:
    """Press a button of the keyboard below the chat, which stays."""
    return _push(bot, person, _button(chat_of(bot, person).keyboard, row, column))


def share_contact(bot: Bot, person: Person, contact: Json | None = None) -> Json:
    """Send one's own card, or another's."""
    own = {"name": person.name, "phone_number": person.phone.removeprefix("+")}
    return _send(bot, person, {"type": "contact", "contact": contact or own})


def share_location(
    bot: Bot, person: Person, latitude: float = 55.75, longitude: float = 37.61
) -> Json:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ActRefused("there is no such place on Earth")
    return _send(bot, person, {"type": "location", "location": {"lat": latitude, "lon": longitude}})


async def send_file(
    bot: Bot, person: Person, kind: str, *, text: str = "", given: Sample | None = None
) -> Json:
    """Send a file of this kind: the given one, or a small real sample."""
    chat_of(bot, person)
    if kind not in _KINDS:
        raise ActRefused(f"nobody can send {kind!r} to a bot of Viber")
    file = given or sample(kind)
    stored = await bot.files.add(
        bot.key,
        kind,
        name=file.name,
        mime=mime_of(file.content, file.mime),
        content=file.content,
        size=image_size(file.content) or (0, 0),
    )
    return _send(bot, person, _message(bot, kind, stored, file.seconds, text), file=stored)


def chat_of(bot: Bot, person: Person) -> Chat:
    """The chat, if there is a phone in the person's hand to act on."""
    if person.deactivated:
        raise ActRefused("this account no longer exists")
    chat = bot.chat_with(person)
    if chat.is_off:
        raise ActRefused("the phone is off: switch it on first")
    return chat


def _message(bot: Bot, kind: str, file: StoredFile, seconds: int, text: str) -> Json:
    url = bot.address_of(file)
    match kind:
        case "photo":
            caption = {"text": text} if text else {}
            return {"type": "picture", "media": url, "thumbnail": url, **caption}
        case "video":
            return {"type": "video", "media": url, "size": file.size, "duration": seconds}
        case "sticker":
            return {"type": "sticker", "sticker_id": _STICKER}
        case _:
            about = {"file_name": file.name, "file_size": file.size}
            return {"type": "file", "media": url, **about}


def _button(keyboard: Json | None, row: int, column: int) -> Json:
    rows = grid(keyboard or {})
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise ActRefused("there is no such button")
    return rows[row][column]


def _push(bot: Bot, person: Person, button: Json) -> Json | None:
    """What a button does: whatever it is, the bot gets an ordinary message."""
    body, hidden = button.get("ActionBody", ""), bool(button.get("Silent"))
    match button.get("ActionType", "reply"):
        case "none":
            return None
        case "share-phone":
            return share_contact(bot, person)
        case "location-picker":
            return share_location(bot, person)
        case "open-url":
            # The docs: the address is opened and also sent as the reply.
            _send(bot, person, {"type": "text", "text": body}, hidden=hidden)
            bot.tell(bot.chat_with(person), "toast", text="", alert=False, url=body)
            return {"url": body}
        case _:
            return _send(bot, person, {"type": "text", "text": body}, hidden=hidden)


def _send(
    bot: Bot, person: Person, message: Json, *, hidden: bool = False, file: StoredFile | None = None
) -> Json:
    chat = chat_of(bot, person)
    was_open, chat.is_open = chat.is_open and not chat.has_left, True
    # To write is to subscribe, and no event of its own.
    chat.is_subscribed, chat.has_left, chat.unanswered = True, False, ()
    token = bot.take_token()
    tracked = {"tracking_data": chat.tracking_data} if chat.tracking_data else {}
    record = bot.new_record(chat, {**message, **tracked}, token, is_out=False)
    if hidden:
        record["hidden"] = True
    if file is not None:
        record["file_id"] = file.file_id
    bot.show(chat, record)
    if not was_open:
        bot.tell(chat, "state")
    sender = {"sender": bot.user(person), "silent": False}
    bot.emit("message", {**sender, "message": record["message"]}, token)
    # Viber tells of the person's own messages too, by the same token.
    bot.emit("delivered", {"user_id": chat.user_id}, token)
    return record
