"""What a person sets up once: the webhook, the menu, and who the token belongs to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from aiogram.methods import (
    GetMe,
    GetWebhookInfo,
    SetChatMenuButton,
    SetMyCommands,
    SetMyDescription,
    SetWebhook,
    TelegramMethod,
)
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, MenuButtonCommands

from bots.contract import Identity, MenuEntry, SettingUp, WebhookStatus
from bots.telegram.errors import FAILURES
from bots.telegram.incoming import UPDATE_KINDS
from bots.transport import NoAnswer, NotSent

Call: TypeAlias = Callable[[TelegramMethod[Any]], Awaitable[Any]]
MAX_CONNECTIONS: Final = 100
_MANY_WAITING = 100


async def identify(call: Call) -> Identity:
    """Raises SettingUp where Telegram does not know the token."""
    me = await _ask(call, GetMe())
    return Identity(
        str(me.get("id", "")), str(me.get("username", "")), str(me.get("first_name", ""))
    )


async def set_webhook(call: Call, url: str, secret: str) -> None:
    """Raises SettingUp with Telegram's words, for example about a bad port."""
    await _ask(
        call,
        SetWebhook(
            url=url,
            secret_token=secret,
            max_connections=MAX_CONNECTIONS,
            # Left out, the list of an earlier call would stay in force.
            allowed_updates=list(UPDATE_KINDS),
            drop_pending_updates=False,
        ),
    )


async def webhook_status(call: Call, expected_url: str) -> WebhookStatus:
    """What Telegram says about our webhook, with the problems in words."""
    info = await _ask(call, GetWebhookInfo())
    url = str(info.get("url", ""))
    pending = _number(info, "pending_update_count")
    details = {
        name: str(value)
        for name, value in info.items()
        if isinstance(value, str | int) and name not in ("url", "pending_update_count")
    }
    if (failed_at := _number(info, "last_error_date")) > 0:
        details["last_error_date"] = _moment(failed_at)
    return WebhookStatus(url, pending, tuple(_problems(info, url, expected_url, pending)), details)


def _problems(info: Mapping[str, Any], url: str, expected_url: str, pending: int) -> list[str]:
    problems = []
    if not url:
        problems.append("no webhook is set: run `parley webhooks set`")
    elif url != expected_url:
        problems.append(f"Telegram calls {url} and not {expected_url}: run `parley webhooks set`")
    kinds = info.get("allowed_updates")
    missing = sorted(set(UPDATE_KINDS) - set(kinds)) if isinstance(kinds, list) and kinds else []
    if url and missing:
        problems.append(f"Telegram does not bring {', '.join(missing)}: run `parley webhooks set`")
    last = str(info.get("last_error_message", ""))
    # Telegram keeps the last error for ever; it is a problem only while something waits.
    if last and pending:
        when = _moment(_number(info, "last_error_date"))
        problems.append(f"{pending} updates wait; Telegram's last call failed {when}: {last}")
    elif pending > _MANY_WAITING:
        problems.append(f"{pending} updates wait: we answer more slowly than they come")
    return problems


async def set_menu(
    call: Call, entries: Mapping[str, Sequence[MenuEntry]], description: Mapping[str, str]
) -> None:
    """Per language code, "" for everybody else. Raises SettingUp at the first refusal."""
    for locale, menu in entries.items():
        commands = [
            BotCommand(command=entry.command, description=entry.description[:256]) for entry in menu
        ]
        await _ask(
            call,
            SetMyCommands(
                commands=commands,
                scope=BotCommandScopeAllPrivateChats(),
                language_code=_language(locale),
            ),
        )
    for locale, text in description.items():
        await _ask(call, SetMyDescription(description=text[:512], language_code=_language(locale)))
    await _ask(call, SetChatMenuButton(menu_button=MenuButtonCommands()))


def _language(locale: str) -> str | None:
    """Telegram knows languages by two letters and no countries."""
    return locale.replace("_", "-").split("-")[0].lower() or None


async def _ask(call: Call, method: TelegramMethod[Any]) -> Mapping[str, Any]:
    """The result where it is an object, else {}. Raises SettingUp in words for a person."""
    try:
        result = await call(method)
    except FAILURES as failure:
        match failure:
            case NotSent(reason):
                text = f"no connection to Telegram ({reason}): look at network, proxy and api_url"
            case NoAnswer(reason):
                text = f"Telegram did not answer ({reason}): try again"
            case _ if failure.code in (401, 404) and failure.is_telegram:
                text = "Telegram does not know this token: copy it from @BotFather once more"
            case _:
                text = f"Telegram refused {method.__api_method__}: {failure}"
        raise SettingUp(text) from failure
    return result if isinstance(result, dict) else {}


def _number(info: Mapping[str, Any], name: str) -> int:
    value = info.get(name)
    return value if type(value) is int else 0


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
