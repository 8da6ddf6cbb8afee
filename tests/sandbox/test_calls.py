"""Forms of body, faults on demand, the log, and what is kept over a restart."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiohttp import web

from sandbox.app import build
from sandbox.settings import Settings
from tests.sandbox.conftest import Serve
from tests.sandbox.world import TOKEN, Sandbox, Time

MARKUP = {"inline_keyboard": [[{"text": "Да", "callback_data": "v1:yes"}]]}


def _multipart(fields: dict[str, Any]) -> aiohttp.MultipartWriter:
    form = aiohttp.MultipartWriter("form-data")
    for name, value in fields.items():
        part = form.append(str(value))
        part.set_content_disposition("form-data", name=name)
    return form


@pytest.mark.parametrize(
    "form", ["json", "json with text inside", "urlencoded", "multipart", "get"]
)
async def test_each_form_of_body_says_the_same(sandbox: Sandbox, form: str) -> None:
    person = await sandbox.started()
    text, nested = "Привет & 😀 + 1", json.dumps(MARKUP)
    flat = {"chat_id": str(person), "text": text, "reply_markup": nested}
    request: dict[str, dict[str, Any]] = {
        "json": {"json": {"chat_id": person, "text": text, "reply_markup": MARKUP}},
        "json with text inside": {"json": flat},
        "urlencoded": {"data": flat},
        "multipart": {"data": _multipart(flat)},
        "get": {"params": flat},
    }
    status, answer = await sandbox.raw("sendMessage", **request[form])
    assert (status, answer["ok"]) == (200, True)
    assert answer["result"]["text"] == text
    assert answer["result"]["reply_markup"] == MARKUP


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        pytest.param({"json": [1]}, "object expected", id="a JSON array"),
        pytest.param(
            {"data": b"{broken", "headers": {"Content-Type": "application/json"}},
            "can't parse JSON",
            id="broken JSON",
        ),
        pytest.param(
            {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
            "can't parse JSON",
            id="a JSON bomb",
        ),
        pytest.param(
            {
                "data": b"chat_id=1&text=%FF%FE",
                "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            },
            "UTF-8",
            id="no UTF-8",
        ),
        pytest.param({"data": {"text": "x"}}, "chat_id is empty", id="no chat"),
        pytest.param({"data": {"chat_id": "@nobody", "text": "x"}}, "chat not found", id="a name"),
    ],
)
async def test_a_body_that_cannot_be_read_is_400(
    sandbox: Sandbox, request_: dict[str, Any], words: str
) -> None:
    status, answer = await sandbox.raw("sendMessage", **request_)
    assert (status, answer["error_code"]) == (400, 400)
    assert words in answer["description"]


async def test_the_next_calls_answer_what_a_test_wants(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    rows = [
        {"error_code": 403, "description": "Forbidden: bot was blocked by the user"},
        {
            "error_code": 429,
            "description": "Too Many Requests: retry after 17",
            "parameters": {"retry_after": 17},
        },
        {"error_code": 502, "description": "Bad Gateway", "count": 2},
    ]
    for row in rows:
        await sandbox.control("POST", "/faults", {"method": "sendMessage", **row})
    assert (await bot.get_me()).id == 700
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(person, "x")
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(person, "x")
    for _ in range(2):
        with pytest.raises(TelegramServerError):
            await bot.send_message(person, "x")
    await bot.send_message(person, "x")
    assert len((await sandbox.chat(person))["messages"]) == 2


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        pytest.param("cut", 2, id="cut: the message is there, the answer is not"),
        pytest.param("cut_before", 1, id="cut_before: neither"),
        pytest.param("hang", 1, id="hang: the client's own time limit ends it"),
    ],
)
async def test_a_connection_can_end_without_an_answer(
    bot: Bot, sandbox: Sandbox, kind: str, messages: int
) -> None:
    person, other = await sandbox.started(), await sandbox.started()
    await sandbox.control("POST", "/faults", {"kind": kind, "chat_id": str(person)})
    await bot.send_message(other, "not meant")
    bot.session.timeout = 0.3 if kind == "hang" else 10
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(person, "x")
    assert len((await sandbox.chat(person))["messages"]) == messages
    call = (await sandbox.control("GET", "/calls"))["items"][-1]
    assert (call["method"], call["status"], call["params"]["text"]) == ("sendMessage", 0, "x")
    await bot.send_message(person, "the next call is answered")


async def test_tests_can_wait_for_a_call_and_for_an_answer(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    chat, call = f"/people/{person}/chat?after=1", "/calls?method=sendMessage"
    assert (await sandbox.control("GET", chat))["messages"] == []
    async with asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(sandbox.control("GET", f"{chat}&wait=5"))
        called = tasks.create_task(sandbox.control("GET", f"{call}&wait=5"))
        await sandbox.control("GET", call)
        await bot.get_me()
        await bot.send_message(person, "here")
    assert [each["text"] for each in answer.result()["messages"]] == ["here"]
    assert len(called.result()["items"]) == 1


async def test_many_people_are_made_at_once(bot: Bot, sandbox: Sandbox) -> None:
    many = {"first_name": "Anna", "count": 100, "started": True}
    ids = (await sandbox.control("POST", "/people", many))["ids"]
    assert len(set(ids)) == 100
    await bot.send_message(ids[-1], "hello")


async def test_control_says_what_is_wrong(sandbox: Sandbox) -> None:
    person = await sandbox.person()
    await sandbox.control("POST", "/people", {}, status=422)
    await sandbox.control("GET", "/people/1/chat", status=404)
    await sandbox.control("GET", "/calls?since=-1", status=422)
    await sandbox.control("POST", f"/people/{person}/fly", {}, status=404)
    await sandbox.control("POST", f"/people/{person}/say", {"text": " "}, status=409)
    await sandbox.control("POST", f"/people/{person}/start", {"param": "п"}, status=409)
    await sandbox.control("POST", f"/people/{person}/send", {"kind": "planet"}, status=409)
    await sandbox.control("POST", "/faults", {"kind": "flood"}, status=422)
    await sandbox.control("POST", "/updates/redeliver", {}, status=409)
    async with sandbox.http.post(f"{sandbox.url}/control/reset", data={"a": "b"}) as response:
        assert response.status in {200, 415}


async def test_a_reset_forgets_all(bot: Bot, sandbox: Sandbox) -> None:
    await sandbox.started()
    await bot.set_webhook("https://shop.example/hook")
    await sandbox.control("POST", "/reset", {})
    assert (await sandbox.control("GET", "/people"))["items"] == []
    assert (await bot.get_webhook_info()).url == ""
    person = await sandbox.started()
    assert (await bot.send_message(person, "x")).message_id == 2


async def test_a_second_start_keeps_chats_ids_and_files(
    settings: Settings, http: aiohttp.ClientSession, time: Time, tmp_path: Path
) -> None:
    kept = replace(settings, state_file=tmp_path / "sandbox.json")

    async def run(act: Any) -> Any:
        runner = web.AppRunner(build(kept), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return await act(Sandbox(url, http, time))
        finally:
            await runner.cleanup()

    async def first(sandbox: Sandbox) -> tuple[int, Any, Any]:
        person = await sandbox.started()
        photo = await sandbox.act(person, "send", kind="photo")
        await sandbox.raw("sendMessage", json={"chat_id": person, "text": "hi"})
        await sandbox.raw("setMyCommands", json={"commands": []})
        return person, photo["photo"][0]["file_id"], await sandbox.chat(person)

    async def second(sandbox: Sandbox) -> tuple[Any, Any, Any]:
        _, file = await sandbox.raw("getFile", json={"file_id": file_id})
        path = file["result"]["file_path"]
        async with http.get(f"{sandbox.url}/telegram/file/bot{TOKEN}/{path}") as response:
            content = await response.read()
        _, sent = await sandbox.raw("sendMessage", json={"chat_id": person, "text": "again"})
        _, updates = await sandbox.raw("getUpdates")
        assert len(updates["result"]) == 2
        return chat_of(await sandbox.chat(person)), content[:3], sent["result"]["message_id"]

    def chat_of(chat: Any) -> Any:
        return {**chat, "messages": chat["messages"][:3]}

    person, file_id, before = await run(first)
    after, start, next_id = await run(second)
    assert after == before
    assert (start, next_id) == (b"\xff\xd8\xff", 4)


async def test_an_unreadable_state_is_put_aside(
    settings: Settings, serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text("{broken")
    await serve(build(replace(settings, state_file=path)))
    assert (tmp_path / "sandbox.json.unreadable").read_text() == "{broken"
