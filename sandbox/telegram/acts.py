"""What a person does on the phone; each act becomes updates for the bot."""

from __future__ import annotations

import re
import secrets

from sandbox.double import ActRefused
from sandbox.files import StoredFile
from sandbox.people import Person
from sandbox.samples import Sample, sample
from sandbox.sniff import image_size, mime_of
from sandbox.telegram.bot import Bot
from sandbox.telegram.chat import Chat
from sandbox.telegram.media import ID_PREFIX, media_fields
from sandbox.telegram.people import as_chat, as_user
from sandbox.telegram.text import MOST_TEXT, said
from sandbox.values import Json

ANOTHER: Json = {"phone_number": "+79995550000", "first_name": "Boris"}
_START = re.compile(r"[A-Za-z0-9_-]{0,64}")


def start(bot: Bot, person: Person, param: str = "") -> Json:
    """Press Start, with the parameter of a deep link. Unblocks the bot, as the app does."""
    if not _START.fullmatch(param):
        raise ActRefused("a start parameter has at most 64 characters of A-Z a-z 0-9 _ -")
    chat = bot.chat_with(person)
    if chat.blocked:
        unblock(bot, person)
    return say(bot, person, f"/start {param}".strip())


def say(bot: Bot, person: Person, text: str) -> Json:
    if not text.strip():
        raise ActRefused("there is nothing to send")
    if len(text) > MOST_TEXT:
        raise ActRefused(f"a message has at most {MOST_TEXT} characters")
    return _send(bot, person, said(text.strip()))


def press(bot: Bot, person: Person, message_id: int, row: int, column: int) -> Json:
    """Press a button under a message; what follows is told: a query, or an address to open."""
    message = _chat(bot, person).messages.get(message_id)
    rows = (message or {}).get("reply_markup", {}).get("inline_keyboard", [])
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise ActRefused("there is no such button")
    button = rows[row][column]
    if "callback_data" in button:
        return press_data(bot, person, message_id, button["callback_data"])
    if "url" in button:
        return {"url": button["url"]}
    if "copy_text" in button:
        return {"copied": button["copy_text"]["text"]}
    raise ActRefused("this phone does not know this kind of button")


def press_data(bot: Bot, person: Person, message_id: int, data: str) -> Json:
    """A press with any data, even such as no button holds: a modified app can send it."""
    chat = _chat(bot, person)
    message = chat.messages.get(message_id) or {
        "chat": as_chat(person),
        "message_id": message_id,
        "date": 0,
    }
    query_id = bot.open_query(person.id)
    query = {
        "id": query_id,
        "from": as_user(person),
        "message": message,
        "chat_instance": str(-(person.id * 1000 + bot.id)),
        "data": data,
    }
    bot.add_update("callback_query", f"callback_query:{person.id}", query)
    return {"query_id": query_id}


def tap(bot: Bot, person: Person, row: int, column: int) -> Json:
    """Tap a button of the reply keyboard."""
    chat = _chat(bot, person)
    keyboard = chat.keyboard or {}
    rows = keyboard.get("keyboard", [])
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise ActRefused("there is no such button")
    button = rows[row][column]
    if keyboard.get("one_time_keyboard"):
        chat.keyboard = None
        bot.tell_state(chat)
    if button.get("request_contact"):
        return share_contact(bot, person)
    if button.get("request_location"):
        return share_location(bot, person)
    return say(bot, person, button["text"])


def share_contact(bot: Bot, person: Person, other: Json | None = None) -> Json:
    """Send one's own card, or another's that is in the phone book."""
    own = {
        "phone_number": person.phone,
        "first_name": person.first_name,
        **({"last_name": person.last_name} if person.last_name else {}),
        "user_id": person.id,
    }
    return _send(bot, person, {"contact": other or own})


def share_location(
    bot: Bot, person: Person, latitude: float = 55.75, longitude: float = 37.61
) -> Json:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ActRefused("there is no such place on Earth")
    place = {"latitude": latitude, "longitude": longitude, "horizontal_accuracy": 20}
    return _send(bot, person, {"location": place})


