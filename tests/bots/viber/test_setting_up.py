"""Webhook and identity: the requests, and what a person reads when something is wrong."""

from typing import Any

import pytest

from bots.contract import BotSettings, Identity, SettingUp
from bots.viber.limits import deep_link
from bots.viber.outgoing import ViberBot, make
from core.ids import AccountId
from tests.bots.viber.api import TOKEN, Answer, Api

URL = "https://chat.example.com/webhooks/shop-viber"
KINDS = ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"]
INFO = {"status": 0, "status_message": "ok", "id": "pa:75346594275468546724", "name": "Чай"}


async def test_the_token_says_who_the_account_is(bot: ViberBot, api: Api) -> None:
    api.answers.append(Answer({**INFO, "uri": "shopbot"}))
    assert await bot.identify() == Identity("pa:75346594275468546724", "shopbot", "Чай")
    assert api.calls == [("get_account_info", {})]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer({"status": 2}), "does not know this token", id="a bad token"),
        pytest.param(Answer({"status": 7}), "refused get_account_info: 7 public", id="blocked"),
        pytest.param(Answer(status=404, body=b"<html>"), "404 without", id="a wrong api_url"),
        pytest.param(Answer(cut=True), "did not answer", id="no answer"),
    ],
)
async def test_a_token_that_is_not_good_is_said(
    bot: ViberBot, api: Api, answer: Answer, words: str
) -> None:
    api.answers.append(answer)
    with pytest.raises(SettingUp, match=words) as caught:
        await bot.identify()
    assert TOKEN not in str(caught.value)


async def test_no_network_is_said() -> None:
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url="http://127.0.0.1:1"))
    with pytest.raises(SettingUp, match="no connection to Viber"):
        await bot.identify()
    await bot.close()


async def test_a_webhook_is_set_with_all_that_we_read(bot: ViberBot, api: Api) -> None:
    await bot.set_webhook(URL, "the token is the secret")
    fields = {"url": URL, "event_types": KINDS, "send_name": True, "send_photo": False}
    assert api.calls == [("set_webhook", fields)]


async def test_a_webhook_that_viber_cannot_call_is_said(bot: ViberBot, api: Api) -> None:
    api.refuses(1, "Result code 500")
    with pytest.raises(SettingUp, match=f"Viber cannot call {URL}: is it reachable"):
        await bot.set_webhook(URL, "")


@pytest.mark.parametrize(
    ("info", "problems"),
    [
        pytest.param({"webhook": URL, "event_types": KINDS}, (), id="all is well"),
        pytest.param({"webhook": URL}, (), id="the kinds are not told"),
        pytest.param({}, ("no webhook is set: run `parley webhooks set`",), id="no webhook"),
        pytest.param(
            {"webhook": "https://old.example.com/x", "event_types": KINDS},
            (f"Viber calls https://old.example.com/x and not {URL}: run `parley webhooks set`",),
            id="another server's webhook",
        ),
        pytest.param(
            {"webhook": URL, "event_types": ["seen", "delivered", "subscribed", 7]},
            (
                "Viber does not bring conversation_started, failed, unsubscribed: "
                "run `parley webhooks set`",
            ),
            id="set by another program for fewer kinds",
        ),
    ],
)
async def test_problems_of_a_webhook_are_said_in_words(
    bot: ViberBot, api: Api, info: dict[str, Any], problems: tuple[str, ...]
) -> None:
    api.answers += [Answer({**INFO, "subscribers_count": 35, **info}) for _ in range(2)]
    status = await bot.webhook_status(URL)
    assert (status.url, status.problems) == (info.get("webhook", ""), problems)
    assert status.details["subscribers_count"] == "35"
    assert await bot.keep_webhook(URL, "") == status


async def test_viber_has_no_menu_and_no_polling(bot: ViberBot, api: Api) -> None:
    await bot.set_menu({}, {"": "A shop's bot"})
    await bot.acknowledge("", "heard")
    with pytest.raises(SettingUp, match="webhook only"):
        await bot.poll(lambda bodies, place: pytest.fail("nothing is fetched"))
    assert api.calls == []


@pytest.mark.parametrize(
    ("settings", "code", "link"),
    [
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="shop.bot"),
            "aB3",
            "viber://pa?chatURI=shop.bot&context=aB3",
            id="viber's own",
        ),
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="shopbot"),
            "",
            "viber://pa?chatURI=shopbot",
            id="without a code",
        ),
        pytest.param(
            BotSettings(
                AccountId("a"), TOKEN, username="shop bot", link_url="http://127.0.0.1:9001/viber"
            ),
            "a&b",
            "http://127.0.0.1:9001/viber?chatURI=shop%20bot&context=a%26b",
            id="an emulator's",
        ),
    ],
)
def test_the_deep_link(settings: BotSettings, code: str, link: str) -> None:
    assert deep_link(settings, code) == link
