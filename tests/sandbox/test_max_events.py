"""What persons do in MAX, and how the bot hears of it: webhooks and the long poll."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.delivery import Again, GivenUp, Reply
from sandbox.max.double import Max
from sandbox.max.outlet import WebhookOutlet
from sandbox.max.subscriptions import Subscription
from sandbox.samples import sample
from sandbox.settings import MaxSettings, Settings
from sandbox.world import World
from tests.sandbox.max import BOT, MAX_TOKEN, NICK, YES, Hook, Messenger, button, keyboard
from tests.sandbox.world import Sandbox, Time


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [each["update_type"] for each in events]


@pytest.mark.parametrize(
    ("param", "payload"),
    [
        pytest.param("promo_42", "promo_42", id="a parameter comes back"),
        pytest.param("x" * 128, "x" * 128, id="the longest parameter comes back"),
        pytest.param("x" * 129, None, id="a longer one is dropped in silence"),
        pytest.param("с-пробелом", None, id="other letters are dropped in silence"),
        pytest.param("", None, id="a plain start has none"),
    ],
)
async def test_a_start_carries_the_links_parameter(
    messenger: Messenger, param: str, payload: str | None
) -> None:
    person = await messenger.person(language_code="ru", username="anna")
    await messenger.act(person, "start", param=param)
    [event] = await messenger.events()
    now_ms = int(messenger.sandbox.time() * 1000)
    assert event == {
        "update_type": "bot_started",
        "timestamp": now_ms,
        "chat_id": (await messenger.chat(person))["chat_id"],
        "payload": payload,
        "user_locale": "ru",
        "user": {
            "user_id": person,
            "first_name": "Anna",
            "last_name": None,
            "username": "anna",
            "is_bot": False,
            "last_activity_time": now_ms,
            "name": "Anna",
        },
    }


async def test_links_of_both_forms_lead_to_the_phone(messenger: Messenger) -> None:
    for path in (f"/max.ru/{NICK}?start=promo_42", f"/max.ru/{NICK.upper()}/start/promo_42"):
        async with messenger.sandbox.http.get(f"{messenger.sandbox.url}{path}") as response:
            assert response.url.query == {"bot": NICK, "start": "promo_42"}
            assert response.status == 200
    async with messenger.sandbox.http.get(f"{messenger.sandbox.url}/max.ru/nobody") as response:
        assert response.status == 404


async def test_a_dialog_comes_and_goes_with_an_event_each(messenger: Messenger) -> None:
    person = await messenger.started()
    for act in ("block", "unblock", "mute", "unmute", "clear", "delete", "start"):
        await messenger.act(person, act)
    await messenger.act(person, "start", param="again")
    events = await messenger.events()
    assert kinds(events) == [
        *("bot_started", "bot_stopped", "bot_started", "dialog_muted", "dialog_unmuted"),
        *("dialog_cleared", "dialog_removed", "bot_started", "bot_started"),
    ]
    assert len({each["timestamp"] for each in events}) == len(events)
    assert events[3]["muted_until"] > events[3]["timestamp"]
    assert events[-1]["payload"] == "again"


@pytest.mark.parametrize(
    ("before", "act", "body"),
    [
        pytest.param([], "block", {}, id="to stop what never began"),
        pytest.param(["start"], "start", {}, id="to press a Start that is not there"),
        pytest.param(["start", "block"], "say", {"text": "hi"}, id="to write to a stopped bot"),
        pytest.param(["start"], "unblock", {}, id="to restart what runs"),
        pytest.param(["start"], "press", {"message_id": "mid.1"}, id="to press what is not there"),
        pytest.param(["start"], "say", {"text": "x" * 4001}, id="to write too much"),
        pytest.param(["start", "deactivate"], "say", {"text": "x"}, id="to write when gone"),
    ],
)
async def test_what_a_phone_does_not_let_a_person_do(
    messenger: Messenger, before: list[str], act: str, body: Any
) -> None:
    person = await messenger.person()
    for each in before:
        await messenger.act(person, each)
    path, body = f"/people/{person}/{act}", {"bot": NICK, **body}
    await messenger.sandbox.control("POST", path, body, status=409)


async def test_to_write_first_is_permission_without_a_start(messenger: Messenger) -> None:
    person = await messenger.person()
    await messenger.act(person, "say", text="hi")
    assert kinds(await messenger.events()) == ["message_created"]
    await messenger.send(person)


async def test_words_edits_and_removals_are_told(messenger: Messenger) -> None:
    person = await messenger.started()
    first = await messenger.act(person, "say", text="one")
    mid = first["body"]["mid"]
    await messenger.act(person, "say", text="yes", reply_to=mid)
    await messenger.act(person, "edit", message_id=mid, text="two")
    await messenger.act(person, "remove", message_id=mid)
    _, said, reply, edited, removed = await messenger.events()
    assert said["message"] == first
    assert said["message"]["recipient"]["user_id"] == BOT
    assert said["message"]["link"] is None
    assert reply["message"]["link"]["type"] == "reply"
    assert reply["message"]["link"]["message"]["mid"] == mid
    assert kinds([edited, removed]) == ["message_edited", "message_removed"]
    assert (edited["message"]["body"]["mid"], edited["message"]["body"]["text"]) == (mid, "two")
    assert (removed["message_id"], removed["user_id"]) == (mid, person)
    assert removed["chat_id"] == said["message"]["recipient"]["chat_id"]


@pytest.mark.parametrize(
    ("kind", "held", "fields"),
    [
        pytest.param("photo", "image", {"payload"}, id="a photo"),
        pytest.param(
            "video", "video", {"payload", "thumbnail", "width", "height", "duration"}, id="a video"
        ),
        pytest.param("voice", "audio", {"payload", "transcription"}, id="a voice message"),
        pytest.param("document", "file", {"payload", "filename", "size"}, id="a document"),
        pytest.param("sticker", "sticker", {"payload", "width", "height"}, id="a sticker"),
        pytest.param("location", "location", {"latitude", "longitude"}, id="a place"),
        pytest.param("link", "share", {"payload", "title"}, id="a link"),
        pytest.param("contact", "contact", {"payload"}, id="a card"),
    ],
)
async def test_attachments_have_the_platforms_fields(
    messenger: Messenger, kind: str, held: str, fields: set[str]
) -> None:
    person = await messenger.started()
    await messenger.act(person, "send", kind=kind)
    [attachment] = (await messenger.events())[-1]["message"]["body"]["attachments"]
    assert attachment["type"] == held
    assert set(attachment) == {"type", *fields}
    if "token" in attachment.get("payload", {}) and held != "share":
        # Whoever got a file may send it on.
        again = [{"type": held, "payload": attachment["payload"]}]
        await messenger.send(person, None, attachments=again)


async def test_a_card_is_vouched_for_only_when_the_button_asked_for_it(
    messenger: Messenger,
) -> None:
    person = await messenger.started()
    asks = [[button("request_contact")], [button("request_geo_location")]]
    mid = (await messenger.send(person, attachments=[keyboard(*asks)]))["body"]["mid"]
    await messenger.act(person, "press", message_id=mid, row=0, column=0)
    await messenger.act(person, "send", kind="contact")
    await messenger.act(person, "send", kind="other_contact")
    await messenger.act(person, "press", message_id=mid, row=1, column=0)
    *cards, place = (each["message"]["body"] for each in (await messenger.events())[1:])
    asked, own, other = (each["attachments"][0]["payload"] for each in cards)
    assert "TEL;TYPE=cell:79990000001\r\n" in asked["vcf_info"]
    assert [each["max_info"]["user_id"] == person for each in (asked, own, other)] == [
        *(True, True, False)
    ]
    assert ["hash" in each for each in (asked, own, other)] == [True, False, False]
    assert place["attachments"][0] == {"type": "location", "latitude": 55.75, "longitude": 37.61}


async def test_a_press_may_repeat_its_id_and_is_answered_by_it(messenger: Messenger) -> None:
    person = await messenger.started()
    sent = await messenger.send(person, "Choose", attachments=[keyboard([YES])])
    press = {"message_id": sent["body"]["mid"], "row": 0, "column": 0}
    ids = [(await messenger.act(person, "press", **press))["query_id"] for _ in "12"]
    assert ids[0] == ids[1]
    first, second = (await messenger.events())[1:]
    assert kinds([first, second]) == ["message_callback"] * 2
    assert first["callback"]["payload"] == "v1:yes:17"
    assert first["callback"]["user"]["user_id"] == person
    assert first["message"] == sent
    assert first["timestamp"] < second["timestamp"]
    done = {"notification": "Noted", "message": {"text": "Chosen", "attachments": []}}
    assert await messenger.call("POST", "/answers", done, callback_id=ids[0]) == {"success": True}
    [message] = (await messenger.chat(person))["messages"]
    assert (message["body"]["text"], message["body"]["attachments"]) == ("Chosen", [])
    assert await messenger.refused("POST", "/answers", {}, callback_id=ids[0]) == (
        *(400, "proto.payload"),
    )
    assert await messenger.refused("POST", "/answers", done, callback_id="other") == (
        *(404, "not.found"),
    )
    await messenger.call("DELETE", "/messages", message_id=sent["body"]["mid"])
    await messenger.act(person, "press", message_id=sent["body"]["mid"], data="v1:late")
    late = (await messenger.events())[-1]
    assert (late["message"], late["callback"]["payload"]) == (None, "v1:late")


async def test_answers_have_a_rate_of_their_own(messenger: Messenger) -> None:
    person = await messenger.started()
    mid = (await messenger.send(person, attachments=[keyboard([YES])]))["body"]["mid"]
    pressed = await messenger.act(person, "press", message_id=mid, row=0, column=0)
    query = {"callback_id": pressed["query_id"]}
    answers = [
        await messenger.ask("POST", "/answers", {"notification": "x"}, **query) for _ in "123"
    ]
    assert [status for status, _ in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    ("key", "result"),
    [
        pytest.param(button("link", url="https://e.x"), {"url": "https://e.x"}, id="a link opens"),
        pytest.param(button("clipboard", payload="42"), {"copied": "42"}, id="a clipboard copies"),
    ],
)
async def test_some_buttons_stay_on_the_phone(messenger: Messenger, key: Any, result: Any) -> None:
    person = await messenger.started()
    mid = (await messenger.send(person, attachments=[keyboard([key])]))["body"]["mid"]
    assert await messenger.act(person, "press", message_id=mid) == result
    assert kinds(await messenger.events()) == ["bot_started"]


async def test_a_message_button_says_its_own_words(messenger: Messenger) -> None:
    person = await messenger.started()
    key = button("message", "Stop it")
    mid = (await messenger.send(person, attachments=[keyboard([key])]))["body"]["mid"]
    await messenger.act(person, "press", message_id=mid)
    assert (await messenger.events())[-1]["message"]["body"]["text"] == "Stop it"


async def test_the_long_poll_goes_on_from_its_marker(messenger: Messenger) -> None:
    waiting = asyncio.ensure_future(messenger.call("GET", "/updates", timeout=5))
    person = await messenger.started()
    async with asyncio.timeout(60):
        first = await waiting
    assert kinds(first["updates"]) == ["bot_started"]
    assert await messenger.poll() == first
    await messenger.act(person, "say", text="hi")
    await messenger.act(person, "block")
    second = await messenger.poll(first["marker"], limit=1)
    assert kinds(second["updates"]) == ["message_created"]
    only = await messenger.poll(first["marker"], types="bot_stopped,bot_started")
    assert kinds(only["updates"]) == ["bot_stopped"]
    last = await messenger.poll(only["marker"])
    assert last == {"updates": [], "marker": only["marker"]}
    assert await messenger.poll() == {"updates": [], "marker": None}
    assert await messenger.refused("GET", "/updates", types="x") == (400, "proto.payload")


async def test_beside_a_webhook_the_long_poll_gives_nothing(
    messenger: Messenger, hook: Hook
) -> None:
    await messenger.control("POST", "/delivery", paused=True)
    await messenger.started()
    assert await messenger.events() == []
    await messenger.call("DELETE", "/subscriptions", url=hook.url)
    # What waited for the webhook went with it.
    assert await messenger.events() == []
    await messenger.started()
    assert kinds(await messenger.events()) == ["bot_started"]
    assert hook.got == []


async def test_a_webhook_gets_the_event_and_its_secret(messenger: Messenger, hook: Hook) -> None:
    person = await messenger.started()
    await messenger.act(person, "say", text="hello")
    events = await hook.wait(2)
    assert kinds(events) == ["bot_started", "message_created"]
    assert hook.secrets == ["hook-secret"] * 2


async def test_webhooks_add_up_and_each_gets_what_it_asked_for(
    messenger: Messenger, hook: Hook
) -> None:
    other = {"url": f"{hook.url}?two", "update_types": ["message_created"], "secret": "two-two"}
    await messenger.call("POST", "/subscriptions", other)
    listed = (await messenger.call("GET", "/subscriptions"))["subscriptions"]
    assert [each["url"] for each in listed] == [hook.url, other["url"]]
    assert "secret" not in listed[1]
    person = await messenger.started()
    await messenger.act(person, "say", text="hello")
    events = await hook.wait(3)
    assert sorted(kinds(events)) == ["bot_started", "message_created", "message_created"]
    assert sorted(str(each) for each in hook.secrets) == ["hook-secret", "hook-secret", "two-two"]
    assert await messenger.call("DELETE", "/subscriptions", url=hook.url) == {"success": True}
    again = await messenger.call("DELETE", "/subscriptions", url=hook.url)
    assert again["success"] is False
    # The same address twice is one subscription.
    await messenger.call("POST", "/subscriptions", other)
    assert len((await messenger.call("GET", "/subscriptions"))["subscriptions"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"secret": "four"}, id="a secret that is too short"),
        pytest.param({"secret": "with_underscore"}, id="a secret that one page forbids"),
        pytest.param({"secret": "x" * 257}, id="a secret that is too long"),
        pytest.param({"update_types": ["message_new"]}, id="an event of another messenger"),
        pytest.param({"url": "not a url"}, id="no address"),
        pytest.param({"url": None}, id="nothing at all"),
    ],
)
async def test_a_wrong_subscription_is_refused(messenger: Messenger, wrong: Any) -> None:
    body = {"url": "http://127.0.0.1:9/x", **wrong}
    refusal = await messenger.refused("POST", "/subscriptions", body)
    assert refusal == (400, "proto.payload")
    assert (await messenger.call("GET", "/subscriptions"))["subscriptions"] == []


async def test_retries_come_ever_later_until_one_is_taken(messenger: Messenger, hook: Hook) -> None:
    hook.answers = [500, 404, 302, 201]
    person = await messenger.started()
    events = await hook.wait(5)
    assert all(each == events[0] for each in events)
    await messenger.act(person, "say", text="x")
    await hook.wait(6)
    assert messenger.sandbox.time.pauses == [60, 150, 375, 937.5]
    assert len((await messenger.call("GET", "/subscriptions"))["subscriptions"]) == 1


@pytest.mark.parametrize(
    ("failures", "verdict"),
    [
        pytest.param(1, Again(60), id="a minute after the first failure"),
        pytest.param(10, Again(60 * 2.5**9), id="ever later up to the tenth retry"),
        pytest.param(11, GivenUp(), id="never after that"),
    ],
)
async def test_an_event_is_retried_ten_times(
    settings: Settings, failures: int, verdict: object
) -> None:
    told = replace(settings, max_bots=(MaxSettings(MAX_TOKEN, BOT, NICK, "Tea"),))
    [account] = Max(World(told)).accounts
    account.bot.subscriptions.put(Subscription("http://127.0.0.1:9/x", 0))
    update = account.inject({"update_type": "bot_started"}, "one")
    assert WebhookOutlet(account.bot).judge(update, Reply(500, ""), failures) == verdict


async def test_eight_hours_without_a_success_end_the_subscription_in_silence(
    messenger: Messenger, hook: Hook
) -> None:
    hook.answers = [500] * 50
    await messenger.started()
    async with asyncio.timeout(60):
        while (await messenger.call("GET", "/subscriptions"))["subscriptions"]:
            await asyncio.sleep(0)
            messenger.sandbox.time.now += 1
    # The eighth pause ends after the eight hours, and nothing is tried any more.
    assert messenger.sandbox.time.pauses == [60 * 2.5**each for each in range(8)]
    assert len(hook.got) == 8
    # It came back: what waited for it is lost, the next event comes.
    hook.answers.clear()
    hook.got.clear()
    await messenger.call("POST", "/subscriptions", {"url": hook.url})
    await messenger.act(await messenger.started(), "say", text="x")
    assert kinds(await hook.wait(2)) == ["bot_started", "message_created"]


async def test_events_are_held_back_turned_round_and_said_again(
    messenger: Messenger, hook: Hook
) -> None:
    await messenger.control("POST", "/delivery", paused=True)
    person = await messenger.started()
    await messenger.act(person, "say", text="second")
    await messenger.control("POST", "/delivery/release", order="reverse")
    assert kinds(hook.got) == ["message_created", "bot_started"]
    await messenger.control("POST", "/updates/redeliver", count=1)
    assert hook.got[2] == hook.got[1]
    await messenger.control("POST", "/delivery", paused=False)
    await messenger.control("POST", "/updates", update={"update_type": "shiny_new"})
    assert (await hook.wait(4))[3] == {"update_type": "shiny_new"}


async def test_the_phone_shows_formatting_media_and_ticks(messenger: Messenger) -> None:
    person = await messenger.started()
    text = "# Tea\n**now** & [here](https://e.x)"
    keys = keyboard([button(payload="a", intent="positive"), button("link", url="https://e.x")])
    sent = await messenger.send(person, text, format="markdown", attachments=[keys])
    for kind in ("photo", "location", "other_contact"):
        await messenger.act(person, "send", kind=kind)
    chat_id = sent["recipient"]["chat_id"]
    await messenger.call("POST", f"/chats/{chat_id}/actions", {"action": "mark_seen"})
    await messenger.act(person, "say", text="<b>", reply_to=sent["body"]["mid"])
    url = f"{messenger.sandbox.url}/phone?bot={NICK}&person={person}"
    async with messenger.sandbox.http.get(url) as response:
        page = await response.text()
    assert "<strong>Tea</strong>\n<strong>now</strong> &amp; <a href=" in page
    assert '<img class="media" src="/phone/file/' in page
    assert "55.75000, 37.61000" in page
    assert "<span>Boris Orlov<small>79990000999</small>" in page
    assert '<div class="quote">Tea' in page
    assert 'class="inline success"' in page
    assert page.count('class="ticks read"') == 3
    assert page.count('class="ticks sent"') == 1


async def test_a_file_of_ones_own_can_be_sent(messenger: Messenger) -> None:
    person = await messenger.started()
    url = f"{messenger.sandbox.url}/phone/upload?bot={NICK}&person={person}&name=a.jpg"
    headers = {"Content-Type": "application/octet-stream"}
    photo = sample("photo").content
    async with messenger.sandbox.http.post(url, data=photo, headers=headers) as response:
        message = (await response.json())["result"]
    assert message["body"]["attachments"][0]["type"] == "image"


async def test_a_second_start_keeps_dialogs_webhooks_and_uploads(
    settings: Settings, http: aiohttp.ClientSession, time: Time, tmp_path: Path
) -> None:
    bots = (MaxSettings(MAX_TOKEN, BOT, NICK, "Tea & Leaf"),)
    kept = replace(settings, max_bots=bots, state_file=tmp_path / "sandbox.json")

    async def run(act: Callable[[Messenger], Awaitable[Any]]) -> Any:
        runner = web.AppRunner(build(kept), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return await act(Messenger(Sandbox(url, http, time)))
        finally:
            await runner.cleanup()

    async def first(messenger: Messenger) -> tuple[int, Any, str, Any, str]:
        person = await messenger.started()
        sent = await messenger.send(person, attachments=[keyboard([YES])])
        press = {"message_id": sent["body"]["mid"], "row": 0, "column": 0}
        pressed = await messenger.act(person, "press", **press)
        await messenger.call("PUT", "/messages", {"text": "x"}, message_id=press["message_id"])
        token, _ = await messenger.upload("image", sample("photo").content)
        hook = {"url": "http://127.0.0.1:9/x", "update_types": ["bot_stopped"]}
        await messenger.call("POST", "/subscriptions", hook)
        return person, await messenger.chat(person), token, hook, pressed["query_id"]

    async def second(messenger: Messenger) -> None:
        assert await messenger.chat(person) == chat
        image = [{"type": "image", "payload": {"token": token}}]
        assert (await messenger.send(person, None, attachments=image))["body"]["seq"]
        answer = {"notification": "x"}
        await messenger.call("POST", "/answers", answer, callback_id=query_id)
        [listed] = (await messenger.call("GET", "/subscriptions"))["subscriptions"]
        assert (listed["url"], listed["update_types"]) == (hook["url"], hook["update_types"])

    person, chat, token, hook, query_id = await run(first)
    await run(second)
