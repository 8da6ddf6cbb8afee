"""Callback server and identity: the requests, and what a person reads when something is wrong."""

from typing import Any

import pytest

from bots.contract import BotSettings, Identity, SettingUp
from bots.vk.incoming import EVENT_KINDS
from bots.vk.outgoing import VkBot, make
from core.ids import AccountId
from tests.bots.vk.api import TOKEN, Answer, Api, error, response

URL = "https://chat.example.com/webhooks/shop-vk"
GROUP = {"group_id": "123"}
FLAGS = dict.fromkeys(EVENT_KINDS, "1")
COMMUNITY = response(
    {"groups": [{"id": 123, "name": "Shop", "screen_name": "shopclub"}], "profiles": []}
)


def server(number: int = 5, url: str = URL, status: str = "ok") -> dict[str, Any]:
    return {"id": number, "title": "x", "creator_id": 1, "url": url, "status": status}


def servers(*found: dict[str, Any]) -> Answer:
    return response({"count": len(found), "items": list(found)})


def flags(**changes: object) -> Answer:
    # VK's schema does not list every flag.
    told = dict.fromkeys(set(EVENT_KINDS) - {"message_event"}, 1)
    version = changes.pop("api_version", "5.199")
    return response({"api_version": version, "events": {**told, **changes}})


async def test_the_token_says_whose_it_is(bot: VkBot, api: Api) -> None:
    api.answers += [COMMUNITY, response({"code": "ab12cd34"})]
    identity = await bot.identify()
    assert identity == Identity("123", "shopclub", "Shop", confirmation="ab12cd34")
    assert "ab12cd34" not in repr(identity)
    assert api.calls == [("groups.getById", {}), ("groups.getCallbackConfirmationCode", GROUP)]


async def test_a_token_that_may_not_ask_for_the_confirmation_is_good_all_the_same(
    bot: VkBot, api: Api
) -> None:
    api.answers += [COMMUNITY, error(15, "Access denied")]
    assert (await bot.identify()).confirmation == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(error(5, "invalid access_token"), "does not know this token", id="revoked"),
        pytest.param(error(27, "Group auth"), "does not know this token", id="of no community"),
        pytest.param(error(15, "Access denied"), "the rights to manage", id="without rights"),
        pytest.param(error(10, "Internal"), "VK refused groups.getById: 10 Internal", id="unwell"),
        pytest.param(response({"groups": []}), "a person's token", id="of a person"),
        pytest.param(response([{"id": 1}]), "a person's token", id="an answer of another shape"),
        pytest.param(
            response({"groups": [{"id": 7}]}), "belongs to the community 7", id="of another one"
        ),
        pytest.param(Answer(status=404, body=b"<html>"), "404", id="a wrong api_url"),
        pytest.param(Answer(cut=True), "did not answer", id="no answer"),
    ],
)
async def test_a_token_that_is_not_good_is_said(
    bot: VkBot, api: Api, answer: Answer, words: str
) -> None:
    api.answers.append(answer)
    with pytest.raises(SettingUp, match=words) as caught:
        await bot.identify()
    assert TOKEN not in str(caught.value)


async def test_no_network_is_said() -> None:
    bot = make(BotSettings(AccountId("shop-vk"), TOKEN, api_url="http://127.0.0.1:1"))
    with pytest.raises(SettingUp, match="no connection to VK"):
        await bot.identify()
    await bot.close()


ABOUT = {**GROUP, "url": URL, "title": "Parley", "secret_key": "k3y"}


def settings_of(number: str) -> tuple[str, dict[str, str]]:
    asked = {**GROUP, "server_id": number, "api_version": "5.199", **FLAGS}
    return ("groups.setCallbackSettings", asked)


async def test_a_server_is_added_with_all_that_we_read(bot: VkBot, api: Api) -> None:
    api.answers += [servers(server(4, "https://old.example.com")), response({"server_id": 6})]
    await bot.set_webhook(URL, "k3y")
    assert api.calls == [
        ("groups.getCallbackServers", GROUP),
        ("groups.addCallbackServer", ABOUT),
        settings_of("6"),
    ]


