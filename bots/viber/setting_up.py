"""What a person sets up once: the webhook, and who the token belongs to."""

from collections.abc import Mapping
from typing import Any, Final

from bots.contract import Identity, SettingUp, WebhookStatus
from bots.fields import Fields, hint
from bots.transport import NoAnswer, NotSent
from bots.viber.api import Api
from bots.viber.errors import FAILURES, Refusal

EVENTS: Final = (
    "delivered",
    "seen",
    "failed",
    "subscribed",
    "unsubscribed",
    "conversation_started",
)
"""What can be asked for; messages come always."""
_SECONDS = 20.0
_WEBHOOK_SECONDS = 45.0
"""Within this call Viber calls the webhook, and waits for its answer."""
_WORDS: Mapping[int, str] = {
    1: "Viber cannot call {url}: is it reachable from outside, with a certificate that it trusts, "
    "and does `parley serve` run?",
    2: "Viber does not know this token: copy it from partners.viber.com once more",
}


async def identify(api: Api) -> Identity:
    """Raises SettingUp where Viber does not know the token."""
    info = await _ask(api, "get_account_info")
    return Identity(hint(info, "id", 128), hint(info, "uri", 128), hint(info, "name", 256))


async def set_webhook(api: Api, url: str) -> None:
    """Raises SettingUp; the server must be listening, Viber tries the URL at once."""
    await _ask(
        api,
        "set_webhook",
        {"url": url, "event_types": list(EVENTS), "send_name": True, "send_photo": False},
        seconds=_WEBHOOK_SECONDS,
    )


async def webhook_status(api: Api, expected_url: str) -> WebhookStatus:
    """What Viber says about our webhook. How much waits it does not tell."""
    info = await _ask(api, "get_account_info")
    url = hint(info, "webhook", 2048)
    details = {
        name: str(info[name])
        for name in ("id", "uri", "name", "country", "subscribers_count")
        if isinstance(info.get(name), str | int)
    }
    return WebhookStatus(url, 0, tuple(_problems(info, url, expected_url)), details)


def _problems(info: Fields, url: str, expected_url: str) -> list[str]:
    if not url:
        return ["no webhook is set: run `parley webhooks set`"]
    problems = []
    if url != expected_url:
        problems.append(f"Viber calls {url} and not {expected_url}: run `parley webhooks set`")
    kinds = info.get("event_types")
    missing = sorted(set(EVENTS).difference(map(str, kinds))) if isinstance(kinds, list) else []
    if missing:
        problems.append(f"Viber does not bring {', '.join(missing)}: run `parley webhooks set`")
    return problems


async def _ask(
    api: Api, name: str, fields: dict[str, Any] | None = None, seconds: float = _SECONDS
) -> Fields:
    """The answer. Raises SettingUp in words for a person."""
    fields = fields or {}
    try:
        return await api.call(name, fields, seconds)
    except FAILURES as failure:
        match failure:
            case NotSent(reason):
                text = f"no connection to Viber ({reason}): look at network, proxy and api_url"
            case NoAnswer(reason):
                text = f"Viber did not answer ({reason}): try again"
            case Refusal(status) if status in _WORDS:
                text = _WORDS[status].format(url=fields.get("url", "the webhook"))
            case _:
                text = f"Viber refused {name}: {failure}"
        raise SettingUp(text) from failure
