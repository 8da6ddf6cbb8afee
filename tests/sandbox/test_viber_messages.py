"""What a bot of Viber may send, to whom and how fast; every refusal rides in HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.samples import sample
from sandbox.settings import Settings, ViberSettings
from tests.sandbox.conftest import Serve
from tests.sandbox.viber import SENDER, URI, VIBER_TOKEN, Listener, ViberBot
from tests.sandbox.world import Sandbox, Time

PICTURE = sample("photo").content
FILM = sample("video").content
PDF = sample("document").content
Media = Callable[[bytes], str]


@pytest.fixture
async def media(serve: Serve) -> Media:
    """Puts bytes at an address."""
    files: list[bytes] = []

    async def give(request: web.Request) -> web.Response:
        return web.Response(body=files[int(request.match_info["number"])])

    app = web.Application()
    app.router.add_get("/{number}/{name}", give)
    base = await serve(app)

    def put(content: bytes) -> str:
        files.append(content)
        return f"{base}/{len(files) - 1}/file"

    return put


def keyboard(*buttons: Any, **more: Any) -> Any:
    return {"Type": "keyboard", "Buttons": list(buttons), **more}


def button(**more: Any) -> Any:
    return {"ActionType": "reply", "ActionBody": "v1:yes", "Text": "Yes", **more}


def carousel(*buttons: Any, **more: Any) -> Any:
    size = {"ButtonsGroupColumns": 6, "ButtonsGroupRows": 2}
    return {"Type": "rich_media", **size, "Buttons": list(buttons), **more}


LONG_URL = "https://e.x/" + "x" * 1989


async def test_a_message_reaches_the_phone_and_its_answer_holds_a_token(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    answer = await viber.message(person, tracking_data="state=3")
    token = answer["message_token"]
    assert token > 2**53
    assert answer == {
        "status": 0,
        "status_message": "ok",
        "message_token": token,
        "chat_hostname": "SN-CHAT-05_",
        "billing_status": 1,
    }
    [record] = (await viber.chat(person))["messages"]
    assert record["message"] == {
        "type": "text",
        "text": "hi",
        "sender": SENDER,
        "tracking_data": "state=3",
    }
    delivered = (await listener.wait(2))[1]
    assert {**delivered, "timestamp": 0} == {
        "event": "delivered",
        "timestamp": 0,
        "message_token": token,
        "user_id": await viber.user_id(person),
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"type": None}, 4, id="no type"),
        pytest.param({"type": "dance"}, 3, id="an unknown type"),
        pytest.param({"type": ["text"]}, 3, id="a type that is no text"),
        pytest.param({"text": ""}, 4, id="no text"),
        pytest.param({"text": 7}, 3, id="a text that is none"),
        pytest.param({"text": "x" * 7000}, 0, id="a text of 7000 characters"),
        pytest.param({"text": "x" * 7001}, 3, id="a text of 7001"),
        pytest.param({"sender": None}, 4, id="no sender"),
        pytest.param({"sender": {"name": ""}}, 4, id="a sender without a name"),
        pytest.param({"sender": {"name": "x" * 29}}, 3, id="a long name of the sender"),
        pytest.param({"tracking_data": "x" * 4000}, 0, id="tracking data of 4000"),
        pytest.param({"tracking_data": "x" * 4001}, 3, id="tracking data of 4001"),
        pytest.param({"min_api_version": 8}, 0, id="the newest version"),
        pytest.param({"min_api_version": 9}, 13, id="a version that no phone has"),
        pytest.param({"min_api_version": "1"}, 3, id="a version in words"),
        pytest.param({"type": "url", "media": "https://e.x"}, 0, id="a link"),
        pytest.param({"type": "url", "media": LONG_URL}, 3, id="a long link"),
        pytest.param({"type": "url", "media": "e.x"}, 3, id="a link that is none"),
        pytest.param(
            {"type": "contact", "contact": {"name": "Anna", "phone_number": "79990000001"}},
            0,
            id="a contact",
        ),
        pytest.param(
            {"type": "contact", "contact": {"name": "x" * 29, "phone_number": "7"}},
            3,
            id="a contact with a long name",
        ),
        pytest.param(
            {"type": "contact", "contact": {"name": "Anna", "phone_number": "7" * 19}},
            3,
            id="a contact with a long number",
        ),
        pytest.param({"type": "contact"}, 4, id="a contact that is absent"),
        pytest.param({"type": "location", "location": {"lat": 55.7, "lon": 37}}, 0, id="a place"),
        pytest.param({"type": "location", "location": {"lat": 91, "lon": 0}}, 3, id="no place"),
        pytest.param({"type": "location", "location": {"lat": 5}}, 4, id="half a place"),
        pytest.param({"type": "sticker", "sticker_id": 40126}, 0, id="a sticker"),
        pytest.param({"type": "sticker", "sticker_id": "40126"}, 3, id="a sticker in words"),
    ],
)
async def test_limits_of_a_message(
    viber: ViberBot, listener: Listener, fields: dict[str, Any], status: int
) -> None:
    person = await viber.subscribed()
    answer = await viber.message(person, **fields)
    assert answer["status"] == status, answer
    assert len(await viber.statuses(person)) == (not status)


@pytest.mark.parametrize(
    ("fields", "content", "status"),
    [
        pytest.param({"type": "picture"}, PICTURE, 0, id="a picture without a caption"),
        pytest.param({"type": "picture", "text": "x" * 512}, PICTURE, 0, id="a caption of 512"),
        pytest.param({"type": "picture", "text": "x" * 513}, PICTURE, 3, id="a caption of 513"),
        pytest.param({"type": "picture"}, PICTURE.ljust(1_000_001), 3, id="a picture over 1 MB"),
        pytest.param({"type": "picture"}, PDF, 3, id="a picture that is none"),
        pytest.param({"type": "video", "size": len(FILM), "duration": 180}, FILM, 0, id="a film"),
        pytest.param({"type": "video"}, FILM, 4, id="a film without its size"),
        pytest.param({"type": "video", "size": 26_000_001}, FILM, 3, id="a film over 26 MB"),
        pytest.param({"type": "video", "size": 7}, FILM, 3, id="a film of another size"),
        pytest.param({"type": "video", "size": len(PICTURE)}, PICTURE, 3, id="a film that is none"),
        pytest.param(
            {"type": "video", "size": len(FILM), "duration": 181}, FILM, 3, id="a film over 180 s"
        ),
        pytest.param({"type": "file", "size": len(PDF), "file_name": "a.pdf"}, PDF, 0, id="a file"),
        pytest.param({"type": "file", "size": len(PDF)}, PDF, 4, id="a file without a name"),
        pytest.param({"type": "file", "file_name": "a.pdf"}, PDF, 4, id="a file without its size"),
        pytest.param(
            {"type": "file", "size": len(PDF), "file_name": "a"}, PDF, 3, id="a name without a kind"
        ),
        pytest.param(
            {"type": "file", "size": len(PDF), "file_name": "x" * 253 + ".pdf"},
            PDF,
            3,
            id="a long name",
        ),
        pytest.param(
            {"type": "file", "size": 50_000_001, "file_name": "a.pdf"}, PDF, 3, id="over 50 MB"
        ),
    ],
)
async def test_media_are_fetched_and_checked(
    viber: ViberBot,
    listener: Listener,
    media: Media,
    fields: dict[str, Any],
    content: bytes,
    status: int,
) -> None:
    person = await viber.subscribed()
    url = media(content)
    answer = await viber.message(person, media=url, **{"text": "", **fields})
    assert answer["status"] == status, answer
    if status:
        return
    [record] = (await viber.chat(person))["messages"]
    assert record["message"]["media"] == url
    page = f"{viber.sandbox.url}/phone/file/{record['file_id']}"
    async with viber.sandbox.http.get(page) as response:
        assert await response.read() == content


async def test_media_that_are_not_there_are_bad_data(viber: ViberBot, listener: Listener) -> None:
    person = await viber.subscribed()
    for url in (f"{viber.sandbox.url}/nothing", "http://127.0.0.1:9/x", "file:///etc/passwd"):
        assert (await viber.message(person, type="picture", media=url))["status"] == 3
    assert (await viber.message(person, type="picture"))["status"] == 4


@pytest.mark.parametrize(
    ("given", "version", "status"),
    [
        pytest.param(keyboard(button()), 1, 0, id="one button"),
        pytest.param(keyboard(*[button()] * 24), 1, 0, id="24 rows"),
        pytest.param(keyboard(*[button()] * 25), 1, 3, id="25 rows"),
        pytest.param(keyboard(*[button(Rows=2)] * 12), 1, 0, id="12 rows of double height"),
        pytest.param(keyboard(*[button(Rows=2)] * 13), 1, 3, id="13 rows of double height"),
        pytest.param(keyboard(*[button(Columns=1)] * 144), 1, 0, id="24 rows of six"),
        pytest.param(keyboard(*[button(Columns=1)] * 145), 1, 3, id="one more than 24 rows of six"),
        pytest.param(keyboard(*[button(Columns=3)] * 48), 1, 0, id="24 rows of two"),
        pytest.param(
            keyboard(*[button(Columns=4)] * 25), 1, 3, id="what does not fit side by side"
        ),
        pytest.param(keyboard(), 1, 3, id="no buttons"),
        pytest.param({"Type": "keyboard"}, 1, 4, id="buttons that are absent"),
        pytest.param({"Buttons": [button()]}, 1, 3, id="no type"),
        pytest.param([], 1, 3, id="no object"),
        pytest.param(keyboard("Yes"), 1, 3, id="a button of text"),
        pytest.param(keyboard(button(Columns=7)), 1, 3, id="a wide button"),
        pytest.param(keyboard(button(Rows=3)), 1, 3, id="a high button"),
        pytest.param(keyboard(button(Columns="3")), 1, 3, id="columns in words"),
        pytest.param(keyboard(button(Text="x" * 251)), 1, 3, id="a long label"),
        pytest.param(keyboard(button(ActionBody="")), 1, 4, id="no action body"),
        pytest.param(keyboard(button(ActionType="dance")), 1, 3, id="an unknown action"),
        pytest.param(keyboard(button(ActionType=["reply"])), 1, 3, id="an action that is no text"),
        pytest.param(keyboard(button(ActionType="none", ActionBody="")), 1, 0, id="a mere label"),
        pytest.param(
            keyboard(button(ActionType="open-url", ActionBody="tel:+7999")), 1, 0, id="an address"
        ),
        pytest.param(
            keyboard(button(ActionType="open-url", ActionBody="e.x")), 1, 3, id="no address"
        ),
        pytest.param(keyboard(button(TextSize="huge")), 1, 3, id="an unknown size"),
        pytest.param(keyboard(button(ActionType="share-phone")), 2, 14, id="a phone in version 2"),
        pytest.param(keyboard(button(ActionType="share-phone")), 3, 0, id="a phone in version 3"),
        pytest.param(
            keyboard(button(ActionType="location-picker")), 2, 14, id="a place in version 2"
        ),
        pytest.param(keyboard(button(Silent=True)), 3, 14, id="silence in version 3"),
        pytest.param(keyboard(button(Silent=True)), 4, 0, id="silence in version 4"),
        pytest.param(keyboard(button(Silent=1)), 4, 3, id="silence that is no truth"),
        pytest.param(
            keyboard(button(), InputFieldState="hidden"), 3, 14, id="a field in version 3"
        ),
        pytest.param(keyboard(button(), InputFieldState="gone"), 4, 3, id="an unknown field"),
    ],
)
async def test_limits_of_a_keyboard(
    viber: ViberBot, listener: Listener, given: Any, version: int, status: int
) -> None:
    person = await viber.subscribed()
    answer = await viber.message(person, keyboard=given, min_api_version=version)
    assert answer["status"] == status, answer
    assert (await viber.chat(person))["keyboard"] == (None if status else given)


@pytest.mark.parametrize(
    ("given", "version", "status"),
    [
        pytest.param(carousel(button(), button()), 2, 0, id="two cards"),
        pytest.param(carousel(button()), 1, 14, id="in version 1"),
        pytest.param(carousel(*[button()] * 6), 2, 0, id="six cards"),
        pytest.param(carousel(*[button()] * 7), 2, 3, id="seven cards"),
        pytest.param(carousel(button(Rows=3)), 2, 3, id="a button higher than its card"),
        pytest.param(carousel(button(), ButtonsGroupRows=8), 2, 3, id="a high card"),
        pytest.param(carousel(button(ActionType="location-picker")), 3, 3, id="a place"),
        pytest.param(None, 2, 4, id="nothing"),
        pytest.param(keyboard(button()), 2, 3, id="a keyboard"),
    ],
)
async def test_limits_of_a_carousel(
    viber: ViberBot, listener: Listener, given: Any, version: int, status: int
) -> None:
    person = await viber.subscribed()
    answer = await viber.message(
        person, type="rich_media", rich_media=given, min_api_version=version
    )
    assert answer["status"] == status, answer


async def test_a_request_has_30_kilobytes_as_they_are_on_the_wire(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    user_id = await viber.user_id(person)
    body = {"receiver": user_id, "type": "text", "text": "ы" * 7000, "sender": SENDER}
    url, http = f"{viber.sandbox.url}/viber/pa/send_message", viber.sandbox.http
    headers = {"X-Viber-Auth-Token": VIBER_TOKEN}
    found = []
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        async with http.post(url, data=text.encode(), headers=headers) as response:
            found.append((await response.json())["status"])
    # Escaped, the same text is 42 000 bytes.
    assert found == [3, 0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"auth_token": "' + VIBER_TOKEN.encode() + b'"}', 0, id="in the body"),
        pytest.param(b'{"auth_token": 7}', 2, id="a number"),
        pytest.param(b"{}", 2, id="absent"),
        pytest.param(b"[]", 3, id="no object"),
        pytest.param(b"{", 3, id="no JSON"),
        pytest.param(b"[" * 100_000, 3, id="JSON without a bottom"),
        pytest.param(b" " * 1_000_001, 3, id="a body without an end"),
    ],
)
async def test_the_token_rides_in_the_body_too(viber: ViberBot, body: bytes, status: int) -> None:
    url = f"{viber.sandbox.url}/viber/pa/get_account_info"
    async with viber.sandbox.http.post(url, data=body) as response:
        assert response.status == 200
        answer = await response.json()
    assert answer["status"] == status
    assert await viber.status("get_account_info", _token="wrong") == 2
    async with viber.sandbox.http.post(f"{url}s", data=body) as response:
        assert response.status == 404


async def test_nobody_is_written_to_who_did_not_subscribe(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.person()
    assert await viber.status("send_message", receiver="AAAA==", type="text") == 5
    assert await viber.status("send_message", type="text") == 4
    assert (await viber.message(person))["status"] == 6
    await viber.act(person, "start")
    assert (await viber.message(person))["status"] == 6
    await viber.act(person, "say", text="hello")
    await viber.send(person)
    await viber.act(person, "unsubscribe")
    assert (await viber.message(person))["status"] == 6
    await viber.act(person, "subscribe")
    await viber.send(person)
    await viber.act(person, "deactivate")
    assert (await viber.message(person))["status"] == 5


async def test_without_a_webhook_nothing_is_sent(viber: ViberBot) -> None:
    person = await viber.subscribed()
    assert (await viber.message(person))["status"] == 10
    assert await viber.status("broadcast_message", broadcast_list=["x"]) == 10


async def test_who_does_not_answer_gets_100_messages_an_hour(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    for _ in range(100):
        await viber.send(person)
    assert (await viber.message(person))["status"] == 12
    viber.sandbox.time.now += 3600
    await viber.send(person)
    for _ in range(99):
        await viber.send(person)
    assert (await viber.message(person))["status"] == 12
    await viber.act(person, "say", text="enough")
    await viber.send(person)
    calls = await viber.sandbox.control("GET", f"/calls?bot={URI}")
    assert calls["throttled"] == 2


async def test_a_broadcast_has_one_token_and_a_list_of_those_it_missed(
    viber: ViberBot, listener: Listener
) -> None:
    first, second, third = [await viber.subscribed() for _ in range(3)]
    await viber.act(second, "unsubscribe")
    ids = [await viber.user_id(each) for each in (first, second, third)]
    await viber.control(
        "POST", "/faults", method="broadcast_message", chat_id=ids[2], error_code=11
    )
    message = {"type": "text", "text": "News", "sender": SENDER}
    answer = await viber.call("broadcast_message", broadcast_list=[*ids, "?", ids[0]], **message)
    assert answer["failed_list"] == [
        {"receiver": ids[1], "status": 6, "status_message": "receiverNotSubscribed"},
        {"receiver": ids[2], "status": 11, "status_message": "receiverNoSuitableDevice"},
        {"receiver": "?", "status": 5, "status_message": "receiverNotRegistered"},
    ]
    again = await viber.call("broadcast_message", broadcast_list=ids[::2], **message)
    delivered = (await listener.wait(7))[4:]
    token = again["message_token"]
    assert [(each["message_token"], each["user_id"]) for each in delivered] == [
        (answer["message_token"], ids[0]),
        (token, ids[0]),
        (token, ids[2]),
    ]


@pytest.mark.parametrize(
    ("receivers", "status"),
    [
        pytest.param(["x"] * 300, 0, id="300 receivers"),
        pytest.param(["x"] * 301, 3, id="301 receivers"),
        pytest.param([], 4, id="none"),
        pytest.param("x", 3, id="no list"),
        pytest.param([7], 3, id="a number"),
    ],
)
async def test_limits_of_a_broadcast(
    viber: ViberBot, listener: Listener, receivers: Any, status: int
) -> None:
    message = {"type": "text", "text": "News", "sender": SENDER}
    assert await viber.status("broadcast_message", broadcast_list=receivers, **message) == status


async def test_500_broadcasts_pass_in_10_seconds(viber: ViberBot, listener: Listener) -> None:
    found = [await viber.status("broadcast_message", broadcast_list="x") for _ in range(501)]
    assert (found[499], found[500]) == (3, 12)
    viber.sandbox.time.now += 1
    assert await viber.status("broadcast_message", broadcast_list="x") == 3


async def test_a_person_can_be_looked_up_twice_in_12_hours(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.person(language_code="ru")
    user_id = await viber.user_id(person)
    assert await viber.status("get_user_details", id=user_id) == 6
    await viber.act(person, "subscribe")
    user = (await viber.call("get_user_details", id=user_id))["user"]
    assert (user["id"], user["name"], user["language"]) == (user_id, "Anna", "ru")
    await viber.call("get_user_details", id=user_id)
    assert await viber.status("get_user_details", id=user_id) == 12
    viber.sandbox.time.now += 12 * 3600
    await viber.call("get_user_details", id=user_id)
    assert await viber.status("get_user_details") == 4


async def test_who_is_online(viber: ViberBot, listener: Listener) -> None:
    on, off = await viber.subscribed(), await viber.subscribed()
    await viber.act(off, "switch_off")
    ids = [await viber.user_id(on), await viber.user_id(off), "?"]
    users = (await viber.call("get_online", ids=ids))["users"]
    assert [(each["id"], each["online_status"]) for each in users] == list(
        zip(ids, (0, 1, 4), strict=True)
    )
    assert await viber.status("get_online", ids=["x"] * 101) == 3
    assert await viber.status("get_online", ids=[]) == 4


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        pytest.param(
            {"error_code": 8},
            {"status": 8, "status_message": "publicAccountNotFound"},
            id="by its number",
        ),
        pytest.param({}, {"status": 99, "status_message": "generalError"}, id="in general"),
        pytest.param(
            {"error_code": 24, "description": "noMoney", "parameters": {"billing_status": 0}},
            {"status": 24, "status_message": "noMoney", "billing_status": 0},
            id="in other words and with more",
        ),
    ],
)
async def test_a_planned_fault_speaks_as_viber_does(
    viber: ViberBot, listener: Listener, fault: Any, answer: Any
) -> None:
    person = await viber.subscribed()
    user_id = await viber.user_id(person)
    await viber.control("POST", "/faults", method="send_message", chat_id=user_id, **fault)
    assert await viber.message(person) == answer
    await viber.send(person)
    wrong = {"bot": URI, "error_code": 0}
    await viber.sandbox.control("POST", "/faults", wrong, status=422)


async def test_a_cut_line_leaves_the_message_on_the_phone(
    viber: ViberBot, listener: Listener
) -> None:
    person = await viber.subscribed()
    await viber.control("POST", "/faults", kind="cut")
    with pytest.raises(aiohttp.ClientError):
        await viber.message(person)
    assert await viber.statuses(person) == ["delivered"]
    calls = await viber.sandbox.control("GET", f"/calls?bot={URI}")
    assert calls["counts"]["send_message 0"] == 1
    assert VIBER_TOKEN not in json.dumps(calls)


async def test_strict_about_addresses_where_told_to_be(
    settings: Settings,
    serve: Serve,
    http: aiohttp.ClientSession,
    time: Time,
) -> None:
    bots = (ViberSettings(VIBER_TOKEN, URI, "Tea & Leaf"),)
    told = replace(settings, viber_bots=bots, allow_local_urls=False)
    viber = ViberBot(Sandbox(await serve(build(told)), http, time))
    for url in ("http://shop.example/hook", "https://localhost/hook", "https://127.0.0.1/hook"):
        assert await viber.status("set_webhook", url=url) == 1