async def send_file(
    bot: Bot, person: Person, kind: str, *, caption: str = "", given: Sample | None = None
) -> Json:
    """Send a file of this kind: the given one, or a small real sample."""
    _chat(bot, person)
    try:
        file = given or sample(kind)
    except ValueError as error:
        raise ActRefused(str(error)) from None
    stored = await _store(bot, kind, file)
    more = {"duration": file.seconds} if file.seconds else {}
    content = media_fields(kind, stored, more)
    if caption:
        words = said(caption)
        content["caption"] = words["text"]
        if "entities" in words:
            content["caption_entities"] = words["entities"]
    return _send(bot, person, content)


async def _store(bot: Bot, kind: str, file: Sample) -> StoredFile:
    return await bot.files.add(
        bot.key,
        kind,
        name=file.name,
        mime=mime_of(file.content, file.mime),
        content=file.content,
        size=image_size(file.content) or (0, 0),
        id_prefix=ID_PREFIX[kind],
    )


async def send_album(bot: Bot, person: Person, kinds: list[str]) -> list[Json]:
    """An album: several messages with one media_group_id, each its own update."""
    group = str(secrets.randbelow(10**17))
    messages = []
    for kind in kinds:
        file = await _store(bot, kind, sample(kind))
        content = {"media_group_id": group, **media_fields(kind, file, {})}
        messages.append(_send(bot, person, content))
    return messages


def edit(bot: Bot, person: Person, message_id: int, text: str) -> Json:
    chat = _chat(bot, person)
    message = chat.messages.get(message_id)
    if message is None or message["from"]["id"] != person.id or "text" not in message:
        raise ActRefused("one can edit only one's own texts")
    if not text.strip() or len(text) > MOST_TEXT:
        raise ActRefused(f"a message has 1 to {MOST_TEXT} characters")
    kept = {key: value for key, value in message.items() if key not in {"text", "entities"}}
    edited = {**kept, "edit_date": int(bot.now()), **said(text.strip())}
    bot.show(chat, edited)
    bot.add_update("edited_message", f"chat:{person.id}", edited)
    return edited


def block(bot: Bot, person: Person) -> None:
    _turn(bot, person, blocked=True)


def unblock(bot: Bot, person: Person) -> None:
    _turn(bot, person, blocked=False)


def _turn(bot: Bot, person: Person, *, blocked: bool) -> None:
    chat = bot.chat_with(person)
    if chat.blocked == blocked:
        raise ActRefused("the bot is already blocked" if blocked else "the bot is not blocked")
    chat.blocked = blocked
    old, new = ("member", "kicked") if blocked else ("kicked", "member")
    bot.tell_state(chat)
    bot.add_update(
        "my_chat_member",
        f"my_chat_member:{person.id}",
        {
            "chat": as_chat(person),
            "from": as_user(person),
            "date": int(bot.now()),
            "old_chat_member": _member(bot, old),
            "new_chat_member": _member(bot, new),
        },
    )


def _member(bot: Bot, status: str) -> Json:
    member = {"user": bot.as_user(), "status": status}
    return {**member, "until_date": 0} if status == "kicked" else member


def _chat(bot: Bot, person: Person) -> Chat:
    """The chat, if the phone lets the person write into it."""
    if person.deactivated:
        raise ActRefused("this account no longer exists")
    chat = bot.chat_with(person)
    if chat.blocked:
        raise ActRefused("the bot is blocked: unblock it first")
    return chat


def _send(bot: Bot, person: Person, content: Json) -> Json:
    chat = _chat(bot, person)
    first = not chat.started
    # Pressing Start or writing anything is the permission to write to this person.
    chat.started = True
    message = {
        "message_id": chat.take_id(),
        "from": as_user(person),
        "chat": as_chat(person),
        "date": int(bot.now()),
        **content,
    }
    bot.show(chat, message)
    if first:
        bot.tell_state(chat)
    bot.add_update("message", f"chat:{person.id}", message)
    return message
