"""Events of VK on their way: callback servers, their retries, and the long poll."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.sandbox.conftest import Serve
from tests.sandbox.vk import GROUP, NAME, Community, Server


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in events]


async def status_of(community: Community) -> list[str]:
    found = await community.call("groups.getCallbackServers", group_id=GROUP)
    return [each["status"] for each in found["items"]]


async def test_an_event_is_an_envelope_with_the_secret_and_an_id_of_its_own(
    community: Community, server: Server
) -> None:
    person = await community.started()
    await community.act(person, "say", text="hello")
    first, second = await server.wait(2)
    assert first["event_id"] != second["event_id"]
    assert {**second, "event_id": "", "object": ""} == {
        "type": "message_new",
        "group_id": GROUP,
        "event_id": "",
        "v": "5.199",
        "secret": "k3y",
        "object": "",
    }
    message = second["object"]["message"]
    assert (message["peer_id"], message["text"], message["out"]) == (person, "hello", 0)
    assert "callback" in second["object"]["client_info"]["button_actions"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param("", "failed", id="another answer"),
        pytest.param('"{code}"', "failed", id="the string in quotes"),
        pytest.param("{code}", "ok", id="just the string"),
    ],
)
async def test_a_server_works_only_after_it_gave_the_confirmation_string(
    community: Community, serve: Serve, answer: str, status: str
) -> None:
    code = await community.call("groups.getCallbackConfirmationCode", group_id=GROUP)
    server = Server(code=answer.format(**code))
    app = web.Application()
    app.router.add_post("/hook", server.handle)
    url = f"{await serve(app)}/hook"
    added = await community.call(
        "groups.addCallbackServer", group_id=GROUP, url=url, title="x", secret_key=""
    )
    assert await status_of(community) == [status]
    settings = {"group_id": GROUP, "server_id": added["server_id"]}
    await community.call("groups.setCallbackSettings", **settings, message_new=1)
    await community.started()
    pending = await community.sandbox.control("GET", f"/updates?bot={NAME}")
    assert bool(pending["ids"]["pending"] or pending["ids"]["sent"] or server.got) == (
        status == "ok"
    )
    server.code = code["code"]
    edited = {**settings, "url": url, "title": "x"}
    assert await community.call("groups.editCallbackServer", **edited) == 1
    assert await status_of(community) == ["ok"]
    assert await community.call("groups.deleteCallbackServer", **settings) == 1
    assert await status_of(community) == []


async def test_a_server_hears_only_of_what_was_switched_on(
    community: Community, server: Server
) -> None:
    settings = {"group_id": GROUP, "server_id": 1}
    await community.call("groups.setCallbackSettings", **settings, message_reply=0)
    told = await community.call("groups.getCallbackSettings", **settings)
    assert (told["events"]["message_reply"], told["events"]["message_new"]) == (0, 1)
    person = await community.started()
    await community.send(person)
    await community.act(person, "deny")
    assert kinds(await server.wait(2)) == ["message_new", "message_deny"]


async def test_each_of_several_servers_gets_each_event(
    community: Community, server: Server
) -> None:
    two = {"group_id": GROUP, "url": f"{server.url}?two", "title": "two", "secret_key": "other"}
    added = await community.call("groups.addCallbackServer", **two)
    settings = {"group_id": GROUP, **added, "message_new": 1, "api_version": "5.131"}
    await community.call("groups.setCallbackSettings", **settings)
    await community.started()
    events = await server.wait(2)
    assert {(each["secret"], each["v"]) for each in events} == {
        ("k3y", "5.199"),
        ("other", "5.131"),
    }
    assert len({each["event_id"] for each in events}) == 1


async def test_an_eleventh_server_is_one_too_many(community: Community) -> None:
    server = {"group_id": GROUP, "url": "http://127.0.0.1:9/x", "title": "x"}
    community.sandbox.time.now += 1
    for _ in range(10):
        await community.call("groups.addCallbackServer", **server)
    assert await community.error("groups.addCallbackServer", **server) == 2000


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"title": "x" * 15}, id="a long title"),
        pytest.param({"secret_key": "x" * 51}, id="a long secret"),
        pytest.param({"url": "ftp://shop.example"}, id="no web address"),
    ],
)
async def test_a_server_that_cannot_be(community: Community, wrong: dict[str, str]) -> None:
    server = {"group_id": GROUP, "url": "https://shop.example/x", "title": "x", **wrong}
    assert await community.error("groups.addCallbackServer", **server) == 100
    assert await community.error("groups.addCallbackServer", **{**server, "group_id": 1}) == 15


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(lambda: web.Response(status=500, text="ok"), id="another status"),
        pytest.param(lambda: web.Response(text="OK"), id="other letters"),
        pytest.param(lambda: web.json_response("ok"), id="ok in quotes"),
        pytest.param(lambda: web.Response(), id="nothing"),
    ],
)
async def test_anything_but_ok_is_retried_with_the_same_event_and_a_counter(
    community: Community, server: Server, refused: Any
) -> None:
    server.answers = [refused() for _ in range(6)]
    await community.started()
    events = await server.wait(6)
    assert community.sandbox.time.pauses == [10, 180, 600, 1800, 3600]
    assert server.tries == [None, "1", "2", "3", "4", "5"]
    assert len({each["event_id"] for each in events}) == 1
    # Given up: the next event is another one.
    person = await community.started()
    assert (await server.wait(7))[-1]["object"]["message"]["peer_id"] == person


async def test_a_short_retry_after_is_obeyed(community: Community, server: Server) -> None:
    busy = {"status": 503, "headers": {"Retry-After": "17"}}
    server.answers = [web.Response(**busy), web.Response(status=500, headers=busy["headers"])]
    await community.started()
    await server.wait(3)
    assert community.sandbox.time.pauses == [17, 180]


async def test_the_answer_remove_deletes_the_server(community: Community, server: Server) -> None:
    server.answers = [web.Response(text="version 5.150"), web.Response(text="remove")]
    person = await community.started()
    await server.wait(1)
    await community.act(person, "say", text="x")
    assert (await server.wait(2))[1]["v"] == "5.150"
    async with asyncio.timeout(60):
        while await status_of(community):
            community.sandbox.time.now += 1


async def test_events_are_held_back_turned_round_and_said_again(
    community: Community, server: Server
) -> None:
    await community.control("POST", "/delivery", paused=True)
    person = await community.started()
    await community.act(person, "say", text="second")
    released = await community.control("POST", "/delivery/release", order="reverse")
    assert [each["status"] for each in released["items"]] == [200, 200]
    texts = [each["object"]["message"]["text"] for each in server.got]
    assert texts == ["second", "Start"]
    await community.control("POST", "/updates/redeliver", count=1)
    assert server.got[2] == server.got[1]
    await community.control("POST", "/delivery", paused=False)
    await community.control("POST", "/updates", update={"type": "shiny_new", "group_id": GROUP})
    assert (await server.wait(4))[3]["secret"] == "k3y"


async def poll(community: Community, told: dict[str, Any], **more: Any) -> Any:
    # The address says where the sandbox thinks that it is; here it has any free port.
    path = told["server"].removeprefix("http://127.0.0.1")
    query = {"act": "a_check", "key": told["key"], "ts": told["ts"], "wait": 5, **more}
    url = f"{community.sandbox.url}{path}"
    async with community.sandbox.http.get(url, params=query) as response:
        return await response.json()


async def test_the_long_poll_waits_for_events_and_goes_on_from_a_ts(community: Community) -> None:
    told = await community.call("groups.getLongPollServer", group_id=GROUP)
    waiting = asyncio.ensure_future(poll(community, told))
    person = await community.started()
    async with asyncio.timeout(60):
        answer = await waiting
    assert kinds(answer["updates"]) == ["message_new"]
    assert "secret" not in answer["updates"][0]
    await community.send(person, "hi")
    await community.act(person, "read")
    later = await poll(community, {**told, "ts": answer["ts"]})
    assert kinds(later["updates"]) == ["message_reply", "message_read"]
    again = await poll(community, told)
    assert kinds(again["updates"]) == ["message_new", "message_reply", "message_read"]
    assert (await poll(community, {**told, "ts": again["ts"]}, wait=0))["updates"] == []


async def test_the_long_poll_fails_in_three_ways(community: Community) -> None:
    told = await community.call("groups.getLongPollServer", group_id=GROUP)
    assert await poll(community, told, ts="99") == {"failed": 1, "ts": told["ts"]}
    assert await poll(community, told, key="other") == {"failed": 2}
    await community.sandbox.control("POST", "/reset", {})
    assert await poll(community, told) == {"failed": 3}
