"""Methods about the bot: what it says of itself, its webhooks, the long poll."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.max.bot import EVENTS, Bot
from sandbox.max.call import Call, text_in
from sandbox.max.errors import invalid
from sandbox.max.keyboard import LOCAL, MOST_URL
from sandbox.max.subscriptions import Subscription
from sandbox.updates import MOST_PENDING, Update
from sandbox.values import Json

MOST_SUBSCRIPTIONS: Final = 20
MOST_COMMANDS: Final = 32
_MOST_NAME: Final = 64
_MOST_LINE: Final = 128
_MOST_DESCRIPTION: Final = 16_000
# One page of the docs lets an underscore pass, another does not: the careful reading.
_SECRET: Final = re.compile(r"[A-Za-z0-9-]{5,256}")
_LONGEST_POLL: Final = 90


async def get_me(bot: Bot, call: Call) -> Json:
    more = {key: bot.profile[key] for key in ("description", "commands")}
    return {**bot.user, **more}


async def patch_me(bot: Bot, call: Call) -> Json:
    """What is not named stays as it was."""
    changed = dict(bot.profile)
    for name in ("first_name", "name"):
        if call.field(name, _MOST_NAME):
            changed["first_name"] = call.body[name]
    if "description" in call.body:
        changed["description"] = call.field("description", _MOST_DESCRIPTION)
    if call.body.get("commands") is not None:
        changed["commands"] = _commands(call.body["commands"])
    bot.profile = changed
    bot.changed()
    return await get_me(bot, call)


async def get_subscriptions(bot: Bot, call: Call) -> Json:
    items = [
        {"url": each.url, "time": each.made_ms, "update_types": list(each.update_types) or None}
        for each in bot.subscriptions
    ]
    return {"subscriptions": items}


async def subscribe(bot: Bot, call: Call) -> Json:
    """Add a webhook; the ones that were there before stay, and each gets every event."""
    url = _webhook_url(call.field("url", MOST_URL) or "", local=bot.settings.allow_local_urls)
    secret = call.field("secret", 256)
    if secret is not None and not _SECRET.fullmatch(secret):
        raise invalid("secret: 5 to 256 characters A-Z a-z 0-9 -")
    kinds = _kinds(call.body.get("update_types"))
    if bot.subscriptions.get(url) is None:
        if len(bot.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise invalid(f"at most {MOST_SUBSCRIPTIONS} subscriptions")
        # What waited for one that has lapsed is lost.
        bot.unsubscribe(url)
    bot.subscriptions.put(Subscription(url, bot.now_ms, kinds, secret or ""))
    bot.on_update()
    bot.changed()
    return {"success": True}


async def unsubscribe(bot: Bot, call: Call) -> Json:
    url = call.needed("url")
    if bot.subscriptions.get(url) is None:
        return {"success": False, "message": "There is no such subscription"}
    bot.unsubscribe(url)
    return {"success": True}


async def get_updates(bot: Bot, call: Call) -> Json:
    """Long polling: what is up to the marker is done with; nothing comes beside a webhook."""
    limit, timeout = call.number("limit", 100), call.number("timeout", 30)
    if not 1 <= limit <= 1000 or not 0 <= timeout <= _LONGEST_POLL:
        raise invalid(f"limit is from 1 to 1000, timeout from 0 to {_LONGEST_POLL}")
    marker = call.number("marker", 0)
    kinds = _kinds([each for each in call.text("types").split(",") if each])
    if marker > 0 and not bot.subscriptions:
        bot.updates.confirm(marker + 1)
    try:
        async with asyncio.timeout(timeout):
            while not (found := _waiting(bot, marker, kinds)) and not bot.is_closing:
                await bot.news.wait()
    except TimeoutError:
        found = []
    found = found[:limit]
    last = found[-1].id if found else marker or None
    return {"updates": [each.body for each in found], "marker": last}


def _waiting(bot: Bot, marker: int, kinds: tuple[str, ...]) -> list[Update]:
    if bot.subscriptions:
        return []
    pending = [each for each in bot.updates.first(MOST_PENDING) if not each.to]
    return [each for each in pending if each.id > marker and (not kinds or each.kind in kinds)]


def _kinds(given: Any) -> tuple[str, ...]:
    """Known kinds of events; none means all."""
    if given is None:
        return ()
    if not isinstance(given, list) or not all(each in EVENTS for each in given):
        raise invalid("update_types: an unknown kind of update")
    return tuple(given)


def _webhook_url(url: str, *, local: bool) -> str:
    """An address that the platform would call: HTTPS on port 443 of a public host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise invalid("url: is no address") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise invalid("url: must begin with https://")
    if not local and (parts.scheme == "http" or parts.hostname in LOCAL or port not in {None, 443}):
        raise invalid("url: must be HTTPS on port 443 of a public host")
    return url


def _commands(given: Any) -> list[Json]:
    if not isinstance(given, list) or len(given) > MOST_COMMANDS:
        raise invalid(f"commands: an array of at most {MOST_COMMANDS}")
    return [_command(each) for each in given]


def _command(given: Any) -> Json:
    if not isinstance(given, dict) or not text_in(given, "name", _MOST_NAME):
        raise invalid(f"commands: name has 1 to {_MOST_NAME} characters")
    return {"name": given["name"], "description": text_in(given, "description", _MOST_LINE)}
