"""Methods that send, edit and delete messages without media."""

from __future__ import annotations

import math
from typing import Any

from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call
from sandbox.telegram.chat import Chat
from sandbox.telegram.errors import bad_request
from sandbox.telegram.markup import InlineKeyboard
from sandbox.telegram.sending import admit, markup_of, open_chat, person_of, send
from sandbox.telegram.text import caption_fields, text_fields
from sandbox.values import Json

_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
_TWO_DAYS = 48 * 3600


async def send_message(bot: Bot, call: Call) -> Any:
    return send(bot, call, [text_fields(call)])[0]


async def send_location(bot: Bot, call: Call) -> Any:
    latitude, longitude = call.number("latitude"), call.number("longitude")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise bad_request("wrong latitude or longitude specified")
    location = {"latitude": latitude, "longitude": longitude}
    accuracy = call.number("horizontal_accuracy")
    if not math.isnan(accuracy):
        location["horizontal_accuracy"] = accuracy
    return send(bot, call, [{"location": location}])[0]


async def send_contact(bot: Bot, call: Call) -> Any:
    phone, first_name = call.text("phone_number").strip(), call.text("first_name").strip()
    if not phone:
        raise bad_request("contact phone number is empty")
    if not first_name:
        raise bad_request("contact first name is empty")
    contact = {"phone_number": phone, "first_name": first_name}
    for name in ("last_name", "vcard"):
        if call.text(name):
            contact[name] = call.text(name)
    return send(bot, call, [{"contact": contact}])[0]


async def send_chat_action(bot: Bot, call: Call) -> Any:
    chat = open_chat(bot, call)
    if call.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    bot.tell(chat.person_id, "typing")
    return True


async def edit_message_text(bot: Bot, call: Call) -> Any:
    chat, message = _own_message(bot, call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    fields = text_fields(call)
    kept = {k: v for k, v in message.items() if k not in {"text", "entities", "reply_markup"}}
    return _edit(bot, chat, message, {**kept, **fields, **_inline(bot, call)})


async def edit_message_caption(bot: Bot, call: Call) -> Any:
    chat, message = _own_message(bot, call)
    if "text" in message or "location" in message or "contact" in message:
        raise bad_request("there is no caption in the message to edit")
    given = call.text("caption"), call.text("parse_mode"), call.nested("caption_entities")
    dropped = {"caption", "caption_entities", "reply_markup"}
    kept = {k: v for k, v in message.items() if k not in dropped}
    return _edit(bot, chat, message, {**kept, **caption_fields(*given), **_inline(bot, call)})


async def edit_message_reply_markup(bot: Bot, call: Call) -> Any:
    chat, message = _own_message(bot, call)
    kept = {key: value for key, value in message.items() if key != "reply_markup"}
    return _edit(bot, chat, message, {**kept, **_inline(bot, call)})


async def delete_message(bot: Bot, call: Call) -> Any:
    chat, message_id = _chat_and_id(bot, call)
    if message_id not in chat.messages:
        raise bad_request("message to delete not found")
    _delete(bot, chat, message_id)
    return True


async def delete_messages(bot: Bot, call: Call) -> Any:
    ids = call.nested("message_ids")
    if not isinstance(ids, list) or not all(isinstance(each, int) for each in ids):
        raise bad_request("message identifiers are not specified")
    if not 1 <= len(ids) <= 100:
        raise bad_request("too many message identifiers specified")
    chat = bot.chats.get(person_of(bot, call).id)
    for message_id in ids:
        if chat is not None and message_id in chat.messages:
            _delete(bot, chat, message_id)
    return True


async def answer_callback_query(bot: Bot, call: Call) -> Any:
    if len(call.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query = bot.close_query(call.text("callback_query_id"))
    if query is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    bot.tell(
        query.person_id,
        "toast",
        text=call.text("text"),
        alert=call.flag("show_alert"),
        url=call.text("url"),
    )
    return True


def _chat_and_id(bot: Bot, call: Call) -> tuple[Chat, int]:
    person = person_of(bot, call)
    message_id = call.integer("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    return bot.chats.get(person.id) or Chat(person.id), message_id


def _own_message(bot: Bot, call: Call) -> tuple[Chat, Json]:
    chat, message_id = _chat_and_id(bot, call)
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    open_chat(bot, call)
    if message["from"]["id"] != bot.id:
        raise bad_request("message can't be edited")
    return chat, message


def _inline(bot: Bot, call: Call) -> Json:
    match markup_of(bot, call):
        case None:
            return {}
        case InlineKeyboard() as keyboard:
            return {"reply_markup": keyboard.as_json()}
        case _:
            raise bad_request("inline keyboard expected")


def _edit(bot: Bot, chat: Chat, old: Json, new: Json) -> Json:
    if {**new, "edit_date": 0} == {**old, "edit_date": 0}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )
    admit(bot, None)
    edited = {**new, "edit_date": int(bot.now())}
    bot.show(chat, edited)
    return edited


def _delete(bot: Bot, chat: Chat, message_id: int) -> None:
    if bot.now() - chat.messages[message_id]["date"] > _TWO_DAYS:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message_id]
    bot.tell(chat.person_id, "gone", id=str(message_id))
    bot.changed()
