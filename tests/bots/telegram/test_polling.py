"""Fetching updates where Telegram cannot call: nothing is confirmed before it is taken."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.telegram.incoming import parse
from bots.telegram.outgoing import TelegramBot
from bots.telegram.polling import poll
from core.ids import AccountId
from tests.bots.telegram.api import Answer, Api

SHOP = AccountId("shop-tg")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Enough(Exception):
    """Ends a loop that goes on for ever."""


def update(number: int) -> dict[str, Any]:
    anna = {"id": 5550001, "first_name": "Анна", "type": "private"}
    text = {"message_id": 1, "date": 1790000000, "chat": anna, "text": "hi 👍"}
    return {"update_id": number, "message": text}


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


async def run(bot: TelegramBot, taking: Taking) -> None:
    with pytest.raises(Enough):
        await poll(bot.call, SHOP, taking.take, taking.sleep)


def offsets(api: Api) -> list[int | None]:
    return [form.get("offset") for method, form in api.calls if method == "getUpdates"]


async def test_an_update_is_confirmed_only_after_it_was_taken(bot: TelegramBot, api: Api) -> None:
    api.answers += [Answer(True), Answer([update(7), update(9)]), Answer([]), Answer([update(10)])]
    await run(bot, Taking(batches=1))
    assert api.calls[0] == ("deleteWebhook", {"drop_pending_updates": False})
    assert offsets(api) == [None, 10, 10], "10 was not taken and is not confirmed"
    kinds = ["message", "callback_query", "edited_message", "my_chat_member"]
    first = {"limit": 100, "timeout": 25, "allowed_updates": kinds}
    assert api.calls[1] == ("getUpdates", first)


async def test_bodies_are_those_of_a_webhook(bot: TelegramBot, api: Api) -> None:
    strange = {"update_id": 8, "telepathy": {"thought": "\ud83d", "of": [1.5, None]}}
    api.answers += [Answer(True), Answer([update(7), strange]), Answer([update(9)])]
    taking = Taking(batches=1)
    await run(bot, taking)
    assert [json.loads(body) for body in taking.bodies] == [update(7), strange]
    keys = [parse(SHOP, body, NOW)[0].key for body in taking.bodies]
    assert keys == ["7", "8"]


async def test_another_program_that_polls_is_said_and_the_webhook_removed_again(
    bot: TelegramBot, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answers.append(Answer(True))
    api.refuses(409, "Conflict: can't use getUpdates method while webhook is active")
    api.answers += [Answer(True), Answer([update(7)])]
    taking = Taking(batches=0)
    await run(bot, taking)
    methods = [method for method, _ in api.calls]
    assert methods == ["deleteWebhook", "getUpdates", "deleteWebhook", "getUpdates"]
    assert "another program polls this bot" in caplog.text
    assert taking.pauses == [1]


async def test_a_failure_waits_longer_each_time_and_goes_on_where_it_was(
    bot: TelegramBot, api: Api
) -> None:
    api.answers += [Answer(True), Answer([update(7)])]
    api.answers += [Answer(status=502, body=b"<html>")] * 8
    api.refuses(429, "Too Many Requests: retry after 5", retry_after=5)
    api.refuses(401, "Unauthorized")
    api.answers.append(Answer([update(8)]))
    taking = Taking(batches=1)
    await run(bot, taking)
    assert taking.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 5, 60]
    assert set(offsets(api)[1:]) == {8}


async def test_a_webhook_that_could_not_be_removed_is_removed_later(
    bot: TelegramBot, api: Api
) -> None:
    api.answers += [Answer(cut=True), Answer(True), Answer([update(7)])]
    await run(bot, Taking(batches=0))
    assert [method for method, _ in api.calls] == ["deleteWebhook", "deleteWebhook", "getUpdates"]


async def test_an_answer_that_is_no_list_takes_nothing(bot: TelegramBot, api: Api) -> None:
    api.answers += [Answer(True), Answer({"a": 1}), Answer([update(7)])]
    await run(bot, Taking(batches=0))
    assert offsets(api) == [None, None]
