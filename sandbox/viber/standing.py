"""Subscriptions, and what becomes of messages on the phone: seen, late, failed."""

from __future__ import annotations

from sandbox.double import ActRefused
from sandbox.people import Person
from sandbox.viber.acts import chat_of
from sandbox.viber.bot import Bot
from sandbox.viber.sending import arrive


def subscribe(bot: Bot, person: Person) -> None:
    """Press Subscribe; what the bot kept in tracking_data is gone, say the docs."""
    chat = chat_of(bot, person)
    if chat.is_subscribed:
        raise ActRefused("the person is already subscribed")
    chat.is_open, chat.is_subscribed, chat.has_left = True, True, False
    chat.tracking_data = ""
    bot.tell(chat, "state")
    bot.emit("subscribed", {"user": bot.user(person)})


def unsubscribe(bot: Bot, person: Person) -> None:
    chat = chat_of(bot, person)
    if not chat.is_subscribed:
        raise ActRefused("the person is not subscribed")
    chat.is_subscribed, chat.has_left = False, True
    bot.tell(chat, "state")
    bot.emit("unsubscribed", {"user_id": chat.user_id})


def read(bot: Bot, person: Person) -> None:
    """Look at the chat: each message that was not seen yet is told alone."""
    chat = chat_of(bot, person)
    unseen = chat.sent_by_bot("delivered")
    if not unseen:
        raise ActRefused("there is nothing unread")
    for record in unseen:
        bot.show(chat, {**record, "status": "seen"})
        bot.emit("seen", {"user_id": chat.user_id}, record["message_token"])


def switch_off(bot: Bot, person: Person) -> None:
    """Messages wait until the phone is on again."""
    chat = chat_of(bot, person)
    chat.is_off = True
    bot.changed()


def switch_on(bot: Bot, person: Person) -> None:
    """What waited arrives now, in its order."""
    chat = bot.chat_with(person)
    if not chat.is_off:
        raise ActRefused("the phone is on")
    chat.is_off = False
    bot.changed()
    for record in chat.sent_by_bot("sent"):
        arrive(bot, chat, record)


def fail(bot: Bot, person: Person, number: int, description: str) -> None:
    """A message that waits for the phone fails for good; the first of them for number 0."""
    chat = bot.chat_with(person)
    waiting = [each for each in chat.sent_by_bot("sent") if number in {0, each["number"]}]
    if not waiting:
        raise ActRefused("no such message is on its way: switch the phone off before it is sent")
    bot.show(chat, {**waiting[0], "status": "failed"})
    about = {"user_id": chat.user_id, "desc": description}
    bot.emit("failed", about, waiting[0]["message_token"])
