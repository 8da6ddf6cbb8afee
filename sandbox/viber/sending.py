"""To whom a bot may write now, and how a message gets to the phone."""

from __future__ import annotations

import json
from typing import Final

import aiohttp

from sandbox.values import Json
from sandbox.viber.bot import Bot
from sandbox.viber.chat import Chat
from sandbox.viber.content import MOST_JSON, Content, content_of
from sandbox.viber.errors import ApiError

# The docs: about 100 messages an hour to a person who does not answer.
MOST_UNANSWERED: Final = 100
_HOUR: Final = 3600


def receiver(bot: Bot, user_id: str) -> Chat:
    """The chat with a person to whom the bot may write now. Raises ApiError."""
    chat = known(bot, user_id)
    if not chat.is_subscribed:
        raise ApiError(6)
    return chat


def known(bot: Bot, user_id: str) -> Chat:
    """The chat with a person, whether they may be written to or not. Raises ApiError."""
    chat = bot.chats.get(user_id)
    person = bot.people.get(chat.person_id) if chat is not None else None
    if chat is None or person is None or person.deactivated:
        raise ApiError(5)
    return chat


def send(bot: Bot, user_id: str, content: Content, token: int) -> None:
    """Send to a subscriber, within the rate. Raises ApiError."""
    chat = receiver(bot, user_id)
    lately = tuple(at for at in chat.unanswered if bot.now() - at < _HOUR)
    if bot.settings.limits and len(lately) >= MOST_UNANSWERED:
        bot.calls.journal.throttled += 1
        raise ApiError(12)
    chat.unanswered = (*lately, bot.now())[-MOST_UNANSWERED:]
    put(bot, chat, content, token)


def put(bot: Bot, chat: Chat, content: Content, token: int) -> None:
    """Put a message on its way; it arrives at once, unless the phone is off."""
    record = bot.new_record(chat, content.message, token, is_out=True)
    if content.file is not None:
        record["file_id"] = content.file.file_id
    bot.show(chat, record)
    if not chat.is_off:
        arrive(bot, chat, record)


def arrive(bot: Bot, chat: Chat, record: Json) -> None:
    """The phone gets the message, with its keyboard or with none, and the bot hears of it."""
    message = record["message"]
    chat.keyboard = message.get("keyboard")
    chat.tracking_data = message.get("tracking_data", "")
    bot.show(chat, {**record, "status": "delivered"})
    bot.tell(chat, "state")
    bot.emit("delivered", {"user_id": chat.user_id}, record["message_token"])


async def welcome(bot: Bot, event: Json, reply: bytes, http: aiohttp.ClientSession) -> None:
    """Show what the answer to conversation_started holds: once, to who was not subscribed.

    Viber tells nobody of a welcome that is wrong; here the log of calls does.
    """
    chat = bot.chats.get(event.get("user", {}).get("id", ""))
    if chat is None or not chat.opening or chat.opening != event.get("message_token"):
        return
    chat.opening = 0
    try:
        params = json.loads(reply) if reply.startswith(b"{") else None
    except (ValueError, RecursionError):
        params = None
    if not params:
        return
    try:
        if len(reply) > MOST_JSON:
            raise ApiError(3, f"a request has at most {MOST_JSON} bytes")
        put(bot, chat, await content_of(bot, params, http), bot.take_token())
        answer: Json = {"status": 0, "status_message": "ok"}
    except ApiError as error:
        answer = {"status": error.status, "status_message": str(error)}
    bot.calls.journal.write(
        at=bot.now(),
        seconds=0,
        account=bot.told.name,
        method="welcome",
        params=params,
        uploads={},
        status=200,
        answer=answer,
    )
