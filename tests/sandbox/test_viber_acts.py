"""What persons do in Viber, what the bot hears of it, and what their phones show."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.samples import sample
from sandbox.settings import Settings, ViberSettings
from tests.sandbox.viber import SENDER, URI, VIBER_TOKEN, Listener, ViberBot
from tests.sandbox.world import Sandbox, Time


def buttons(*given: Any) -> Any:
    return {"keyboard": {"Type": "keyboard", "Buttons": list(given)}, "min_api_version": 4}


def button(action: str, body: str, **more: Any) -> Any:
    return {"ActionType": action, "ActionBody": body, "Text": body, "Columns": 3, **more}


YES, NO = button("reply", "v1:yes"), button("reply", "v1:no", Silent=True)
SITE = button("open-url", "https://e.x/cart")
PHONE, PLACE = button("share-phone", "phone"), button("location-picker", "place")


async def page(viber: ViberBot, person: int) -> str:
    url = f"{viber.sandbox.url}/phone?bot={URI}&person={person}"
    async with viber.sandbox.http.get(url) as response:
        return await response.text()


async def refused(viber: ViberBot, person: int, act: str, **body: Any) -> None:
    path = f"/people/{person}/{act}"
    await viber.sandbox.control("POST", path, {"bot": URI, **body}, status=409)


async def test_to_open_a_chat_is_no_subscription_but_to_write_is(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.person()
    await viber.act(person, "follow", param="промо 42")
    assert (await viber.chat(person))["started"] is False
    await viber.act(person, "say", text="hello")
    await viber.act(person, "start")
    started, _, _, again = await listener.wait(4)
    assert [each["event"] for each in listener.got] == [
        "conversation_started",
        "message",
        "delivered",
        "conversation_started",
    ]
    assert (started["context"], started["subscribed"]) == ("промо 42", False)
    assert again["subscribed"] is True
    assert (await viber.chat(person))["started"] is True


async def test_subscribing_and_leaving_are_events_of_their_own(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.person()
    await viber.act(person, "subscribe")
    await refused(viber, person, "subscribe")
    await viber.act(person, "block")
    await refused(viber, person, "unsubscribe")
    assert (await viber.chat(person))["blocked"] is True
    await viber.act(person, "unblock")
    first, second, third = await listener.wait(3)
    user_id = await viber.user_id(person)
    assert (first["event"], first["user"]["id"]) == ("subscribed", user_id)
    assert {**second, "timestamp": 0, "message_token": 0} == {
        "event": "unsubscribed",
        "timestamp": 0,
        "message_token": 0,
        "user_id": user_id,
    }
    assert third["event"] == "subscribed"


async def test_a_message_subscribes_again_whoever_left(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    await viber.act(person, "unsubscribe")
    await viber.act(person, "say", text="sorry")
    assert await listener.events(4) == ["subscribed", "unsubscribed", "message", "delivered"]
    await viber.send(person)


async def test_a_press_of_a_button_is_a_message_with_the_last_tracking_data(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    await viber.send(person, tracking_data="state=3", **buttons(YES, NO, SITE, PHONE, PLACE))
    assert await viber.act(person, "tap", row=0, column=0)
    await viber.act(person, "tap", row=0, column=1)
    assert await viber.act(person, "tap", row=1, column=0) == {"url": "https://e.x/cart"}
    await viber.act(person, "tap", row=1, column=1)
    await viber.act(person, "tap", row=2, column=0)
    events = [each for each in await listener.wait(12) if each["event"] == "message"]
    assert {each["silent"] for each in events} == {False}
    tracked = {"tracking_data": "state=3"}
    assert [each["message"] for each in events] == [
        {"type": "text", "text": "v1:yes", **tracked},
        {"type": "text", "text": "v1:no", **tracked},
        {"type": "text", "text": "https://e.x/cart", **tracked},
        {"type": "contact", "contact": {"name": "Anna", "phone_number": "79990000001"}, **tracked},
        {"type": "location", "location": {"lat": 55.75, "lon": 37.61}, **tracked},
    ]
    shown = await page(viber, person)
    thread = shown[shown.index('<ol class="thread"') : shown.index("</ol>")]
    assert "v1:yes" in thread
    assert "v1:no" not in thread
    await refused(viber, person, "tap", row=2, column=1)


async def test_a_keyboard_goes_with_the_next_message_that_has_none(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    await viber.send(person, tracking_data="state=3", **buttons(YES))
    await viber.act(person, "tap", row=0, column=0)
    # The press leaves it; a message of the bot without one takes it.
    assert (await viber.chat(person))["keyboard"] is not None
    await viber.send(person)
    assert (await viber.chat(person))["keyboard"] is None
    await refused(viber, person, "tap", row=0, column=0)
    await viber.act(person, "say", text="hm")
    assert "tracking_data" not in (await listener.wait(7))[5]["message"]


async def test_to_subscribe_clears_the_tracking_data(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    await viber.send(person, tracking_data="state=3")
    await viber.act(person, "unsubscribe")
    await viber.act(person, "subscribe")
    await viber.act(person, "say", text="hm")
    assert (await listener.wait(5))[4]["message"] == {"type": "text", "text": "hm"}


async def test_a_button_of_a_carousel_answers_too(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    cards = {
        "Type": "rich_media",
        "ButtonsGroupColumns": 6,
        "ButtonsGroupRows": 2,
        "Buttons": [
            button("reply", "v1:tea", Columns=6, Rows=1),
            {**SITE, "Columns": 6, "Rows": 1},
        ],
    }
    await viber.send(
        person,
        text="",
        type="rich_media",
        rich_media=cards,
        min_api_version=2,
        alt_text="Two teas",
    )
    await viber.act(person, "press", message_id="1", row=0, column=0)
    assert (await listener.wait(3))[2]["message"]["text"] == "v1:tea"
    shown = await page(viber, person)
    assert ("Two teas" in shown, 'data-row="1"' in shown) == (True, True)
    await refused(viber, person, "press", message_id=1, row=5, column=0)
    await refused(viber, person, "press", message_id=99, row=0, column=0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("photo", {"type": "picture", "text": "look"}, id="a picture has a caption"),
        pytest.param(
            "video",
            {"type": "video", "size": len(sample("video").content), "duration": 2},
            id="a film has a size and a length",
        ),
        pytest.param(
            "document",
            {
                "type": "file",
                "file_name": "price list.pdf",
                "file_size": len(sample("document").content),
            },
            id="a file has a name and a size",
        ),
        pytest.param("sticker", {"type": "sticker", "sticker_id": 40126}, id="a sticker, a number"),
        pytest.param(
            "other_contact",
            {"type": "contact", "contact": {"name": "Boris", "phone_number": "79995550000"}},
            id="another's card",
        ),
    ],
)
async def test_what_a_person_sends(
    viber: ViberBot, listener: Listener, kind: str, expected: dict[str, Any]
) -> None:
    person = await viber.person()
    await viber.act(person, "send", kind=kind, caption="look")
    message = (await listener.wait(1))[0]["message"]
    assert {k: v for k, v in message.items() if k not in {"media", "thumbnail"}} == expected
    if "media" not in message:
        return
    url = message["media"].replace("http://127.0.0.1", viber.sandbox.url)
    async with viber.sandbox.http.get(url) as response:
        assert await response.read() == sample(kind).content
    viber.sandbox.time.now += 3600
    async with viber.sandbox.http.get(url) as response:
        assert response.status == 403


async def test_an_address_alone_is_a_link(viber: ViberBot, listener: Listener) -> None:
    person = await viber.person()
    await viber.act(person, "say", text="https://e.x/тея?a=1")
    await viber.act(person, "say", text="see https://e.x")
    first, _, second = await listener.wait(3)
    assert first["message"] == {"type": "url", "media": "https://e.x/тея?a=1"}
    assert second["message"] == {"type": "text", "text": "see https://e.x"}
    assert '<a href="https://e.x/тея?a=1"' in await page(viber, person)


async def test_each_message_is_seen_alone_and_once(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    tokens = [await viber.send(person) for _ in range(2)]
    await viber.act(person, "read")
    await refused(viber, person, "read")
    seen = (await listener.wait(5))[3:]
    assert [(each["event"], each["message_token"]) for each in seen] == [
        ("seen", tokens[0]),
        ("seen", tokens[1]),
    ]
    assert {each["user_id"] for each in seen} == {await viber.user_id(person)}
    assert await viber.statuses(person) == ["seen", "seen"]


async def test_what_waits_for_a_phone_arrives_in_order_or_fails(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    await viber.act(person, "switch_off")
    tokens = [await viber.send(person, text=f"late {n}", **buttons(YES)) for n in range(3)]
    assert "late 1" not in await page(viber, person)
    assert (await viber.chat(person))["keyboard"] is None
    await refused(viber, person, "say", text="hello")
    await viber.act(person, "fail", message_id=2, description="no such device")
    await viber.act(person, "switch_on")
    await refused(viber, person, "fail")
    events = (await listener.wait(4))[1:]
    assert [(each["event"], each["message_token"]) for each in events] == [
        ("failed", tokens[1]),
        ("delivered", tokens[0]),
        ("delivered", tokens[2]),
    ]
    assert events[0]["desc"] == "no such device"
    assert await viber.statuses(person) == ["delivered", "failed", "delivered"]
    shown = await page(viber, person)
    assert ("late 0" in shown, "late 1" in shown, "late 2" in shown) == (True, False, True)
    assert 'data-tap-row="0"' in shown


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        pytest.param("say", {"text": " "}, 409, id="nothing to say"),
        pytest.param("say", {"text": "x" * 7001}, 409, id="too much to say"),
        pytest.param("follow", {"param": "x" * 2001}, 409, id="a link without an end"),
        pytest.param("send", {"kind": "voice"}, 409, id="a voice message"),
        pytest.param(
            "send", {"kind": "location", "latitude": 91, "longitude": 0}, 409, id="no place"
        ),
        pytest.param("switch_on", {}, 409, id="a phone that is on already"),
        pytest.param("edit", {"message_id": 1, "text": "x"}, 404, id="an edit, unknown to Viber"),
        pytest.param("press", {"message_id": "one"}, 422, id="a number in words"),
    ],
)
async def test_an_act_that_cannot_be(
    viber: ViberBot, listener: Listener, act: str, body: dict[str, Any], status: int
) -> None:
    person = await viber.subscribed()
    path = f"/people/{person}/{act}"
    await viber.sandbox.control("POST", path, {"bot": URI, **body}, status=status)


async def test_a_visitors_own_file_and_a_deleted_account(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.person()
    url = f"{viber.sandbox.url}/phone/upload"
    query = {"bot": URI, "person": str(person), "name": "me.jpg"}
    headers = {"Content-Type": "application/octet-stream"}
    content = sample("photo").content
    async with viber.sandbox.http.post(
        url, params=query, headers=headers, data=content
    ) as response:
        assert response.status == 200
    assert (await listener.wait(1))[0]["message"]["type"] == "picture"
    await viber.act(person, "deactivate")
    await refused(viber, person, "say", text="hello")


async def test_a_waiting_request_hears_of_the_answer(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(viber.chat(person, "&after=0&wait=5"))
        await viber.send(person, text="later")
    assert waiting.result()["messages"][0]["message"]["text"] == "later"
    assert (await viber.chat(person, "&after=1"))["messages"] == []


async def test_many_can_be_written_to_at_once_without_any_event(
    viber: ViberBot, listener: Listener
) -> None:
    made = await viber.control("POST", "/people", first_name="Crowd", count=3, started=True)
    ids = [await viber.user_id(each) for each in made["ids"]]
    message = {"type": "text", "text": "News", "sender": SENDER}
    answer = await viber.call("broadcast_message", broadcast_list=ids, **message)
    assert answer["failed_list"] == []
    assert await listener.events(3) == ["delivered"] * 3


async def test_chats_last_over_a_restart_and_end_with_a_reset(
    settings: Settings, http: aiohttp.ClientSession, time: Time, tmp_path: Path
) -> None:
    bots = (ViberSettings(VIBER_TOKEN, URI, "Tea & Leaf"),)
    told = replace(settings, viber_bots=bots, state_file=tmp_path / "state.json")

    async def run() -> tuple[web.AppRunner, ViberBot]:
        runner = web.AppRunner(build(told), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner, ViberBot(Sandbox(url, http, time))

    runner, viber = await run()
    person = await viber.subscribed()
    await viber.act(person, "say", text="remember")
    before = await viber.chat(person)
    await runner.cleanup()
    runner, viber = await run()
    assert await viber.chat(person) == before
    await viber.act(person, "say", text="and on")
    tokens = [each["message_token"] for each in (await viber.chat(person))["messages"]]
    assert tokens[0] < tokens[1]
    await viber.control("POST", "/reset")
    assert (await viber.sandbox.control("GET", "/people"))["items"] == []
    await runner.cleanup()
