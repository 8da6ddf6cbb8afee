"""Methods about how updates come: the webhook and getUpdates."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.bot import Bot, Trouble, Webhook
from sandbox.telegram.call import Call
from sandbox.telegram.errors import ApiError, bad_request
from sandbox.values import Json

_PORTS = {443, 80, 88, 8443}
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_LONGEST_POLL = 50


async def set_webhook(bot: Bot, call: Call) -> Any:
    url = call.text("url").strip()
    if not url:
        return await delete_webhook(bot, call)
    _check_url(url, local=bot.settings.allow_local_urls)
    secret = call.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = call.integer("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad_request("max_connections must be between 1 and 100")
    _set_allowed(bot, call)
    _drop_if_asked(bot, call)
    same = bot.webhook.url == url
    bot.webhook = Webhook(
        url=url,
        secret_token=secret,
        max_connections=connections,
        has_custom_certificate="certificate" in call.uploads,
        ip_address=call.text("ip_address"),
    )
    _restart(bot)
    return ApiText(True, "Webhook is already set" if same else "Webhook was set")


async def delete_webhook(bot: Bot, call: Call) -> Any:
    _drop_if_asked(bot, call)
    had = bool(bot.webhook.url)
    bot.webhook = Webhook()
    _restart(bot)
    return ApiText(True, "Webhook was deleted" if had else "Webhook is already deleted")


async def get_webhook_info(bot: Bot, call: Call) -> Any:
    webhook = bot.webhook
    info: Json = {
        "url": webhook.url,
        "has_custom_certificate": webhook.has_custom_certificate,
        "pending_update_count": len(bot.updates),
    }
    if webhook.url:
        info["max_connections"] = webhook.max_connections
        if webhook.ip_address:
            info["ip_address"] = webhook.ip_address
    if bot.trouble.message:
        info["last_error_date"] = int(bot.trouble.at)
        info["last_error_message"] = bot.trouble.message
    if bot.allowed:
        info["allowed_updates"] = bot.allowed
    return info


async def get_updates(bot: Bot, call: Call) -> Any:
    """Long polling; a second poller ends the first one with 409."""
    if bot.webhook.url:
        raise _conflict(
            "can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first"
        )
    _set_allowed(bot, call)
    limit = call.integer("limit", 100)
    limit = limit if 1 <= limit <= 100 else 100
    if offset := call.integer("offset"):
        bot.updates.confirm(offset)
        bot.changed()
    me = bot.poller = object()
    bot.arrived.set()
    deadline = asyncio.get_running_loop().time() + _poll_seconds(call)
    while True:
        if bot.poller is not me:
            raise _conflict(
                "terminated by other getUpdates request; "
                "make sure that only one bot instance is running"
            )
        if bot.webhook.url:
            raise _conflict("terminated by setWebhook request")
        found = bot.updates.first(limit)
        left = deadline - asyncio.get_running_loop().time()
        if found or left <= 0 or bot.is_closing:
            return [update.body for update in found]
        await _arrival(bot, left)


class ApiText:
    """A result with the platform's remark beside it (`description` of a good answer)."""

    def __init__(self, result: object, description: str) -> None:
        self.result = result
        self.description = description


async def _arrival(bot: Bot, seconds: float) -> None:
    bot.arrived = arrived = asyncio.Event()
    try:
        async with asyncio.timeout(seconds):
            await arrived.wait()
    except TimeoutError:
        return


def _poll_seconds(call: Call) -> int:
    return max(0, min(call.integer("timeout"), _LONGEST_POLL))


def _check_url(url: str, *, local: bool) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad_webhook("invalid webhook URL specified") from None
    if not parts.hostname:
        raise _bad_webhook("invalid webhook URL specified")
    if local and parts.hostname in _LOCAL and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https":
        raise _bad_webhook("An HTTPS URL must be provided for webhook")
    if (port or 443) not in _PORTS:
        raise _bad_webhook("Webhook can be set up only on ports 80, 88, 443 or 8443")
    if parts.hostname in _LOCAL:
        raise _bad_webhook("IP address 127.0.0.1 is reserved")


def _bad_webhook(words: str) -> ApiError:
    return bad_request(f"bad webhook: {words}")


def _conflict(words: str) -> ApiError:
    return ApiError(409, f"Conflict: {words}")


def _set_allowed(bot: Bot, call: Call) -> None:
    # Omitted means: the previous list stays in force (Bot API 10.3).
    if not call.has("allowed_updates"):
        return
    allowed = call.nested("allowed_updates")
    if not isinstance(allowed, list) or not all(isinstance(each, str) for each in allowed):
        raise bad_request("can't parse allowed updates JSON object")
    bot.allowed = allowed


def _drop_if_asked(bot: Bot, call: Call) -> None:
    if call.flag("drop_pending_updates"):
        bot.updates.clear()


def _restart(bot: Bot) -> None:
    bot.trouble = Trouble()
    bot.changed()
    bot.arrived.set()
    bot.on_webhook()
