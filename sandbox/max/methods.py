"""The table of methods: one line per path and verb that the double knows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import aiohttp

from sandbox.max import methods_bot, methods_messages, uploads
from sandbox.max.bot import Bot
from sandbox.max.call import Call
from sandbox.values import Json

Method = Callable[[Bot, Call], Awaitable[Json]]
_CHAT: Final = re.compile(r"chats/(\d{1,18})")


def methods(http: aiohttp.ClientSession) -> Mapping[str, Method]:
    return {
        "GET /me": methods_bot.get_me,
        "PATCH /me": methods_bot.patch_me,
        "GET /subscriptions": methods_bot.get_subscriptions,
        "POST /subscriptions": methods_bot.subscribe,
        "DELETE /subscriptions": methods_bot.unsubscribe,
        "GET /updates": methods_bot.get_updates,
        "GET /messages": methods_messages.read,
        "POST /messages": partial(methods_messages.send, http=http),
        "PUT /messages": partial(methods_messages.edit, http=http),
        "DELETE /messages": methods_messages.delete,
        "POST /answers": partial(methods_messages.answer, http=http),
        "POST /uploads": uploads.get_address,
        "GET /chats/{chat_id}": methods_messages.get_chat,
        "POST /chats/{chat_id}/actions": methods_messages.act,
    }


def template_of(path: str) -> tuple[str, str]:
    """The path as the docs write it and the number of the chat in it."""
    chat = _CHAT.match(path)
    return f"/{_CHAT.sub('chats/{chat_id}', path)}", chat[1] if chat else ""
