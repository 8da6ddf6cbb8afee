"""Fetching events where VK cannot call: nothing is confirmed before it is taken."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.contract import BotSettings
from bots.vk.incoming import EVENT_KINDS, parse
from bots.vk.outgoing import VkBot
from bots.vk.polling import poll
from core.ids import AccountId
from tests.bots.vk.api import TOKEN, Answer, Api, error, response

SHOP = AccountId("shop-vk")
SETTINGS = BotSettings(SHOP, TOKEN, group="123")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ON = response(1)


class Enough(Exception):
    """Ends a loop that goes on for ever."""


def event(number: int) -> dict[str, Any]:
    message = {"id": number, "date": 1790000000, "peer_id": 5, "from_id": 5, "text": "hi 👍"}
    about = {"type": "message_new", "group_id": 123, "event_id": f"e{number}", "v": "5.199"}
    return {**about, "object": {"message": message, "client_info": {}}}


def there(api: Api, key: str = "k1", ts: object = "10") -> Answer:
    return response({"server": f"{api.url}/poll", "key": key, "ts": ts})


def news(ts: object, *numbers: int) -> Answer:
    return Answer({"ts": ts, "updates": [event(number) for number in numbers]})


class Taking:
    """Takes so many batches, then has enough."""

    def __init__(self, batches: int) -> None:
        self.left = batches
        self.place = ""
        self.bodies: list[bytes] = []
        self.pauses: list[float] = []

    async def take(self, bodies: Sequence[bytes], place: str) -> None:
        if bodies:
            if not self.left:
                raise Enough
            self.left -= 1
            self.bodies += bodies
        self.place = place

    async def sleep(self, seconds: float) -> None:
        if len(self.pauses) == 12:
            raise Enough
        self.pauses.append(seconds)


async def run(bot: VkBot, taking: Taking, place: str = "") -> None:
    with pytest.raises(Enough):
        await poll(bot.client, SETTINGS, place, taking.take, taking.sleep)


def asked(api: Api) -> list[tuple[str, str]]:
    return [(form["key"], form["ts"]) for method, form in api.calls if method == "a_check"]


async def test_an_event_is_confirmed_only_after_it_was_taken(bot: VkBot, api: Api) -> None:
    api.answers += [ON, there(api), news("12", 11, 12), news(12), news("13", 13)]
    await run(bot, Taking(batches=1))
    flags = dict.fromkeys(EVENT_KINDS, "1")
    settings = {"group_id": "123", "enabled": "1", "api_version": "5.199", **flags}
    assert api.calls[:3] == [
        ("groups.setLongPollSettings", settings),
        ("groups.getLongPollServer", {"group_id": "123"}),
        ("a_check", {"act": "a_check", "key": "k1", "ts": "10", "wait": "25"}),
    ]
    assert asked(api) == [("k1", "10"), ("k1", "12"), ("k1", "12")], "13 was not taken"


async def test_polling_again_goes_on_where_nothing_was_taken(bot: VkBot, api: Api) -> None:
    api.answers += [ON, there(api), news("11", 11)]
    api.answers += [ON, there(api, "k2", 99), news("11", 11), news("12", 12)]
    first = Taking(batches=0)
    await run(bot, first)
    second = Taking(batches=1)
    await run(bot, second, first.place)
    assert asked(api) == [("k1", "10"), ("k2", "10"), ("k2", "11")]
    assert [json.loads(body) for body in second.bodies] == [event(11)]
    assert second.place == "11"


async def test_a_place_behind_which_nothing_was_for_us_is_kept_too(bot: VkBot, api: Api) -> None:
    api.answers += [ON, there(api), news("14"), news("15", 15)]
    taking = Taking(batches=0)
    await run(bot, taking)
    assert taking.place == "14"


async def test_bodies_are_those_of_a_callback_and_hold_no_secret(bot: VkBot, api: Api) -> None:
    strange = {"type": "telepathy", "event_id": "e8", "object": {"thought": "\ud83d", "of": [1.5]}}
    api.answers += [ON, there(api), Answer({"ts": "2", "updates": [event(7), strange]})]
    api.answers.append(news("3", 9))
    taking = Taking(batches=1)
    await run(bot, taking)
    assert [json.loads(body) for body in taking.bodies] == [event(7), strange]
    assert [parse(SHOP, body, NOW)[0].key for body in taking.bodies] == ["e7", "e8"]


@pytest.mark.parametrize(
    ("failed", "places"),
    [
        pytest.param(
            {"failed": 1, "ts": 30}, [("k1", "10"), ("k1", "30")], id="1: the oldest that is left"
        ),
        pytest.param(
            {"failed": 1}, [("k1", "10"), ("k1", "10")], id="1 without a place: not the newest"
        ),
        pytest.param(
            {"failed": 2}, [("k1", "10"), ("k2", "10")], id="2: a new key, the same place"
        ),
        pytest.param({"failed": 3}, [("k1", "10"), ("k2", "40")], id="3: both anew"),
        pytest.param({"failed": 4}, [("k1", "10"), ("k2", "40")], id="a number of next year"),
    ],
)
async def test_what_failed_says_where_to_go_on(
    bot: VkBot,
    api: Api,
    caplog: pytest.LogCaptureFixture,
    failed: dict[str, int],
    places: list[tuple[str, str]],
) -> None:
    api.answers += [ON, there(api), Answer(failed)]
    if failed["failed"] != 1:
        api.answers.append(there(api, "k2", 40))
    api.answers.append(news("50", 50))
    await run(bot, Taking(batches=0))
    assert asked(api) == places
    assert ("events are lost" in caplog.text) == (failed["failed"] != 2)


async def test_a_server_that_fails_again_and_again_is_given_time(bot: VkBot, api: Api) -> None:
    api.answers += [ON, there(api)]
    api.answers += [Answer({"failed": 1, "ts": 1})] * 4
    api.answers.append(news("50", 50))
    taking = Taking(batches=0)
    await run(bot, taking)
    assert taking.pauses == [2, 4, 8]


async def test_a_failure_waits_longer_each_time_and_goes_on_where_it_was(
    bot: VkBot, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers += [ON, there(api), news("12", 11)]
    api.answers += [Answer(status=502, body=b"<html>")] * 3
    api.answers += [Answer({"ts": 5}), Answer(body=b"[]")]
    api.answers += [Answer(status=403, body=b"<html>")]
    api.answers.append(news("13", 12))
    taking = Taking(batches=1)
    await run(bot, taking)
    assert taking.pauses == [1, 2, 4, 8, 16, 60]
    assert set(asked(api)[1:]) == {("k1", "12")}
    told = [record.__dict__["problem"] for record in caplog.records]
    assert not any("k1" in problem for problem in told), "the key opens the events to everybody"
    assert "look at its token" in caplog.text


async def test_it_is_switched_on_again_until_it_works(bot: VkBot, api: Api) -> None:
    api.answers += [Answer(cut=True), error(6), ON, response({}), there(api), news("11", 11)]
    taking = Taking(batches=0)
    await run(bot, taking)
    assert api.methods[:4] == ["groups.setLongPollSettings"] * 3 + ["groups.getLongPollServer"]
    assert taking.pauses == [1, 1, 4]


async def test_a_token_without_the_right_to_switch_it_on_polls_all_the_same(
    bot: VkBot, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers += [error(15, "Access denied"), there(api), news("11", 11)]
    taking = Taking(batches=1)
    api.answers.append(news("12", 12))
    await run(bot, taking)
    assert len(taking.bodies) == 1
    assert "do it in the settings" in caplog.text


async def test_an_address_without_a_scheme_is_https(bot: VkBot, api: Api) -> None:
    bare = response({"server": "127.0.0.1:1/wh1", "key": "k", "ts": 1})
    api.answers += [ON, bare]
    taking = Taking(batches=0)
    await run(bot, taking)
    assert asked(api) == [], "nobody listens there: the connection was refused"
    assert taking.pauses[:3] == [1, 2, 4]
