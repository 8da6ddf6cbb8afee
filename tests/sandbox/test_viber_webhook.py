"""Events of Viber on their way: the handshake, signatures, retries and the welcome."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from tests.sandbox.conftest import Serve
from tests.sandbox.viber import SENDER, URI, Listener, ViberBot

WELCOME = {"type": "text", "text": "Welcome", "sender": SENDER}


def answer(**message: Any) -> web.Response:
    return web.json_response({**WELCOME, **message})


async def texts(viber: ViberBot, person: int) -> list[str]:
    return [each["message"].get("text", "") for each in (await viber.chat(person))["messages"]]


async def test_the_address_is_called_before_set_webhook_answers(
    viber: ViberBot, listener: Listener
) -> None:
    [called] = listener.called
    assert {**called, "message_token": 0} == {
        "event": "webhook",
        "timestamp": int(viber.sandbox.time.now * 1000),
        "message_token": 0,
    }
    info = await viber.call("get_account_info")
    assert (info["webhook"], info["uri"]) == (listener.url, URI)
    assert info["event_types"] == [
        "delivered",
        "seen",
        "failed",
        "subscribed",
        "unsubscribed",
        "conversation_started",
    ]


async def test_an_address_that_fails_leaves_the_one_before(
    viber: ViberBot, listener: Listener
) -> None:
    listener.status = 500
    assert await viber.status("set_webhook", url=f"{listener.url}?other") == 1
    assert await viber.status("set_webhook", url="http://127.0.0.1:9/nobody") == 1
    assert (await viber.call("get_account_info"))["webhook"] == listener.url


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        pytest.param({}, 4, id="no url"),
        pytest.param({"url": "ftp://shop.example"}, 1, id="no web address"),
        pytest.param({"url": 7}, 1, id="a number for a url"),
        pytest.param({"url": "http://x", "event_types": ["dance"]}, 3, id="an unknown event"),
        pytest.param({"url": "http://x", "event_types": "seen"}, 3, id="events that are no list"),
        pytest.param({"url": "http://x", "send_name": "yes"}, 3, id="a wish that is no truth"),
    ],
)
async def test_a_webhook_that_cannot_be(viber: ViberBot, wrong: Any, status: int) -> None:
    assert await viber.status("set_webhook", **wrong) == status


async def test_an_empty_url_removes_the_webhook_and_what_waits(
    viber: ViberBot, listener: Listener
) -> None:
    await viber.control("POST", "/delivery", paused=True)
    person = await viber.subscribed()
    await viber.call("set_webhook", url="")
    assert (await viber.message(person))["status"] == 10
    await viber.act(person, "say", text="anybody?")
    pending = await viber.sandbox.control("GET", f"/updates?bot={URI}")
    assert pending["pending"] == []


async def test_only_listed_events_come_and_messages_always(
    viber: ViberBot, listener: Listener
) -> None:
    await viber.call("set_webhook", url=listener.url, event_types=["seen"])
    person = await viber.person()
    await viber.act(person, "start")
    await viber.act(person, "say", text="hello")
    await viber.send(person)
    await viber.act(person, "read")
    message, _ = await listener.wait(2)
    assert [each["event"] for each in listener.got] == ["message", "seen"]
    # Neither name nor photo unless they were asked for.
    assert set(message["sender"]) == {"id", "country", "language", "api_version"}


async def test_an_event_carries_a_token_that_no_float_can_hold(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed(last_name="Petrova", language_code="ru")
    await viber.act(person, "say", text="Привет")
    subscribed, message, delivered = await listener.wait(3)
    user = {
        "id": await viber.user_id(person),
        "name": "Anna Petrova",
        "avatar": "http://127.0.0.1/static/favicon.svg",
        "country": "BY",
        "language": "ru",
        "api_version": 8,
    }
    token = message["message_token"]
    assert (subscribed["event"], subscribed["user"]) == ("subscribed", user)
    assert message == {
        "event": "message",
        "timestamp": int(viber.sandbox.time.now * 1000),
        "message_token": token,
        "sender": user,
        "silent": False,
        "message": {"type": "text", "text": "Привет"},
    }
    # The same token comes back for what the person wrote.
    assert (delivered["event"], delivered["message_token"]) == ("delivered", token)
    other = subscribed["message_token"]
    assert other != token
    assert float(other) == float(token)


async def test_the_same_person_has_another_id_for_another_bot(
    viber: ViberBot, listener: Listener
) -> None:
    first, second = await viber.person(), await viber.person()
    assert await viber.user_id(first) != await viber.user_id(second)
    assert await viber.user_id(first) == await viber.user_id(first)
    assert (await viber.user_id(first)).endswith("==")


async def test_whatever_is_not_200_comes_again_for_about_an_hour(
    viber: ViberBot, listener: Listener
) -> None:
    listener.answers = [web.Response(status=code) for code in (500, 404, 302, 503, 201, 500)]
    await viber.subscribed()
    await listener.wait(6)
    assert len({each["message_token"] for each in listener.got}) == 1
    assert viber.sandbox.time.pauses == [10, 60, 300, 900, 1800]
    # The seventh try never comes: the next event is a new one.
    listener.got.clear()
    await viber.subscribed()
    await listener.wait(1)
    updates = await viber.sandbox.control("GET", f"/updates?bot={URI}")
    assert updates["pending"] == []


async def test_events_can_be_held_back_let_go_backwards_and_sent_again(
    viber: ViberBot, listener: Listener
) -> None:
    await viber.control("POST", "/delivery", paused=True)
    person = await viber.subscribed()
    await viber.act(person, "say", text="one")
    await viber.control("POST", "/delivery/release", order="reverse")
    assert await listener.events(3) == ["delivered", "message", "subscribed"]
    await viber.control("POST", "/updates/redeliver", count=1)
    assert (await listener.wait(4))[3] == listener.got[2]
    await viber.control("POST", "/updates", update={"event": "client_status", "x": 1})
    await viber.control("POST", "/delivery", paused=False)
    assert (await listener.wait(5))[4] == {"event": "client_status", "x": 1}


async def test_the_welcome_is_the_answer_to_conversation_started(
    viber: ViberBot, listener: Listener
) -> None:
    listener.answers = [answer()]
    person = await viber.person()
    await viber.act(person, "follow", param="promo_42")
    started, delivered = await listener.wait(2)
    assert (started["event"], started["type"], started["context"], started["subscribed"]) == (
        "conversation_started",
        "open",
        "promo_42",
        False,
    )
    [shown] = (await viber.chat(person))["messages"]
    assert shown["message"] == WELCOME
    assert (delivered["event"], delivered["message_token"]) == ("delivered", shown["message_token"])
    # One answer is one welcome, however often the event is posted.
    listener.answers = [answer(text="Twice")]
    sent = (await viber.sandbox.control("GET", f"/updates?bot={URI}"))["ids"]["sent"]
    await viber.control("POST", "/updates/redeliver", ids=sent[:1])
    assert await texts(viber, person) == ["Welcome"]
    # To be welcomed is not to be subscribed.
    assert (await viber.message(person))["status"] == 6
    listener.answers = [answer(text="Again")]
    await viber.act(person, "follow", param="promo_43")
    await listener.wait(5)
    assert await texts(viber, person) == ["Welcome", "Again"]


async def test_a_subscriber_is_not_welcomed(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    listener.answers = [web.Response(), answer()]
    await viber.act(person, "start")
    started = (await listener.wait(2))[1]
    assert started["subscribed"] is True
    assert "context" not in started
    await viber.act(person, "unsubscribe")
    await listener.wait(3)
    assert await texts(viber, person) == []


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(json.dumps({**WELCOME, "text": "x" * 7001}), 3, id="a long text"),
        pytest.param(json.dumps({"type": "text", "text": "x"}), 4, id="no sender"),
        pytest.param(json.dumps({**WELCOME, "tracking_data": "x" * 40_000}), 3, id="over 30 KB"),
        pytest.param("ok", None, id="no JSON is no welcome"),
        pytest.param("{}", None, id="an empty object is no welcome"),
        pytest.param("", None, id="nothing is no welcome"),
    ],
)
async def test_a_wrong_welcome_is_not_shown_but_written_down(
    viber: ViberBot, listener: Listener, reply: str, status: int | None
) -> None:
    listener.answers = [web.Response(text=reply)]
    person = await viber.person()
    await viber.act(person, "start")
    await listener.wait(1)
    # The event after it: by then the answer to the first was read.
    await viber.act(person, "subscribe")
    await listener.wait(2)
    assert await texts(viber, person) == []
    calls = await viber.sandbox.control("GET", f"/calls?bot={URI}&method=welcome")
    assert [each["answer"]["status"] for each in calls["items"]] == (
        [] if status is None else [status]
    )


async def test_a_link_leads_to_the_phone(viber: ViberBot, serve: Serve) -> None:
    url = f"{viber.sandbox.url}/viber"
    query = {"chatURI": URI, "context": "promo_42"}
    async with viber.sandbox.http.get(url, params=query) as response:
        assert response.url.query == {"bot": URI, "start": "promo_42"}
        assert 'data-channel="viber"' in await response.text()
    async with viber.sandbox.http.get(url, params={"chatURI": "nobody"}) as response:
        assert response.status == 404
