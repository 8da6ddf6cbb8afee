"""The table of methods: one line per method of the Bot API that the double knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp

from sandbox.telegram import methods_bot, methods_media, methods_messages, methods_updates
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call

Method = Callable[[Bot, Call], Awaitable[Any]]
_ONE_FILE = {
    "sendphoto": "photo",
    "sendvideo": "video",
    "senddocument": "document",
    "sendaudio": "audio",
    "sendvoice": "voice",
    "sendanimation": "animation",
    "sendsticker": "sticker",
    "sendvideonote": "video_note",
}


def methods(http: aiohttp.ClientSession) -> dict[str, Method]:
    """All methods by their name in lower case: the platform does not mind the case."""
    table: dict[str, Method] = {
        "sendmessage": methods_messages.send_message,
        "sendlocation": methods_messages.send_location,
        "sendcontact": methods_messages.send_contact,
        "sendchataction": methods_messages.send_chat_action,
        "editmessagetext": methods_messages.edit_message_text,
        "editmessagecaption": methods_messages.edit_message_caption,
        "editmessagereplymarkup": methods_messages.edit_message_reply_markup,
        "deletemessage": methods_messages.delete_message,
        "deletemessages": methods_messages.delete_messages,
        "answercallbackquery": methods_messages.answer_callback_query,
        "sendmediagroup": partial(methods_media.send_media_group, http=http),
        "getfile": methods_media.get_file,
        "setwebhook": methods_updates.set_webhook,
        "deletewebhook": methods_updates.delete_webhook,
        "getwebhookinfo": methods_updates.get_webhook_info,
        "getupdates": methods_updates.get_updates,
        "getme": methods_bot.get_me,
        "getchat": methods_bot.get_chat,
        "setmycommands": methods_bot.set_my_commands,
        "getmycommands": methods_bot.get_my_commands,
        "deletemycommands": methods_bot.delete_my_commands,
        "setmydescription": methods_bot.set_my_description,
        "getmydescription": methods_bot.get_my_description,
        "setmyshortdescription": methods_bot.set_my_short_description,
        "getmyshortdescription": methods_bot.get_my_short_description,
        "setchatmenubutton": methods_bot.set_chat_menu_button,
        "getchatmenubutton": methods_bot.get_chat_menu_button,
    }
    for name, kind in _ONE_FILE.items():
        table[name] = partial(methods_media.send_one, kind=kind, http=http)
    return table
