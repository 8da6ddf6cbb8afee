"""What a person sets up once: the webhook, the menu, and who the token belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from bots.contract import Identity, MenuEntry, SettingUp, WebhookStatus
from bots.fields import Fields, hint, rows
from bots.max.api import Api
from bots.max.errors import FAILURES, Refusal
from bots.max.incoming import EVENT_KINDS
from bots.transport import NoAnswer, NotSent

T = TypeVar("T")
_MOST_COMMANDS: Final = 32
_MOST_DESCRIPTION: Final = 16_000
_MOST_SUBSCRIPTIONS = 100


async def identify(api: Api) -> Identity:
    """Raises SettingUp where MAX does not know the token."""
    me = await _ask(api, "GET", "/me")
    title = hint(me, "first_name", 256) or hint(me, "name", 256)
    return Identity(str(me.get("user_id", "")), hint(me, "username", 128), title)


async def set_webhook(api: Api, url: str, secret: str) -> None:
    """Let MAX call `url` and nobody else. Raises SettingUp.

    Subscriptions add up, each gets every event, and their secrets are not shown: all that are
    there go first, ours too.
    """
    for other in await _subscriptions(api):
        await _ask(api, "DELETE", "/subscriptions", query={"url": hint(other, "url", 2048)})
    await _subscribe(api, url, secret)
    if not any(one.get("url") == url for one in await _subscriptions(api)):
        raise SettingUp(f"MAX took the webhook {url} and does not show it: try again")


async def webhook_status(api: Api, expected_url: str) -> WebhookStatus:
    """What MAX says about our webhook. How much waits it does not tell."""
    found = await _subscriptions(api)
    urls = [hint(one, "url", 2048) for one in found]
    ours = next((one for one in found if one.get("url") == expected_url), None)
    problems = [
        f"MAX calls {url} too, with every event: run `parley webhooks set`"
        for url in urls
        if url != expected_url
    ]
    if ours is None:
        problems.insert(0, "no webhook is set: run `parley webhooks set`")
        return WebhookStatus(urls[0] if urls else "", 0, tuple(problems), {})
    told = ours.get("update_types")
    # An empty list stands for every kind.
    kinds = told if isinstance(told, list) and told else EVENT_KINDS
    missing = sorted(set(EVENT_KINDS).difference(map(str, kinds)))
    if missing:
        problems.append(f"MAX does not bring {', '.join(missing)}: run `parley webhooks set`")
    return WebhookStatus(expected_url, 0, tuple(problems), {"subscriptions": str(len(urls))})


async def keep_webhook(api: Api, url: str, secret: str) -> WebhookStatus:
    """Set the webhook again where it is gone: after 8 hours without an answer MAX drops it."""
    if any(one.get("url") == url for one in await _subscriptions(api)):
        return await webhook_status(api, url)
    await _subscribe(api, url, secret)
    status = await webhook_status(api, url)
    lapsed = "MAX had dropped the webhook, as after 8 hours without an answer; it is set again"
    return replace(status, problems=(lapsed, *status.problems))


async def drop_webhooks(api: Api) -> None:
    """Take every subscription away. Raises one of `bots.max.errors.FAILURES`."""
    found = await api.call("GET", "/subscriptions")
    for one in rows(found, "subscriptions", _MOST_SUBSCRIPTIONS):
        await api.call("DELETE", "/subscriptions", query={"url": hint(one, "url", 2048)})


async def set_menu(
    api: Api, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
) -> None:
    """MAX has one menu for all languages: that of "" or else of the first. Raises SettingUp."""
    fields: dict[str, Any] = {}
    if entries:
        fields["commands"] = [
            {"name": entry.command[:64], "description": entry.description[:128]}
            for entry in _for_everybody(entries)[:_MOST_COMMANDS]
        ]
    if description:
        fields["description"] = _for_everybody(description)[:_MOST_DESCRIPTION]
    if fields:
        await _ask(api, "PATCH", "/me", fields=fields)


def _for_everybody(texts: Mapping[str, T]) -> T:
    return texts.get("", next(iter(texts.values())))


async def _subscriptions(api: Api) -> list[Fields]:
    return rows(await _ask(api, "GET", "/subscriptions"), "subscriptions", _MOST_SUBSCRIPTIONS)


async def _subscribe(api: Api, url: str, secret: str) -> None:
    fields = {"url": url, "update_types": list(EVENT_KINDS), "secret": secret}
    await _ask(api, "POST", "/subscriptions", fields=fields)


async def _ask(api: Api, method: str, path: str, **about: Any) -> Fields:
    """The answer. Raises SettingUp in words for a person."""
    try:
        return await api.call(method, path, **about)
    except FAILURES as failure:
        match failure:
            case NotSent(reason):
                text = (
                    f"no connection to MAX ({reason}): look at network, proxy, api_url, and at "
                    "ca_bundle, which must hold the Russian Trusted Root CA"
                )
            case NoAnswer(reason):
                text = f"MAX did not answer ({reason}): try again"
            case Refusal(http, code) if http == 401 or code == "verify.token":
                text = "MAX does not know this token: copy it from business.max.ru once more"
            case _:
                text = f"MAX refused {method} {path}: {failure}"
        raise SettingUp(text) from failure
