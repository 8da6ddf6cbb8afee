"""Fetching updates where MAX cannot call: nothing is confirmed before it is taken."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.contract import BotSettings
from bots.max.api import Api as Client
from bots.max.incoming import parse
from bots.max.polling import poll
from core.ids import AccountId
from tests.bots.max.api import TOKEN, Answer, Api

SHOP = AccountId("shop-max")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NONE = Answer({"subscriptions": []})


class Enough(Exception):
    """Ends a loop that goes on for ever."""


def update(number: int) -> dict[str, Any]:
    anna = {"user_id": 5550001, "first_name": "Анна", "is_bot": False}
    return {
        "update_type": "message_created",
        "timestamp": 1790000000000 + number,
        "message": {
            "sender": anna,
            "recipient": {"chat_id": 1, "chat_type": "dialog"},
            "body": {"mid": f"mid.{number}", "text": "hi 👍"},
        },
    }


def updates(*numbers: int, marker: Any) -> Answer:
    return Answer({"updates": [update(number) for number in numbers], "marker": marker})


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
        if len(self.pauses) == 9:
            raise Enough
        self.pauses.append(seconds)


async def run(api: Api, taking: Taking, place: str = "") -> None:
    client = Client(BotSettings(SHOP, TOKEN, api_url=api.url))
    with pytest.raises(Enough):
        await poll(client, SHOP, place, taking.take, taking.sleep)
    await client.close()


def markers(api: Api) -> list[str | None]:
    return [call.query.get("marker") for call in api.calls if call.name == "GET /updates"]


async def test_an_update_is_confirmed_only_after_it_was_taken(api: Api) -> None:
    api.answers += [
        NONE,
        updates(7, 8, marker=9),
        updates(marker=9),
        updates(9, marker=10),
        updates(10, marker=11),
    ]
    taking = Taking(2)
    await run(api, taking)
    assert [json.loads(body) for body in taking.bodies] == [update(7), update(8), update(9)]
    assert markers(api) == [None, "9", "9", "10"], "what was not taken is not confirmed"


async def test_polling_again_goes_on_where_nothing_was_taken(api: Api) -> None:
    api.answers += [NONE, updates(8, marker=9), updates(9, marker=10)]
    api.answers += [NONE, updates(9, marker=10)]
    first = Taking(1)
    await run(api, first)
    await run(api, Taking(0), first.place)
    assert markers(api) == [None, "9", "9"]


async def test_a_place_that_max_refuses_is_given_up(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers.append(NONE)
    api.refuses(400, "proto.payload", "Invalid marker")
    api.answers += [updates(8, marker=9), updates(9, marker=10)]
    taking = Taking(1)
    await run(api, taking, "77")
    assert markers(api) == ["77", None, "9"]
    assert "events may be lost" in caplog.text


async def test_what_is_fetched_is_read_like_a_webhooks_body(api: Api) -> None:
    api.answers += [NONE, updates(7, marker=8), updates(8, marker=9)]
    taking = Taking(1)
    await run(api, taking)
    (inbound,) = parse(SHOP, taking.bodies[0], NOW)
    assert inbound.key == "message_created:mid.7:1790000000007"


async def test_webhooks_are_taken_away_first(api: Api) -> None:
    there = {"subscriptions": [{"url": "https://a.example/x"}, {"url": "https://b.example/y"}]}
    done = Answer({"success": True})
    api.answers += [Answer(there), done, done, updates(7, marker=8)]
    await run(api, Taking(0))
    assert [(call.name, call.query.get("url")) for call in api.calls[:3]] == [
        ("GET /subscriptions", None),
        ("DELETE /subscriptions", "https://a.example/x"),
        ("DELETE /subscriptions", "https://b.example/y"),
    ]
    assert api.calls[3].query == {
        "limit": "100",
        "timeout": "25",
        "types": "message_created,message_callback,message_edited,message_removed,"
        "bot_started,bot_stopped,dialog_removed",
    }


async def test_a_marker_that_is_none_changes_nothing(api: Api) -> None:
    api.answers += [NONE, updates(7, marker=8), updates(marker=None), updates(8, marker=9)]
    await run(api, Taking(1))
    assert markers(api) == [None, "8", "8"]


async def test_failures_wait_longer_each_time_and_are_over_at_once(api: Api) -> None:
    broken = Answer(status=502, body=b"")
    api.answers += [NONE, broken, broken, broken, updates(7, marker=8), broken]
    api.answers += [updates(8, marker=9)]
    taking = Taking(1)
    await run(api, taking)
    assert taking.pauses == [1.0, 2.0, 4.0, 1.0]
    assert markers(api) == [None, None, None, None, "8", "8"]


async def test_a_bad_token_is_said_once_a_minute(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        api.refuses(401, "verify.token", "Invalid access_token")
    taking = Taking(0)
    await run(api, taking)
    assert taking.pauses == [60.0] * 9
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert TOKEN not in caplog.text


async def test_too_fast_waits_as_told(api: Api) -> None:
    api.answers.append(NONE)
    api.refuses(429, "too.many.requests", Retry_After="7")
    api.answers.append(updates(7, marker=8))
    taking = Taking(0)
    await run(api, taking)
    assert taking.pauses == [7.0]
