"""Delivery to a webhook: secret, order, retries, and what a test can do to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update
from aiohttp import web

from sandbox.app import build
from sandbox.settings import Settings
from sandbox.telegram.delivery import pause_before
from tests.sandbox.conftest import Serve
from tests.sandbox.world import Sandbox, Time


@dataclass
class Receiver:
    """A webhook that answers what a test tells it and remembers what came."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    got: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)
    hold: Callable[[dict[str, Any]], bool] = lambda body: False
    at_once: int = 0
    most_at_once: int = 0
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        async with self._came:
            self.got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), body))
            self._came.notify_all()
        if self.hold(body):
            await self.freed.wait()
        self.at_once -= 1
        return self.answers.pop(0) if self.answers else web.Response()

    async def wait(self, count: int) -> list[dict[str, Any]]:
        """The first `count` bodies that came; a test that waits in vain fails."""
        async with asyncio.timeout(60), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return [body for _, body in self.got[:count]]

    @property
    def ids(self) -> list[int]:
        return [body["update_id"] for _, body in self.got]


@pytest.fixture
async def receiver(serve: Serve) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    receiver.url = await serve(app) + "/hook"
    yield receiver
    receiver.freed.set()


async def test_an_update_comes_with_the_secret_and_reads_as_aiograms_update(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    person = await sandbox.person(last_name="K", language_code="ru")
    await sandbox.act(person, "start", param="promo_42")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.set_webhook(receiver.url, secret_token="s3cret", max_connections=100)
    [body] = await receiver.wait(1)
    assert receiver.got[0][0] == "s3cret"
    message = Update.model_validate(body).message
    assert message is not None
    assert message.from_user is not None
    assert message.text == "/start promo_42"
    assert message.from_user.language_code == "ru"
    assert [(e.type, e.length) for e in message.entities or []] == [("bot_command", 6)]


async def test_a_refused_update_is_tried_at_once_and_then_after_doubling_pauses(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [web.Response(status=500) for _ in range(9)]
    await bot.set_webhook(receiver.url)
    person = await sandbox.person()
    await sandbox.act(person, "say", text="one")
    await sandbox.act(person, "say", text="two")
    bodies = await receiver.wait(11)
    assert [body["message"]["text"] for body in bodies] == ["one"] * 10 + ["two"]
    assert sandbox.time.pauses[:7] == [0, 2, 4, 8, 16, 32, 64] or (
        sandbox.time.pauses[:6] == [0, 2, 4, 8, 16, 32] and 60 <= sandbox.time.pauses[6] <= 64
    )
    assert all(60 <= pause <= 120 for pause in sandbox.time.pauses[6:])
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        pytest.param(1, 0, id="the first retry is at once"),
        pytest.param(2, 2, id="the second after two seconds"),
        pytest.param(5, 16, id="doubling"),
        pytest.param(40, 90, id="never longer than the cap"),
    ],
)
def test_pauses_between_tries(failures: int, pause: float) -> None:
    assert pause_before(failures, 90) == pause


async def test_retry_after_is_obeyed(bot: Bot, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=503, headers={"Retry-After": "17"})]
    await bot.set_webhook(receiver.url)
    await sandbox.started()
    await receiver.wait(2)
    assert sandbox.time.pauses == [17]


async def test_a_poisoned_chat_holds_back_only_itself(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    first, second = await sandbox.person(), await sandbox.person()
    receiver.hold = lambda body: body.get("message", {}).get("text") == "poison"
    await bot.set_webhook(receiver.url)
    await sandbox.act(first, "say", text="poison")
    await sandbox.act(first, "say", text="waits")
    await sandbox.act(second, "say", text="free")
    texts = [body["message"]["text"] for body in await receiver.wait(2)]
    assert sorted(texts) == ["free", "poison"]
    assert receiver.most_at_once == 2
    receiver.freed.set()
    assert (await receiver.wait(3))[2]["message"]["text"] == "waits"


async def test_one_connection_delivers_one_at_a_time(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    people = [await sandbox.started() for _ in range(5)]
    await bot.set_webhook(receiver.url, max_connections=1)
    await receiver.wait(len(people))
    assert receiver.most_at_once == 1


async def test_a_block_and_a_press_overtake_a_message_that_hangs(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.hold = lambda body: body.get("message", {}).get("text") == "hang"
    person = await sandbox.started()
    await bot.send_message(
        person,
        "Choose",
        reply_markup=InlineKeyboardMarkup(
            inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="v1:yes")]]
        ),
    )
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    await sandbox.act(person, "say", text="hang")
    await receiver.wait(1)
    await sandbox.act(person, "press", message_id=2)
    await sandbox.act(person, "press", message_id=99, data="forged: no button says this")
    await sandbox.act(person, "block")
    bodies = [Update.model_validate(body) for body in await receiver.wait(4)]
    queries = [each.callback_query for each in bodies if each.callback_query]
    assert [query.data for query in queries] == ["v1:yes", "forged: no button says this"]
    assert [query.message.date == 0 for query in queries if query.message] == [False, True]
    member = next(each.my_chat_member for each in bodies if each.my_chat_member)
    assert member.new_chat_member.status == "kicked"
    assert await bot.answer_callback_query(queries[0].id, "Thank you")
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(queries[0].id)
    sandbox.time.now += 60
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(queries[1].id)


