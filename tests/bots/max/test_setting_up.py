"""Webhook, menu and identity: the requests, and what a person reads when something is wrong."""

from typing import Any

import pytest

from bots.contract import BotSettings, Identity, MenuEntry, SettingUp
from bots.max.limits import deep_link
from bots.max.outgoing import MaxBot, make
from core.ids import AccountId
from tests.bots.max.api import TOKEN, Answer, Api, Call

URL = "https://chat.example.com/webhooks/shop-max"
OTHER = "https://old.example.com/max?a=1&b=2"
KINDS = [
    "message_created",
    "message_callback",
    "message_edited",
    "message_removed",
    "bot_started",
    "bot_stopped",
    "dialog_removed",
]
DONE = {"success": True}
LIST = Call("GET /subscriptions", {})
SUBSCRIBE = Call("POST /subscriptions", {}, {"url": URL, "update_types": KINDS, "secret": "s3cret"})


def subscriptions(*urls: str, **about: Any) -> Answer:
    rows = [{"url": url, "time": 1790000000000, "update_types": KINDS, **about} for url in urls]
    return Answer({"subscriptions": rows})


async def test_the_token_says_who_the_bot_is(bot: MaxBot, api: Api) -> None:
    me = {"user_id": 700, "first_name": "Чай", "name": "Чай", "username": "id77_bot"}
    api.answers.append(Answer({**me, "is_bot": True}))
    assert await bot.identify() == Identity("700", "id77_bot", "Чай")
    assert api.calls == [Call("GET /me", {})]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(
            Answer({"code": "verify.token", "message": "Invalid access_token"}, 401),
            "does not know this token",
            id="a bad token",
        ),
        pytest.param(
            Answer({"code": "not.allowed", "message": "no"}, 403),
            "MAX refused GET /me: 403 not.allowed no",
            id="something else",
        ),
        pytest.param(Answer(status=404, body=b"<html>"), "404 without", id="a wrong api_url"),
        pytest.param(Answer(cut=True), "did not answer", id="no answer"),
    ],
)
async def test_a_token_that_is_not_good_is_said(
    bot: MaxBot, api: Api, answer: Answer, words: str
) -> None:
    # A GET that was cut off is asked once more by the HTTP client itself: it is harmless.
    api.answers += [answer, answer]
    with pytest.raises(SettingUp, match=words) as caught:
        await bot.identify()
    assert TOKEN not in str(caught.value)


async def test_no_network_is_said_and_where_to_look() -> None:
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url="http://127.0.0.1:1"))
    with pytest.raises(SettingUp, match=r"no connection to MAX .* ca_bundle"):
        await bot.identify()
    await bot.close()


async def test_a_webhook_is_set_with_all_that_we_read(bot: MaxBot, api: Api) -> None:
    api.answers += [subscriptions(), Answer(DONE), subscriptions(URL)]
    await bot.set_webhook(URL, "s3cret")
    assert api.calls == [LIST, SUBSCRIBE, LIST]


async def test_whoever_was_called_before_is_called_no_more(bot: MaxBot, api: Api) -> None:
    """Ours goes too: its secret may be an old one, and MAX does not show it."""
    api.answers += [subscriptions(OTHER, URL), *[Answer(DONE)] * 3, subscriptions(URL)]
    await bot.set_webhook(URL, "s3cret")
    assert api.calls == [
        LIST,
        Call("DELETE /subscriptions", {"url": OTHER}),
        Call("DELETE /subscriptions", {"url": URL}),
        SUBSCRIBE,
        LIST,
    ]


async def test_a_webhook_that_max_refuses_is_said_in_its_words(bot: MaxBot, api: Api) -> None:
    api.answers += [subscriptions(), Answer({"success": False, "message": "Port 8081"})]
    with pytest.raises(SettingUp, match="refused POST /subscriptions: 200 Port 8081"):
        await bot.set_webhook(URL, "s3cret")


