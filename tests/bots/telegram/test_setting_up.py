"""Webhook, menu and identity: the requests, and what a person reads when something is wrong."""

from typing import Any

import pytest

from bots.contract import BotSettings, Identity, MenuEntry, SettingUp
from bots.telegram.limits import deep_link
from bots.telegram.outgoing import TelegramBot, make
from core.ids import AccountId
from tests.bots.telegram.api import TOKEN, Answer, Api

URL = "https://chat.example.com/webhooks/shop-tg"
KINDS = ["message", "callback_query", "edited_message", "my_chat_member"]


async def test_the_token_says_who_the_bot_is(bot: TelegramBot, api: Api) -> None:
    api.answers.append(
        Answer({"id": 700, "is_bot": True, "first_name": "Shop", "username": "shop_bot"})
    )
    assert await bot.identify() == Identity("700", "shop_bot", "Shop")
    assert api.calls == [("getMe", {})]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(
            Answer(status=401, body=b'{"ok":false,"error_code":401,"description":"Unauthorized"}'),
            "does not know this token",
            id="a revoked token",
        ),
        pytest.param(
            Answer(status=404, body=b'{"ok":false,"error_code":404,"description":"Not Found"}'),
            "does not know this token",
            id="a mistyped token",
        ),
        pytest.param(Answer(status=404, body=b"<html>"), "404", id="a wrong api_url"),
        pytest.param(Answer(cut=True), "did not answer", id="no answer"),
    ],
)
async def test_a_token_that_is_not_good_is_said(
    bot: TelegramBot, api: Api, answer: Answer, words: str
) -> None:
    api.answers.append(answer)
    with pytest.raises(SettingUp, match=words) as caught:
        await bot.identify()
    assert TOKEN not in str(caught.value)


async def test_no_network_is_said() -> None:
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url="http://127.0.0.1:1"))
    with pytest.raises(SettingUp, match="no connection to Telegram"):
        await bot.identify()
    await bot.close()


async def test_a_webhook_is_set_with_all_that_we_read(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer(True))
    await bot.set_webhook(URL, "s3cret")
    assert api.calls == [
        (
            "setWebhook",
            {
                "url": URL,
                "secret_token": "s3cret",
                "max_connections": 100,
                "allowed_updates": KINDS,
                "drop_pending_updates": False,
            },
        )
    ]


async def test_a_webhook_that_telegram_refuses_is_said_in_its_words(
    bot: TelegramBot, api: Api
) -> None:
    api.refuses(400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443")
    with pytest.raises(SettingUp, match=r"refused setWebhook: .* only on ports 80, 88, 443"):
        await bot.set_webhook(URL, "s3cret")


@pytest.mark.parametrize(
    ("info", "problems"),
    [
        pytest.param({"url": URL, "pending_update_count": 3}, (), id="all is well"),
        pytest.param(
            {"url": URL, "last_error_date": 1790000000, "last_error_message": "502 Bad Gateway"},
            (),
            id="an error of the past, with nothing waiting, is none",
        ),
        pytest.param(
            {
                "url": URL,
                "pending_update_count": 7,
                "last_error_date": 1790000000,
                "last_error_message": "Connection timed out",
            },
            (
                "7 updates wait; Telegram's last call failed 2026-09-21 14:13 UTC: "
                "Connection timed out",
            ),
            id="telegram does not get through",
        ),
        pytest.param(
            {"url": URL, "pending_update_count": 101},
            ("101 updates wait: we answer more slowly than they come",),
            id="we are slow",
        ),
        pytest.param(
            {"url": ""}, ("no webhook is set: run `parley webhooks set`",), id="no webhook"
        ),
        pytest.param(
            {"url": "https://old.example.com/x"},
            (f"Telegram calls https://old.example.com/x and not {URL}: run `parley webhooks set`",),
            id="another server's webhook",
        ),
        pytest.param(
            {"url": URL, "allowed_updates": ["message"]},
            (
                "Telegram does not bring callback_query, edited_message, my_chat_member: "
                "run `parley webhooks set`",
            ),
            id="set by another program for fewer kinds",
        ),
    ],
)
async def test_problems_of_a_webhook_are_said_in_words(
    bot: TelegramBot, api: Api, info: dict[str, Any], problems: tuple[str, ...]
) -> None:
    api.answers.append(Answer({"has_custom_certificate": False, **info}))
    status = await bot.webhook_status(URL)
    assert (status.url, status.problems) == (info["url"], problems)
    assert status.pending == info.get("pending_update_count", 0)


async def test_the_menu_is_set_for_each_language(bot: TelegramBot, api: Api) -> None:
    api.answers += [Answer(True)] * 4
    await bot.set_menu(
        {"": [MenuEntry("help", "Help")], "ru-RU": [MenuEntry("help", "Помощь")]},
        {"": "A shop's bot"},
    )
    scope = {"type": "all_private_chats"}
    assert api.calls == [
        (
            "setMyCommands",
            {"commands": [{"command": "help", "description": "Help"}], "scope": scope},
        ),
        (
            "setMyCommands",
            {
                "commands": [{"command": "help", "description": "Помощь"}],
                "scope": scope,
                "language_code": "ru",
            },
        ),
        ("setMyDescription", {"description": "A shop's bot"}),
        ("setChatMenuButton", {"menu_button": {"type": "commands"}}),
    ]


@pytest.mark.parametrize(
    ("settings", "link"),
    [
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="shop_bot"),
            "https://t.me/shop_bot?start=abc",
            id="telegram's own",
        ),
        pytest.param(
            BotSettings(
                AccountId("a"), TOKEN, username="@shop_bot", link_url="http://127.0.0.1:9001/t.me/"
            ),
            "http://127.0.0.1:9001/t.me/shop_bot?start=abc",
            id="an emulator's",
        ),
    ],
)
def test_the_deep_link(settings: BotSettings, link: str) -> None:
    assert deep_link(settings, "abc") == link
