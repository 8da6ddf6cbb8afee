"""The methods of the REST API, below /pa/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import aiohttp

from sandbox.faults import FaultKind
from sandbox.values import Json
from sandbox.viber.bot import EVENTS, HOST, Bot, Webhook
from sandbox.viber.content import check_address, content_of
from sandbox.viber.errors import GENERAL, ApiError, bad, missing, name_of
from sandbox.viber.outlet import DEADLINE_SECONDS, signed
from sandbox.viber.people import profile_of
from sandbox.viber.sending import known, receiver, send

MOST_RECEIVERS: Final = 300
_MOST_ONLINE: Final = 100
_MOST_LOOKED_UP: Final = 2
_HALF_A_DAY: Final = 12 * 3600

Method = Callable[[Bot, Json], Awaitable[Json]]
"""Gives what stands beside the status of a call that went well. Raises ApiError."""


def methods(http: aiohttp.ClientSession) -> Mapping[str, Method]:
    return {
        "set_webhook": partial(_set_webhook, http),
        "get_account_info": _get_account_info,
        "send_message": partial(_send_message, http),
        "broadcast_message": partial(_broadcast_message, http),
        "get_user_details": _get_user_details,
        "get_online": _get_online,
    }


async def _set_webhook(http: aiohttp.ClientSession, bot: Bot, params: Json) -> Json:
    """Calls the address before it answers; one that fails leaves all as it was. "" removes."""
    url = params.get("url")
    if url is None:
        raise missing("url")
    if url == "":
        _take(bot, Webhook())
        return {}
    events = _events(params.get("event_types", list(EVENTS)))
    name, photo = params.get("send_name", False), params.get("send_photo", False)
    if not (isinstance(name, bool) and isinstance(photo, bool)):
        raise bad("send_name and send_photo are true or false")
    await _try(http, bot, url)
    _take(bot, Webhook(url, events, name, photo))
    return {"chat_hostname": HOST, "event_types": list(events)}


def _events(given: Any) -> tuple[str, ...]:
    wanted = {*EVENTS, "message"}
    if not isinstance(given, list) or not all(
        isinstance(each, str) and each in wanted for each in given
    ):
        raise bad(f"event_types are some of {', '.join(EVENTS)}")
    return tuple(dict.fromkeys(given))


async def _try(http: aiohttp.ClientSession, bot: Bot, url: Any) -> None:
    try:
        check_address(bot, url if isinstance(url, str) else "")
    except ValueError as error:
        raise ApiError(1, str(error)) from None
    post = signed(bot, url, bot.event("webhook", {}, bot.take_token()))
    headers = {"Content-Type": "application/json", **post.headers}
    timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
    try:
        async with http.post(
            url, data=post.body, headers=headers, allow_redirects=False, timeout=timeout
        ) as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise ApiError(1, "the address does not answer") from None
    if status != 200:
        raise ApiError(1, f"the address answers {status}")


def _take(bot: Bot, webhook: Webhook) -> None:
    bot.webhook = webhook
    if not webhook.url:
        bot.updates.clear()
    bot.on_webhook()
    bot.changed()


async def _get_account_info(bot: Bot, params: Json) -> Json:
    return {
        "id": bot.id,
        "chat_hostname": HOST,
        "name": bot.told.title,
        "uri": bot.told.name,
        "category": "Companies, Brands & Products",
        "subcategory": "Online Store",
        "country": "BY",
        "webhook": bot.webhook.url,
        "event_types": list(bot.webhook.event_types),
        "subscribers_count": sum(each.is_subscribed for each in bot.chats.values()),
        "members": [],
    }


async def _send_message(http: aiohttp.ClientSession, bot: Bot, params: Json) -> Json:
    _need_webhook(bot)
    user_id = _user_id(params, "receiver")
    # Before the media is fetched; `send` looks again, since fetching takes its time.
    receiver(bot, user_id)
    content = await content_of(bot, params, http)
    token = bot.take_token()
    send(bot, user_id, content, token)
    return {"message_token": token, "chat_hostname": HOST, "billing_status": 1}


async def _broadcast_message(http: aiohttp.ClientSession, bot: Bot, params: Json) -> Json:
    """One token for all receivers; those who did not get it are listed."""
    _need_webhook(bot)
    _admit(bot)
    receivers = params.get("broadcast_list")
    if not receivers:
        raise missing("broadcast_list")
    if not isinstance(receivers, list) or not all(isinstance(each, str) for each in receivers):
        raise bad("broadcast_list is an array of user ids")
    if len(receivers) > MOST_RECEIVERS:
        raise bad(f"broadcast_list has at most {MOST_RECEIVERS} user ids")
    content = await content_of(bot, params, http)
    token, failed = bot.take_token(), []
    for user_id in dict.fromkeys(receivers):
        try:
            _play_fault(bot, user_id)
            send(bot, user_id, content, token)
        except ApiError as error:
            status = {"status": error.status, "status_message": name_of(error.status)}
            failed.append({"receiver": user_id, **status})
    return {"message_token": token, "chat_hostname": HOST, "failed_list": failed}


def _play_fault(bot: Bot, user_id: str) -> None:
    """Raises ApiError where a fault was planned for just this receiver of many."""
    fault = bot.calls.faults.take("broadcast_message", user_id, only=FaultKind.ANSWER)
    if fault is not None:
        raise ApiError(GENERAL if fault.error_code is None else fault.error_code)


def _admit(bot: Bot) -> None:
    """Count a broadcast against the rate. Raises ApiError 12."""
    if not bot.settings.limits:
        return
    now = bot.now()
    if bot.pace.wait("all", now):
        bot.calls.journal.throttled += 1
        raise ApiError(12)
    bot.pace.take("all", now)


async def _get_user_details(bot: Bot, params: Json) -> Json:
    """At most twice in 12 hours for one person."""
    chat = receiver(bot, _user_id(params, "id"))
    person = bot.people.get(chat.person_id)
    assert person is not None, "a receiver is a person"
    lately = tuple(at for at in chat.looked_up if bot.now() - at < _HALF_A_DAY)
    if bot.settings.limits and len(lately) >= _MOST_LOOKED_UP:
        bot.calls.journal.throttled += 1
        raise ApiError(12)
    chat.looked_up = (*lately, bot.now())[-_MOST_LOOKED_UP:]
    bot.changed()
    user = {
        **profile_of(chat.user_id, person),
        "name": person.name,
        "primary_device_os": "android 14",
        "viber_version": "23.1.0",
        "mcc": 257,
        "mnc": 1,
        "device_type": "Sandbox",
    }
    return {"message_token": bot.take_token(), "user": user}


async def _get_online(bot: Bot, params: Json) -> Json:
    ids = params.get("ids")
    if not ids:
        raise missing("ids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise bad("ids is an array of user ids")
    if len(ids) > _MOST_ONLINE:
        raise bad(f"ids has at most {_MOST_ONLINE} user ids")
    return {"users": [_presence(bot, each) for each in ids]}


def _presence(bot: Bot, user_id: str) -> Json:
    try:
        chat = known(bot, user_id)
    except ApiError:
        return {"id": user_id, "online_status": 4, "online_status_message": "unavailable"}
    status, words = (1, "offline") if chat.is_off else (0, "online")
    return {"id": user_id, "online_status": status, "online_status_message": words}


def _need_webhook(bot: Bot) -> None:
    if not bot.webhook.url:
        raise ApiError(10)


def _user_id(params: Json, name: str) -> str:
    value = params.get(name)
    if not value:
        raise missing(name)
    if not isinstance(value, str):
        raise bad(f"{name} is text")
    return value
