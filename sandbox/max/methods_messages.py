"""Methods about messages: send, edit, delete, read, answer a press; and about their dialogs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import aiohttp

from sandbox.max.bot import Bot
from sandbox.max.call import Call, text_in
from sandbox.max.dialog import Dialog, Kept
from sandbox.max.errors import ApiError, invalid, not_found, too_many
from sandbox.max.people import person_id_of, user_of
from sandbox.max.sending import admit, content_of, dialog_named, known
from sandbox.values import Json

_MOST_TOAST: Final = 200
_MOST_READ: Final = 100
_WEEK: Final = 7 * 86_400
_TYPING: Final = {"typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"}


async def send(bot: Bot, call: Call, http: aiohttp.ClientSession) -> Json:
    dialog = dialog_named(bot, call)
    call.flag("disable_link_preview")
    admit(bot, dialog)
    _take_place(bot, dialog)
    content = await content_of(bot, dialog, call.body, http)
    kept = bot.new_message(dialog, bot.user, content)
    bot.show(dialog, kept)
    return {"message": kept.message}


async def edit(bot: Bot, call: Call, http: aiohttp.ClientSession) -> Json:
    dialog, kept = _own(bot, call.needed("message_id"))
    kinds = [each["type"] for each in kept.message["body"]["attachments"] or []]
    age = bot.now() - kept.message["timestamp"] / 1000
    if age >= _WEEK and "inline_keyboard" not in kinds:
        # The platform's page tells the limit, not the words.
        raise ApiError(400, "message_id: the message is too old to be edited")
    await _replace(bot, dialog, kept, call.body, http)
    return {"success": True}


async def delete(bot: Bot, call: Call) -> Json:
    dialog, kept = _own(bot, call.needed("message_id"))
    del dialog.messages[kept.mid]
    bot.tell(dialog, "gone", id=kept.mid)
    bot.changed()
    return {"success": True}


async def read(bot: Bot, call: Call) -> Json:
    """Messages by their ids, or the last ones of a dialog, newest first."""
    if call.text("message_ids"):
        found = [bot.find(each) for each in call.text("message_ids").split(",")[:_MOST_READ]]
        return {"messages": [each[1].message for each in found if each is not None]}
    count = call.number("count", 50)
    if not 1 <= count <= _MOST_READ:
        raise invalid(f"count: from 1 to {_MOST_READ}")
    dialog = dialog_named(bot, call)
    last = list(dialog.messages.values())[-count:]
    return {"messages": [each.message for each in reversed(last)]}


async def answer(bot: Bot, call: Call, http: aiohttp.ClientSession) -> Json:
    """Answer a press: words that show for a moment, a new body for the message, or both."""
    pressed = bot.presses.get(call.needed("callback_id"))
    if pressed is None:
        raise not_found("callback_id: is unknown")
    dialog = known(bot, pressed[0])
    admit(bot, dialog)
    toast, body = text_in(call.body, "notification", _MOST_TOAST), call.body.get("message")
    if not toast and not isinstance(body, dict):
        raise invalid("either notification or message must be given")
    if bot.settings.limits and bot.answers.wait(dialog.person_id, bot.now()):
        raise too_many()
    bot.answers.take(dialog.person_id, bot.now())
    if isinstance(body, dict):
        dialog, kept = _own(bot, pressed[1])
        await _replace(bot, dialog, kept, body, http)
    bot.tell(dialog, "toast", text=toast or "")
    return {"success": True}


async def act(bot: Bot, call: Call) -> Json:
    """Show that the bot is busy, or that it has seen all."""
    dialog = known(bot, person_id_of(int(call.chat_id)))
    admit(bot, dialog)
    match call.field("action", 40):
        case "mark_seen":
            _see(bot, dialog)
        case action if action in _TYPING:
            bot.tell(dialog, "typing")
        case _:
            raise invalid("action: is unknown")
    return {"success": True}


async def get_chat(bot: Bot, call: Call) -> Json:
    dialog = known(bot, person_id_of(int(call.chat_id)))
    person = bot.people.get(dialog.person_id)
    last = max(dialog.messages.values(), key=lambda each: each.number, default=None)
    return {
        "chat_id": dialog.chat_id,
        "type": "dialog",
        "status": "suspended" if dialog.is_suspended else "active",
        "title": None,
        "icon": None,
        "last_event_time": last.message["timestamp"] if last else dialog.last_stamp,
        "participants_count": 2,
        "is_public": False,
        "link": None,
        "description": None,
        "dialog_with_user": user_of(person, bot.now()) if person else None,
    }


def _take_place(bot: Bot, dialog: Dialog) -> None:
    """Count a message against the rate of its chat. Raises ApiError."""
    if bot.settings.limits and bot.messages.wait(dialog.person_id, bot.now()):
        raise too_many()
    bot.messages.take(dialog.person_id, bot.now())


def _own(bot: Bot, mid: str) -> tuple[Dialog, Kept]:
    found = bot.find(mid)
    if found is None:
        raise not_found("message_id: there is no such message")
    dialog, kept = found
    admit(bot, known(bot, dialog.person_id))
    if kept.sender_id != bot.id:
        raise ApiError(403, "the message is not the bot's")
    return dialog, kept


async def _replace(
    bot: Bot, dialog: Dialog, kept: Kept, body: Json, http: aiohttp.ClientSession
) -> None:
    content = await content_of(bot, dialog, body, http, kept.message["body"])
    link = content.pop("link") or kept.message["link"]
    message = {**kept.message, "body": {**kept.message["body"], **content}, "link": link}
    # It may have been deleted while a picture was fetched.
    if kept.mid in dialog.messages:
        bot.show(dialog, replace(kept, message=message, is_edited=True))


def _see(bot: Bot, dialog: Dialog) -> None:
    seen, dialog.read_by_bot = dialog.read_by_bot, dialog.next_number - 1
    for kept in list(dialog.messages.values()):
        if kept.number > seen and kept.sender_id != bot.id:
            bot.show(dialog, kept)
