"""Methods about the bot itself and its chats."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.people import as_chat
from sandbox.telegram.sending import person_of
from sandbox.values import Json

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MOST_COMMANDS = 100
_MOST_SCOPES = 1000


async def get_me(bot: Bot, call: Call) -> Any:
    return {
        **bot.as_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_chat(bot: Bot, call: Call) -> Any:
    person = person_of(bot, call)
    if person.id not in bot.chats:
        raise bad_request("chat not found")
    return {
        **as_chat(person),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }


async def set_my_commands(bot: Bot, call: Call) -> Any:
    commands = call.nested("commands")
    if not isinstance(commands, list) or not all(isinstance(each, dict) for each in commands):
        raise bad_request("can't parse commands: expected an Array of BotCommand")
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for each in commands:
        if not _COMMAND.fullmatch(str(each.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(each.get("description", "")).strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    if len(bot.profile.commands) < _MOST_SCOPES:
        bot.profile.commands[_scope(call)] = [
            {"command": str(each["command"]).removeprefix("/"), "description": each["description"]}
            for each in commands
        ]
    _profile_changed(bot)
    return True


async def get_my_commands(bot: Bot, call: Call) -> Any:
    return bot.profile.commands.get(_scope(call), [])


async def delete_my_commands(bot: Bot, call: Call) -> Any:
    bot.profile.commands.pop(_scope(call), None)
    _profile_changed(bot)
    return True


async def set_my_description(bot: Bot, call: Call) -> Any:
    if len(call.text("description")) > 512:
        raise bad_request("description is too long")
    bot.profile.description[_language(call)] = call.text("description")
    _profile_changed(bot)
    return True


async def get_my_description(bot: Bot, call: Call) -> Any:
    return {"description": bot.profile.description.get(_language(call), "")}


async def set_my_short_description(bot: Bot, call: Call) -> Any:
    if len(call.text("short_description")) > 120:
        raise bad_request("short description is too long")
    bot.profile.short_description[_language(call)] = call.text("short_description")
    _profile_changed(bot)
    return True


async def get_my_short_description(bot: Bot, call: Call) -> Any:
    return {"short_description": bot.profile.short_description.get(_language(call), "")}


async def set_chat_menu_button(bot: Bot, call: Call) -> Any:
    button = call.nested("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"commands", "web_app", "default"}:
        raise bad_request("can't parse menu button: unsupported type specified")
    bot.profile.menu_button = button
    _profile_changed(bot)
    return True


async def get_chat_menu_button(bot: Bot, call: Call) -> Any:
    return bot.profile.menu_button


def commands_for(bot: Bot, language: str) -> list[Json]:
    """The commands that a person with this language sees in the menu."""
    for scope in ('{"type": "all_private_chats"}', '{"type": "default"}'):
        for code in (language, ""):
            if found := bot.profile.commands.get(f"{scope} {code}"):
                return found
    return []


def _scope(call: Call) -> str:
    scope = call.nested("scope") or {"type": "default"}
    if not isinstance(scope, dict) or "type" not in scope:
        raise bad_request("can't parse BotCommandScope")
    return f"{json.dumps(scope, sort_keys=True)} {_language(call)}"


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("LANG_CODE_INVALID")
    return code


def _profile_changed(bot: Bot) -> None:
    bot.changed()
    for chat in bot.chats.values():
        bot.tell(chat.person_id, "state")