async def test_the_server_that_calls_us_already_is_changed(bot: VkBot, api: Api) -> None:
    api.answers.append(servers(server(4, "https://old.example.com"), server(5, status="failed")))
    await bot.set_webhook(URL, "k3y")
    assert api.calls[1:] == [
        ("groups.editCallbackServer", {**ABOUT, "server_id": "5"}),
        settings_of("5"),
    ]


async def test_an_eleventh_server_is_not_asked_for(bot: VkBot, api: Api) -> None:
    found = [server(number, f"https://old{number}.example.com") for number in range(10)]
    api.answers.append(servers(*found))
    with pytest.raises(SettingUp, match="10 callback servers already"):
        await bot.set_webhook(URL, "k3y")
    assert api.methods == ["groups.getCallbackServers"]


@pytest.mark.parametrize("secret", ["", "x" * 51, "with space", "ключ", "a-b"])
async def test_a_secret_that_vk_cannot_keep_is_said(bot: VkBot, api: Api, secret: str) -> None:
    with pytest.raises(SettingUp, match="1 to 50 Latin letters and digits"):
        await bot.set_webhook(URL, secret)
    assert api.calls == []


SET = "run `parley webhooks set`"


@pytest.mark.parametrize(
    ("answers", "problems"),
    [
        pytest.param([servers(server()), flags()], (), id="all is well"),
        pytest.param(
            [servers(server(status="failed")), flags()],
            (f"VK's calls failed: look at the address, then {SET}",),
            id="vk gave up",
        ),
        pytest.param(
            [servers(server(status="wait")), flags()],
            ("VK has not got the confirmation: does Parley answer at this address?",),
            id="not confirmed yet",
        ),
        pytest.param(
            [servers(server()), flags(message_deny=0, message_read=False, wall_post_new=0)],
            (f"VK does not bring message_deny, message_read: {SET}",),
            id="somebody switched events off",
        ),
        pytest.param(
            [servers(server()), flags(api_version="5.92")],
            (f"VK calls with version 5.92: {SET}",),
            id="an old version",
        ),
    ],
)
async def test_problems_of_a_server_are_said_in_words(
    bot: VkBot, api: Api, answers: list[Answer], problems: tuple[str, ...]
) -> None:
    api.answers += answers
    status = await bot.webhook_status(URL)
    assert (status.url, status.problems, status.pending) == (URL, problems, 0)
    assert status.details["server"] == "5"


@pytest.mark.parametrize(
    ("found", "who"),
    [
        pytest.param(servers(), "nobody", id="no server at all"),
        pytest.param(servers(server(url="https://b.c/d")), "https://b.c/d", id="another one's"),
        pytest.param(response({"items": [7]}), "nobody", id="an answer of another shape"),
    ],
)
async def test_a_server_that_is_missing_is_said(
    bot: VkBot, api: Api, found: Answer, who: str
) -> None:
    api.answers.append(found)
    status = await bot.webhook_status(URL)
    assert status.problems == (f"VK calls {who} and not {URL}: {SET}",)
    assert status.url == ""


async def test_keeping_what_is_well_changes_nothing(bot: VkBot, api: Api) -> None:
    api.answers += [servers(server()), flags()]
    assert (await bot.keep_webhook(URL, "k3y")).problems == ()
    assert api.methods == ["groups.getCallbackServers", "groups.getCallbackSettings"]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([servers(server(status="failed")), flags()], id="vk gave up"),
        pytest.param([servers(server()), flags(message_new=0)], id="an event is off"),
    ],
)
async def test_keeping_mends_what_is_broken(bot: VkBot, api: Api, found: list[Answer]) -> None:
    mending = [servers(server()), response(1), response(1)]
    api.answers += [*found, *mending, servers(server()), flags()]
    status = await bot.keep_webhook(URL, "k3y")
    assert (status.url, status.problems) == (URL, ())
    assert api.calls[3:5] == [
        ("groups.editCallbackServer", {**ABOUT, "server_id": "5"}),
        settings_of("5"),
    ]


async def test_what_cannot_be_mended_is_told(bot: VkBot, api: Api) -> None:
    api.answers += [servers(), servers(), error(2000, "Callback servers limit reached")]
    with pytest.raises(SettingUp, match="Callback servers limit reached"):
        await bot.keep_webhook(URL, "k3y")