async def test_kinds_that_were_not_asked_for_do_not_come(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    person = await sandbox.started()
    await bot.set_webhook(receiver.url, allowed_updates=["message"], drop_pending_updates=True)
    await sandbox.act(person, "block")
    await sandbox.act(person, "unblock")
    await sandbox.act(person, "say", text="x")
    await receiver.wait(1)
    assert "message" in receiver.got[0][1]
    # Omitted means that the list stays.
    await bot.set_webhook(receiver.url)
    assert (await bot.get_webhook_info()).allowed_updates == ["message"]
    await bot.set_webhook(receiver.url, allowed_updates=[])
    assert (await bot.get_webhook_info()).allowed_updates is None


async def test_updates_can_be_delivered_again_and_out_of_order(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    person = await sandbox.started()
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    await sandbox.control("POST", "/delivery", {"paused": True})
    for text in "abc":
        await sandbox.act(person, "say", text=text)
    answer = await sandbox.control("POST", "/delivery/release", {"order": "reverse"})
    assert [each["status"] for each in answer["items"]] == [200, 200, 200]
    assert receiver.ids == sorted(receiver.ids, reverse=True)
    await sandbox.control("POST", "/updates/redeliver", {"count": 2})
    assert receiver.ids[3:] == receiver.ids[1:3]
    assert (await bot.get_webhook_info()).pending_update_count == 0
    await sandbox.control("POST", "/delivery", {"paused": False})
    await sandbox.control("POST", "/updates", {"update": {"shiny_new_thing": {"a": 1}}})
    assert (await receiver.wait(6))[5]["shiny_new_thing"] == {"a": 1}


async def test_a_call_in_the_answer_is_executed_and_its_result_never_seen(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    person = await sandbox.started()
    reply = {"method": "sendMessage", "chat_id": person, "text": "from the answer"}
    wrong = {"method": "sendMessage", "chat_id": 1, "text": "to nobody"}
    receiver.answers = [
        web.json_response(each) for each in ({"method": "deleteWebhook"}, wrong, reply)
    ]
    await bot.set_webhook(receiver.url)
    await sandbox.act(person, "say", text="a")
    await sandbox.act(person, "say", text="b")
    chat = await sandbox.control("GET", f"/people/{person}/chat?after=3&wait=5")
    assert [each["text"] for each in chat["messages"]] == ["from the answer"]
    assert (await bot.get_webhook_info()).url == receiver.url


async def test_410_for_23_hours_removes_the_webhook(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    hour = {"Retry-After": "3600"}
    receiver.answers = [web.Response(status=410, headers=hour) for _ in range(30)]
    await bot.set_webhook(receiver.url)
    await sandbox.started()
    async with asyncio.timeout(60):
        while (await bot.get_webhook_info()).url:
            pass
    assert len(receiver.got) == 24


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("http://shop.example/hook", "An HTTPS URL must be provided", id="no TLS"),
        pytest.param("https://shop.example:8080/hook", "only on ports 80, 88, 443", id="port 8080"),
        pytest.param("nonsense", "invalid webhook URL", id="no address at all"),
    ],
)
async def test_a_webhook_the_platform_would_not_call_is_refused(
    bot: Bot, url: str, words: str
) -> None:
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.set_webhook(url)


async def test_a_secret_of_other_letters_is_refused(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="unallowed characters"):
        await bot.set_webhook("https://shop.example/hook", secret_token="пароль")


async def test_polling_gives_updates_until_they_are_confirmed(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    await sandbox.act(person, "say", text="hello")
    first = await bot.get_updates(limit=1)
    assert [each.message.text for each in first if each.message] == ["/start"]
    rest = await bot.get_updates(offset=first[0].update_id + 1)
    assert [each.message.text for each in rest if each.message] == ["hello"]
    assert await bot.get_updates(offset=rest[0].update_id + 1) == []


async def test_a_long_poll_ends_when_an_update_comes(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.person()
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(timeout=30))
        while not (await sandbox.control("GET", "/calls"))["items"] and not poll.done():
            await sandbox.act(person, "say", text="hello")
    assert len(poll.result()) == 1


async def test_a_long_poll_ends_empty_when_the_sandbox_stops(
    settings: Settings, http: aiohttp.ClientSession, time: Time
) -> None:
    runner = web.AppRunner(build(settings), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sandbox = Sandbox(f"http://127.0.0.1:{runner.addresses[0][1]}", http, time)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(sandbox.raw("getUpdates", json={"timeout": 30}))
        await sandbox.raw("getMe")
        await runner.cleanup()
    assert poll.result() == (200, {"ok": True, "result": []})


async def test_a_second_poller_and_a_webhook_end_polling_with_a_conflict(
    bot: Bot, sandbox: Sandbox, receiver: Receiver
) -> None:
    async def poll() -> str:
        with pytest.raises(TelegramConflictError) as conflict:
            await bot.get_updates(timeout=30)
        return conflict.value.message

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(poll())
        while not first.done():
            await bot.get_updates()
    assert "terminated by other getUpdates request" in first.result()
    await bot.set_webhook(receiver.url)
    assert "webhook is active" in await poll()
    await bot.delete_webhook()
    assert await bot.get_updates() == []
