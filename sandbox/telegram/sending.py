"""What all send and edit methods share: who may be written to, markup, replies, rates."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.people import Person
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call
from sandbox.telegram.chat import Chat
from sandbox.telegram.errors import bad_request, forbidden, too_many_requests
from sandbox.telegram.markup import (
    ForceReply,
    InlineKeyboard,
    Markup,
    RemoveKeyboard,
    ReplyKeyboard,
    read_markup,
)
from sandbox.telegram.people import as_chat
from sandbox.values import Json


def person_of(bot: Bot, call: Call) -> Person:
    """The person that chat_id names. Raises ApiError "chat not found"."""
    chat_id = call.text("chat_id").strip()
    if not chat_id:
        raise bad_request("chat_id is empty")
    digits = chat_id.removeprefix("-")
    person = bot.people.get(int(chat_id)) if digits.isdecimal() and len(digits) < 20 else None
    if person is None:
        raise bad_request("chat not found")
    return person


def open_chat(bot: Bot, call: Call) -> Chat:
    """The chat the bot may write to now. Raises ApiError as the platform does."""
    if call.text("chat_id").strip() == str(bot.id):
        raise forbidden("bot can't send messages to bots")
    person = person_of(bot, call)
    if person.deactivated:
        raise forbidden("user is deactivated")
    chat = bot.chats.get(person.id)
    if chat is None or not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def send(bot: Bot, call: Call, contents: Sequence[Json]) -> list[Json]:
    """Put one message per content into the chat of the call; all or none."""
    chat = open_chat(bot, call)
    markup = markup_of(bot, call)
    reply = _reply(chat, call)
    admit(bot, chat.person_id, len(contents))
    messages = [_message(bot, chat, {**reply, **content}, markup, call) for content in contents]
    _show_keyboard(bot, chat, markup)
    for message in messages:
        bot.show(chat, message)
    return messages


def markup_of(bot: Bot, call: Call) -> Markup:
    local = bot.settings.allow_local_urls
    return read_markup(call.nested("reply_markup"), local_urls=local)


def admit(bot: Bot, chat_id: int | None, count: int = 1) -> None:
    """Count calls against the rates. Raises ApiError 429 with retry_after."""
    if not bot.settings.limits:
        return
    wait = bot.pace.admit(chat_id, bot.now(), count)
    if wait:
        bot.journal.throttled += 1
        raise too_many_requests(wait)


def _message(bot: Bot, chat: Chat, content: Json, markup: Markup, call: Call) -> Json:
    person = bot.people.get(chat.person_id)
    assert person is not None
    message: Json = {
        "message_id": chat.take_id(),
        "from": bot.as_user(),
        "chat": as_chat(person),
        "date": int(bot.now()),
        **content,
    }
    if call.flag("protect_content"):
        message["has_protected_content"] = True
    preview = call.nested("link_preview_options")
    if isinstance(preview, dict) and preview:
        message["link_preview_options"] = preview
    if isinstance(markup, InlineKeyboard):
        message["reply_markup"] = markup.as_json()
    return message


def _show_keyboard(bot: Bot, chat: Chat, markup: Markup) -> None:
    match markup:
        case ReplyKeyboard(json):
            chat.keyboard = json
        case RemoveKeyboard():
            chat.keyboard = None
        case InlineKeyboard() | ForceReply() | None:
            return
    bot.tell_state(chat)


def _reply(chat: Chat, call: Call) -> Json:
    asked = call.nested("reply_parameters")
    if isinstance(asked, dict):
        message_id, lenient = asked.get("message_id"), asked.get("allow_sending_without_reply")
    else:
        message_id = call.integer("reply_to_message_id") or None
        lenient = call.flag("allow_sending_without_reply")
    if message_id is None:
        return {}
    original = chat.messages.get(message_id) if isinstance(message_id, int) else None
    if original is not None:
        inner = {key: value for key, value in original.items() if key != "reply_to_message"}
        return {"reply_to_message": inner}
    if lenient:
        return {}
    raise bad_request("message to be replied not found")
