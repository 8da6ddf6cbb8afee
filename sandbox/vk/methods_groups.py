"""Methods about the community: callback servers, long poll, who is who."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.people import Person
from sandbox.values import Json
from sandbox.vk.call import Call
from sandbox.vk.errors import ApiError, invalid
from sandbox.vk.group import EVENTS, Group, Server
from sandbox.vk.people import peer_of, person_id_of

MOST_SERVERS = 10
_MOST_TITLE = 14
_MOST_SECRET = 50
_CONFIRM_SECONDS = 10
_MOST_USERS = 1000
_LOCAL = {"localhost", "127.0.0.1", "::1"}


async def get_callback_confirmation_code(group: Group, call: Call) -> Any:
    _own(group, call)
    return {"code": group.confirmation}


async def add_callback_server(group: Group, call: Call, http: aiohttp.ClientSession) -> Any:
    """Confirms at once; whether that went well is told by getCallbackServers."""
    _own(group, call)
    if len(group.servers) >= MOST_SERVERS:
        raise ApiError(2000)
    number = group.next_server_id
    group.next_server_id += 1
    await _confirm(group, _server(group, call, Server(number, "", "")), http)
    return {"server_id": number}


async def edit_callback_server(group: Group, call: Call, http: aiohttp.ClientSession) -> Any:
    await _confirm(group, _server(group, call, _known(group, call)), http)
    return 1


async def delete_callback_server(group: Group, call: Call) -> Any:
    del group.servers[_known(group, call).id]
    group.changed()
    return 1


async def get_callback_servers(group: Group, call: Call) -> Any:
    _own(group, call)
    wanted = call.integers("server_ids")
    items = [
        {
            "id": each.id,
            "title": each.title,
            "creator_id": -group.id,
            "url": each.url,
            "secret_key": each.secret_key,
            "status": each.status,
        }
        for each in group.servers.values()
        if not wanted or each.id in wanted
    ]
    return {"count": len(items), "items": items}


async def set_callback_settings(group: Group, call: Call) -> Any:
    """What is not named stays as it was."""
    server = _known(group, call)
    events = _switched(call, set(server.events))
    version = call.text("api_version") or server.version
    group.servers[server.id] = replace(server, events=tuple(sorted(events)), version=version)
    group.changed()
    return 1


async def get_callback_settings(group: Group, call: Call) -> Any:
    server = _known(group, call)
    events = {name: int(name in server.events) for name in EVENTS}
    return {"api_version": server.version, "events": events}


async def get_long_poll_server(group: Group, call: Call) -> Any:
    _own(group, call)
    key, ts = group.longpoll.new_key()
    return {"key": key, "server": f"{group.settings.base_url}/vk/longpoll/{group.id}", "ts": ts}


async def set_long_poll_settings(group: Group, call: Call) -> Any:
    _own(group, call)
    group.longpoll.events = _switched(call, group.longpoll.events)
    return 1


async def get_by_id(group: Group, call: Call) -> Any:
    about = {
        "id": group.id,
        "name": group.told.title,
        "screen_name": group.told.name,
        "is_closed": 0,
        "type": "group",
    }
    return {"groups": [about], "profiles": []}


async def get_users(group: Group, call: Call) -> Any:
    ids = call.integers("user_ids")
    if not 1 <= len(ids) <= _MOST_USERS:
        raise invalid(f"user_ids: 1 to {_MOST_USERS}")
    people = [group.people.get(person_id_of(each)) for each in ids]
    return [_user(each, call.text("fields")) for each in people if each is not None]


def _user(person: Person, fields: str) -> Json:
    user: Json = {
        "id": peer_of(person),
        "first_name": "DELETED" if person.deactivated else person.first_name,
        "last_name": "" if person.deactivated else person.last_name,
    }
    if person.deactivated:
        return {**user, "deactivated": "deleted"}
    user |= {"can_access_closed": True, "is_closed": False}
    if "screen_name" in fields.split(","):
        user["screen_name"] = person.username or f"id{peer_of(person)}"
    return user


def _own(group: Group, call: Call) -> None:
    if call.integer("group_id", group.id) != group.id:
        raise ApiError(15, "the token is of another community")


def _known(group: Group, call: Call) -> Server:
    _own(group, call)
    server = group.servers.get(call.integer("server_id"))
    if server is None:
        raise invalid("server_id is unknown")
    return server


def _server(group: Group, call: Call, old: Server) -> Server:
    url, title, secret = call.needed("url"), call.needed("title"), call.text("secret_key")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("url is invalid")
    if parts.hostname in _LOCAL and not group.settings.allow_local_urls:
        raise invalid("url is invalid")
    if len(title) > _MOST_TITLE:
        raise invalid(f"title: at most {_MOST_TITLE} characters")
    if len(secret) > _MOST_SECRET:
        raise invalid(f"secret_key: at most {_MOST_SECRET} characters")
    return replace(old, url=url, title=title, secret_key=secret, status="wait")


async def _confirm(group: Group, server: Server, http: aiohttp.ClientSession) -> None:
    """Ask the server for the confirmation string, which is the whole of a good answer."""
    body = json.dumps({"type": "confirmation", "group_id": group.id})
    group.servers[server.id] = server
    status = "failed"
    try:
        async with (
            asyncio.timeout(_CONFIRM_SECONDS),
            http.post(
                server.url, data=body, headers={"Content-Type": "application/json"}
            ) as response,
        ):
            answer = await response.content.read(1024)
            if response.status == 200 and answer.decode("latin-1") == group.confirmation:
                status = "ok"
    except (aiohttp.ClientError, TimeoutError):
        pass
    # It may have been changed or deleted while it was asked.
    if group.servers.get(server.id) is server:
        group.servers[server.id] = replace(server, status=status)
        # Events may wait that came before the server failed.
        group.on_update()
        group.changed()


def _switched(call: Call, events: set[str]) -> set[str]:
    named = {name for name in EVENTS if call.has(name)}
    return events - named | {name for name in named if call.flag(name)}
