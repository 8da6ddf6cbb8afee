"""Fetching events from a machine that VK cannot call, through Bots Long Poll."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from bots.contract import BotSettings, Take
from bots.transport import NoAnswer, ProxyRefused
from bots.vk.answers import object_in
from bots.vk.errors import FAILURES, Failure, Refusal, outcome_of
from bots.vk.incoming import EVENT_KINDS
from bots.vk.limits import API_VERSION
from bots.vk.session import Client
from core.ids import AccountId
from core.outcomes import Misconfigured, Throttled

log = logging.getLogger(__name__)

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
_LONG_POLL: Final = 25
_LONGEST_PAUSE: Final = 60.0
_HISTORY_IS_OLD, _KEY_IS_OLD = 1, 2
_RIGHTS = (7, 15, 200, 203)


@dataclass(frozen=True, slots=True)
class _Server:
    """Where events wait. Whoever knows `url` and `key` may fetch them; `ts` is the newest one."""

    url: str
    key: str
    ts: str


@dataclass(slots=True)
class _Place:
    """Where to go on: everything up to `ts` has been taken; "" where nothing ever was."""

    ts: str
    server: _Server | None = None


async def poll(
    client: Client, settings: BotSettings, place: str, take: Take, sleep: Sleep = asyncio.sleep
) -> None:
    """Fetch, take, confirm, for ever. What `take` raises goes through: nothing is confirmed.

    `place` is VK's `ts`. VK does not remember what we have taken: each server tells its newest,
    and what came before that would be lost.
    """
    at = _Place(place)
    is_on = False
    failures = 0
    while True:
        try:
            if not is_on:
                await _switch_on(client, settings)
                is_on = True
            if at.server is None:
                at.server = await _server(client, settings.group)
            if not at.ts:
                # Kept at once: what comes while we are away is behind it.
                at.ts = at.server.ts
                await take([], at.ts)
            answer = await _check(client, at.server, at.ts)
        except FAILURES as failure:
            failures += 1
            await sleep(_pause(failure, failures, settings.account))
            continue
        if "failed" in answer:
            failures += 1
            _go_on_after(answer, at, settings.account)
            if failures > 1:
                await sleep(_doubling(failures))
            continue
        failures = 0
        ts = _ts(answer) or at.ts
        if answer["updates"] or ts != at.ts:
            await take([_body(update) for update in answer["updates"]], ts)
        at.ts = ts


async def _switch_on(client: Client, settings: BotSettings) -> None:
    flags = dict.fromkeys(EVENT_KINDS, 1)
    asked = {"group_id": settings.group, "enabled": 1, "api_version": API_VERSION, **flags}
    try:
        await client.call("groups.setLongPollSettings", asked)
    except Refusal as refusal:
        if not refusal.is_vk or refusal.code not in _RIGHTS:
            raise
        # A person can switch it on at VK's pages as well.
        about = {"account": settings.account, "problem": str(refusal)}
        log.warning("the token may not switch Long Poll on: do it in the settings", extra=about)


async def _server(client: Client, group: str) -> _Server:
    told = (await client.call("groups.getLongPollServer", {"group_id": group}))["response"]
    url, key = (told.get("server"), told.get("key")) if isinstance(told, dict) else ("", "")
    if not isinstance(url, str) or not isinstance(key, str) or not url:
        raise NoAnswer("VK tells no address for Long Poll")
    return _Server(url if "://" in url else f"https://{url}", key, _ts(told))


async def _check(client: Client, server: _Server, ts: str) -> dict[str, Any]:
    """`failed`, or `ts` and the list `updates`. Waits until there is something, 25 s at most."""
    query = urlencode({"act": "a_check", "key": server.key, "ts": ts, "wait": _LONG_POLL})
    try:
        answer = await client.transport.ask(
            "GET", f"{server.url}?{query}", seconds=_LONG_POLL + 10.0
        )
    except ProxyRefused as error:
        raise Refusal(error.status, is_vk=False) from None
    found = object_in(answer.body)
    if found is not None and answer.status == 200:
        if "failed" in found or isinstance(found.get("updates"), list):
            return found
    elif answer.status >= 400:
        raise Refusal(answer.status, is_vk=False)
    raise NoAnswer("the answer is not one of Long Poll")


def _go_on_after(answer: dict[str, Any], at: _Place, account: AccountId) -> None:
    """1 names the oldest event that is left, 2 wants a new key, 3 both anew."""
    failed = answer["failed"]
    if failed != _KEY_IS_OLD:
        log.warning("events are lost: VK kept them no longer", extra={"account": account})
    if failed == _HISTORY_IS_OLD:
        at.ts = _ts(answer) or at.ts
        return
    at.server = None
    if failed != _KEY_IS_OLD:
        at.ts = ""


def _ts(told: dict[str, Any]) -> str:
    """VK writes it now as a string and now as a number."""
    ts = told.get("ts")
    return str(ts) if isinstance(ts, str | int) else ""


def _body(update: Any) -> bytes:
    """The update as the callback would have brought it; escapes keep lone surrogates harmless."""
    return json.dumps(update).encode()


def _doubling(failures: int) -> float:
    return min(2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)


def _pause(failure: Failure, failures: int, account: AccountId) -> float:
    """Seconds to wait before the next try; says what is wrong."""
    about = {"account": account, "problem": str(failure)}
    match outcome_of(failure):
        case Throttled(retry_after):
            return retry_after.total_seconds()
        case Misconfigured():
            log.error("VK does not let this community in: look at its token", extra=about)
            return _LONGEST_PAUSE
        case _:
            log.warning("no events from VK, trying again", extra=about)
            return _doubling(failures)