async def test_a_webhook_that_max_does_not_keep_is_said(bot: MaxBot, api: Api) -> None:
    api.answers += [subscriptions(), Answer(DONE), subscriptions()]
    with pytest.raises(SettingUp, match="does not show it"):
        await bot.set_webhook(URL, "s3cret")


@pytest.mark.parametrize(
    ("answer", "url", "problems"),
    [
        pytest.param(subscriptions(URL), URL, (), id="all is well"),
        pytest.param(subscriptions(URL, update_types=None), URL, (), id="kinds are not told"),
        pytest.param(
            subscriptions(),
            "",
            ("no webhook is set: run `parley webhooks set`",),
            id="no webhook",
        ),
        pytest.param(
            subscriptions(OTHER),
            OTHER,
            (
                "no webhook is set: run `parley webhooks set`",
                f"MAX calls {OTHER} too, with every event: run `parley webhooks set`",
            ),
            id="another server's webhook",
        ),
        pytest.param(
            subscriptions(OTHER, URL),
            URL,
            (f"MAX calls {OTHER} too, with every event: run `parley webhooks set`",),
            id="a stranger hears everything",
        ),
        pytest.param(
            subscriptions(URL, update_types=KINDS[2:]),
            URL,
            ("MAX does not bring message_callback, message_created: run `parley webhooks set`",),
            id="set by another program for fewer kinds",
        ),
    ],
)
async def test_problems_of_a_webhook_are_said_in_words(
    bot: MaxBot, api: Api, answer: Answer, url: str, problems: tuple[str, ...]
) -> None:
    api.answers.append(answer)
    status = await bot.webhook_status(URL)
    assert (status.url, status.problems) == (url, problems)


async def test_a_webhook_that_is_there_is_left_alone(bot: MaxBot, api: Api) -> None:
    api.answers += [subscriptions(URL), subscriptions(URL)]
    assert (await bot.keep_webhook(URL, "s3cret")).problems == ()
    assert api.calls == [LIST, LIST]


async def test_a_webhook_that_max_dropped_is_set_again_and_told(bot: MaxBot, api: Api) -> None:
    api.answers += [subscriptions(), Answer(DONE), subscriptions(URL)]
    status = await bot.keep_webhook(URL, "s3cret")
    assert api.calls == [LIST, SUBSCRIBE, LIST]
    assert status.url == URL
    assert status.problems == (
        "MAX had dropped the webhook, as after 8 hours without an answer; it is set again",
    )


async def test_the_menu_has_the_language_of_everybody_else(bot: MaxBot, api: Api) -> None:
    api.answers.append(Answer({"user_id": 700}))
    await bot.set_menu(
        {"ru": [MenuEntry("help", "Помощь")], "": [MenuEntry("help", "H" * 200)] * 40},
        {"ru": "Бот магазина", "": "A shop's bot"},
    )
    commands = [{"name": "help", "description": "H" * 128}] * 32
    fields = {"commands": commands, "description": "A shop's bot"}
    assert api.calls == [Call("PATCH /me", {}, fields)]


async def test_the_menu_of_one_language_is_for_everybody(bot: MaxBot, api: Api) -> None:
    api.answers.append(Answer({"user_id": 700}))
    await bot.set_menu({"ru": [MenuEntry("help", "Помощь")]}, {})
    fields = {"commands": [{"name": "help", "description": "Помощь"}]}
    assert api.calls == [Call("PATCH /me", {}, fields)]


@pytest.mark.parametrize(
    ("settings", "code", "link"),
    [
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="@id77_bot"),
            "abc",
            "https://max.ru/id77_bot?start=abc",
            id="max's own",
        ),
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="id77_bot"),
            "",
            "https://max.ru/id77_bot",
            id="without a code",
        ),
        pytest.param(
            BotSettings(
                AccountId("a"), TOKEN, username="shop", link_url="http://127.0.0.1:9001/max.ru/"
            ),
            "abc",
            "http://127.0.0.1:9001/max.ru/shop?start=abc",
            id="an emulator's",
        ),
    ],
)
def test_the_deep_link(settings: BotSettings, code: str, link: str) -> None:
    assert deep_link(settings, code) == link
