"""What a person sets up once: the callback server at VK, and whose token it is."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bots.contract import Identity, SettingUp, WebhookStatus
from bots.transport import NoAnswer, NotSent
from bots.vk.errors import FAILURES
from bots.vk.incoming import EVENT_KINDS
from bots.vk.limits import API_VERSION

Call: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
MOST_SERVERS: Final = 10
_TITLE = "Parley"
_SECRET = re.compile(r"[A-Za-z0-9]{1,50}")
_AUTH = (5, 27, 28)
_RIGHTS = (7, 15, 203)


@dataclass(frozen=True, slots=True)
class _Server:
    """A callback server as VK tells it."""

    id: int
    url: str
    status: str


async def identify(call: Call, group: str) -> Identity:
    """Raises SettingUp where the token is nobody's, a person's, or another community's."""
    found = await _community(call)
    id_ = str(found.get("id", ""))
    if group and group != id_:
        raise SettingUp(f"the token belongs to the community {id_} and not to {group}")
    return Identity(
        id_,
        str(found.get("screen_name", "")),
        str(found.get("name", "")),
        confirmation=await _confirmation(call, id_),
    )


async def _community(call: Call) -> Mapping[str, Any]:
    groups = (await _ask(call, "groups.getById", {})).get("groups")
    if isinstance(groups, list) and groups and isinstance(groups[0], dict):
        return groups[0]
    raise SettingUp("this is a person's token; make one in the community's settings")


async def _confirmation(call: Call, group: str) -> str:
    """What VK wants to hear from a callback server; "" for a token that may not ask."""
    try:
        told = await call("groups.getCallbackConfirmationCode", {"group_id": group})
    except FAILURES:
        return ""
    code = told["response"].get("code") if isinstance(told["response"], dict) else ""
    return code if isinstance(code, str) else ""


async def set_webhook(call: Call, group: str, url: str, secret: str) -> None:
    """Make VK call `url`: the server that does so already is changed, else one is added.

    VK asks `url` for the confirmation at once. Raises SettingUp.
    """
    if not _SECRET.fullmatch(secret):
        raise SettingUp("VK's secret key has 1 to 50 Latin letters and digits")
    servers = await _servers(call, group)
    about = {"group_id": group, "url": url, "title": _TITLE, "secret_key": secret}
    known = next((one for one in servers if one.url == url), None)
    if known is not None:
        id_ = known.id
        await _ask(call, "groups.editCallbackServer", {**about, "server_id": id_})
    elif len(servers) >= MOST_SERVERS:
        raise SettingUp(f"the community has {MOST_SERVERS} callback servers already: remove one")
    else:
        added = await _ask(call, "groups.addCallbackServer", about)
        id_ = _number(added, "server_id")
    # All are off at a server that was added by the API.
    flags = dict.fromkeys(EVENT_KINDS, 1)
    settings = {"group_id": group, "server_id": id_, "api_version": API_VERSION, **flags}
    await _ask(call, "groups.setCallbackSettings", settings)


async def webhook_status(call: Call, group: str, expected_url: str) -> WebhookStatus:
    """What VK says about the server that calls us, with the problems in words."""
    servers = await _servers(call, group)
    server = next((one for one in servers if one.url == expected_url), None)
    if server is None:
        others = ", ".join(one.url for one in servers) or "nobody"
        problem = f"VK calls {others} and not {expected_url}: run `parley webhooks set`"
        return WebhookStatus("", 0, (problem,), {})
    asked = {"group_id": group, "server_id": server.id}
    settings = await _ask(call, "groups.getCallbackSettings", asked)
    details = {"server": str(server.id), "status": server.status}
    details["api_version"] = str(settings.get("api_version", ""))
    return WebhookStatus(server.url, 0, tuple(_problems(server, settings)), details)


def _problems(server: _Server, settings: Mapping[str, Any]) -> list[str]:
    problems = []
    if server.status == "failed":
        problems.append("VK's calls failed: look at the address, then run `parley webhooks set`")
    elif server.status in ("unconfigured", "wait"):
        problems.append("VK has not got the confirmation: does Parley answer at this address?")
    version = settings.get("api_version")
    if version != API_VERSION:
        problems.append(f"VK calls with version {version}: run `parley webhooks set`")
    events = settings.get("events")
    # The schema does not list every flag: one that is not told is not a missing one.
    off = [
        name for name in EVENT_KINDS if isinstance(events, dict) and events.get(name) in (0, False)
    ]
    if off:
        problems.append(f"VK does not bring {', '.join(off)}: run `parley webhooks set`")
    return problems


async def keep_webhook(call: Call, group: str, url: str, secret: str) -> WebhookStatus:
    """VK ceases to call a server that failed often: set anew, it is asked once more."""
    status = await webhook_status(call, group, url)
    if not status.problems:
        return status
    await set_webhook(call, group, url, secret)
    return await webhook_status(call, group, url)


async def _servers(call: Call, group: str) -> list[_Server]:
    answer = await _ask(call, "groups.getCallbackServers", {"group_id": group})
    items = answer.get("items")
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    return [
        _Server(_number(row, "id"), str(row.get("url", "")), str(row.get("status", "")))
        for row in rows
    ]


async def _ask(call: Call, method: str, fields: dict[str, Any]) -> Mapping[str, Any]:
    """The response where it is an object, else {}. Raises SettingUp in words for a person."""
    try:
        response = (await call(method, fields))["response"]
    except FAILURES as failure:
        match failure:
            case NotSent(reason):
                text = f"no connection to VK ({reason}): look at network, proxy and api_url"
            case NoAnswer(reason):
                text = f"VK did not answer ({reason}): try again"
            case _ if failure.is_vk and failure.code in _AUTH:
                text = "VK does not know this token: make one in the community's settings"
            case _ if failure.is_vk and failure.code in _RIGHTS:
                text = (
                    f"the token may not do {method}: make one with the rights to manage the "
                    f"community, its messages, photos and documents ({failure})"
                )
            case _:
                text = f"VK refused {method}: {failure}"
        raise SettingUp(text) from failure
    return response if isinstance(response, dict) else {}


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    return value if type(value) is int else 0
