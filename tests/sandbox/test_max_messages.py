"""Calls of MAX's bot API: who may write, what a message may hold, what errors look like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.samples import sample
from sandbox.settings import MaxSettings, Settings
from tests.sandbox.conftest import Serve
from tests.sandbox.max import BOT, MAX_TOKEN, NICK, YES, Messenger, button, keyboard
from tests.sandbox.world import Sandbox, Time


async def test_a_message_is_told_as_the_platform_tells_it(messenger: Messenger) -> None:
    person = await messenger.started()
    sent = await messenger.send(person, "Привет", attachments=[keyboard([YES])])
    assert sent["recipient"] == {
        "chat_id": (await messenger.chat(person))["chat_id"],
        "chat_type": "dialog",
        "user_id": person,
    }
    assert (sent["sender"]["user_id"], sent["sender"]["is_bot"]) == (BOT, True)
    body = sent["body"]
    assert body["text"] == "Привет"
    assert body["attachments"] == [keyboard([YES])]
    assert body["mid"].startswith("mid.")
    assert body["seq"] > 1 << 53
    assert (await messenger.send(person))["body"]["seq"] > body["seq"]
    by_chat = {"chat_id": sent["recipient"]["chat_id"]}
    messenger.sandbox.time.now += 1
    await messenger.call("POST", "/messages", {"text": "there"}, **by_chat)
    read = await messenger.call("GET", "/messages", **by_chat, count=2)
    assert [each["body"]["text"] for each in read["messages"]] == ["there", "hi"]
    [one] = (await messenger.call("GET", "/messages", message_ids=body["mid"]))["messages"]
    assert one == sent


@pytest.mark.parametrize(
    ("verb", "path", "token", "query", "refusal"),
    [
        pytest.param("GET", "/me", "", {}, (401, "verify.token"), id="no token"),
        pytest.param("GET", "/me", "other", {}, (401, "verify.token"), id="another token"),
        pytest.param(
            "GET", "/me", f"Bearer {MAX_TOKEN}", {}, (401, "verify.token"), id="a bearer token"
        ),
        pytest.param(
            "GET",
            "/me",
            MAX_TOKEN,
            {"access_token": MAX_TOKEN},
            (401, "verify.token"),
            id="a token in the query",
        ),
        pytest.param("GET", "/nothing", MAX_TOKEN, {}, (404, "not.found"), id="no such path"),
        pytest.param(
            "PUT", "/me", MAX_TOKEN, {}, (405, "method.not.allowed"), id="another verb of a path"
        ),
    ],
)
async def test_who_may_not_call_at_all(
    messenger: Messenger, verb: str, path: str, token: str, query: Any, refusal: tuple[int, str]
) -> None:
    assert await messenger.refused(verb, path, token=token, **query) == refusal


async def test_a_body_is_json_and_an_object(messenger: Messenger) -> None:
    person = await messenger.started()
    url = f"{messenger.sandbox.url}/max/messages?user_id={person}"
    for data, kind, status in [
        ("text=hi", "application/x-www-form-urlencoded", 415),
        ("{", "application/json", 400),
        ('["hi"]', "application/json", 400),
        (json.dumps({"text": "x" * 300_000}), "application/json", 413),
    ]:
        headers = {"Authorization": MAX_TOKEN, "Content-Type": kind}
        async with messenger.sandbox.http.post(url, data=data, headers=headers) as response:
            assert response.status == status


async def test_only_who_started_the_bot_can_be_written_to(messenger: Messenger) -> None:
    person = await messenger.person()
    assert await messenger.refused_send(person) == (404, "chat.not.found")
    assert await messenger.refused_send(999) == (404, "chat.not.found")
    await messenger.act(person, "start")
    await messenger.send(person)
    await messenger.act(person, "block")
    messenger.sandbox.time.now += 1
    status, answer = await messenger.ask("POST", "/messages", {"text": "x"}, user_id=person)
    assert (status, answer["code"]) == (403, "chat.denied")
    assert "error.dialog.suspended" in answer["message"]
    chat_id = (await messenger.chat(person))["chat_id"]
    assert (await messenger.call("GET", f"/chats/{chat_id}"))["status"] == "suspended"
    await messenger.act(person, "unblock")
    await messenger.send(person)
    await messenger.act(person, "delete")
    assert await messenger.refused_send(person) == (404, "chat.not.found")
    await messenger.act(person, "start")
    await messenger.act(person, "deactivate")
    assert await messenger.refused_send(person) == (404, "chat.not.found")


async def test_a_send_names_a_person_or_a_chat_but_not_both(messenger: Messenger) -> None:
    person = await messenger.started()
    chat_id = (await messenger.chat(person))["chat_id"]
    for query in ({}, {"user_id": person, "chat_id": chat_id}, {"user_id": "me"}):
        refusal = await messenger.refused("POST", "/messages", {"text": "x"}, **query)
        assert refusal == (400, "proto.payload")
    # One number mistaken for the other finds nobody.
    refusal = await messenger.refused("POST", "/messages", {"text": "x"}, user_id=chat_id)
    assert refusal == (404, "chat.not.found")


SITE = "https://e.x"
PLACE = {"type": "location", "latitude": 55.75, "longitude": 37.61}
LINK = button("link", "Site", url=SITE)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"text": ""}, id="an empty text"),
        pytest.param({"text": " \n"}, id="nothing but white space"),
        pytest.param({"text": 7}, id="a text that is a number"),
        pytest.param({"text": "x" * 4001}, id="a text that is too long"),
        pytest.param({"text": "😀" * 2001}, id="a text that is too long in UTF-16"),
        pytest.param({"text": "x", "format": "MarkdownV2"}, id="a format of another messenger"),
        pytest.param({"text": "<b>x", "format": "html"}, id="a tag that is not closed"),
        pytest.param({"text": "<font>x</font>", "format": "html"}, id="an unknown tag"),
        pytest.param({"text": "x", "notify": "yes"}, id="a notify that is text"),
        pytest.param({"text": "x", "attachments": {}}, id="attachments that are no array"),
        pytest.param({"text": "x", "attachments": [{"type": "poll"}]}, id="an unknown attachment"),
        pytest.param({"text": "x", "attachments": [{"type": "image"}]}, id="no payload"),
        pytest.param({"text": None, "attachments": [keyboard([YES])]}, id="only a keyboard"),
        pytest.param({"text": "x", "attachments": [keyboard([YES])] * 2}, id="two keyboards"),
        pytest.param({"text": "x", "attachments": [keyboard()]}, id="a keyboard without rows"),
        pytest.param({"text": "x", "attachments": [keyboard([])]}, id="an empty row"),
        pytest.param({"text": "x", "attachments": [keyboard([YES] * 8)]}, id="eight in a row"),
        pytest.param({"text": "x", "attachments": [keyboard([LINK, YES, YES, YES])]}, id="4 wide"),
        pytest.param({"text": "x", "attachments": [keyboard(*[[YES]] * 31)]}, id="31 rows"),
        pytest.param(
            {"text": "x", "attachments": [keyboard([button(payload="x" * 1025)])]},
            id="a payload that is too long",
        ),
        pytest.param({"text": "x", "attachments": [keyboard([button()])]}, id="no payload at all"),
        pytest.param(
            {"text": "x", "attachments": [keyboard([button(text="x" * 129, payload="a")])]},
            id="a label that is too long",
        ),
        pytest.param(
            {"text": "x", "attachments": [keyboard([button("link", url="javascript:x")])]},
            id="a link that is no web address",
        ),
        pytest.param(
            {
                "text": "x",
                "attachments": [keyboard([button("link", url="http://x/" + "y" * 2048)])],
            },
            id="a link that is too long",
        ),
        pytest.param(
            {"text": "x", "attachments": [keyboard([button("chat")])]}, id="a chat button"
        ),
        pytest.param(
            {"text": "x", "attachments": [{**PLACE, "latitude": 91}]},
            id="no place on Earth",
        ),
        pytest.param(
            {"text": "x", "attachments": [{**PLACE, "latitude": float("nan")}]},
            id="a place that is no number",
        ),
        pytest.param(
            {"text": "x", "attachments": [{"type": "video", "payload": {"token": "unknown"}}]},
            id="an unknown token",
        ),
        pytest.param(
            {"text": "x", "attachments": [{"type": "video", "payload": {"url": "http://e.x"}}]},
            id="a video by its address",
        ),
        pytest.param(
            {
                "text": "x",
                "attachments": [{"type": "sticker", "payload": {"code": "a"}}, keyboard([YES])],
            },
            id="a sticker with a keyboard",
        ),
        pytest.param(
            {"text": "x", "attachments": [{"type": "image", "payload": {"token": "t"}}] * 13},
            id="thirteen pictures",
        ),
    ],
)
async def test_a_message_that_is_wrong_is_refused(messenger: Messenger, body: Any) -> None:
    person = await messenger.started()
    assert await messenger.refused_send(person, **body) == (400, "proto.payload")
    assert (await messenger.chat(person))["messages"] == []


async def test_as_much_as_the_platform_takes_passes(messenger: Messenger) -> None:
    person = await messenger.started()
    full = keyboard(*[[YES] * 7] * 30)
    sent = await messenger.send(person, "x" * 4000, attachments=[full])
    assert sent["body"]["attachments"] == [full]
    wide = [LINK, button("request_contact"), button("request_geo_location", quick=True)]
    await messenger.send(person, attachments=[keyboard(wide)])
    await messenger.send(person, None, attachments=[PLACE])
    await messenger.send(person, None, attachments=[{"type": "sticker", "payload": {"code": "a"}}])
    card = {"type": "contact", "payload": {"name": "Tea shop", "vcf_phone": "+79990000000"}}
    sent = await messenger.send(person, None, attachments=[card])
    assert "FN:Tea shop" in sent["body"]["attachments"][0]["payload"]["vcf_info"]


@pytest.mark.parametrize(
    ("style", "given", "text", "markup"),
    [
        pytest.param(
            "html",
            "😀 <b>a &lt; <i>b</i></b>",
            "😀 a < b",
            [("strong", 3, 5), ("emphasized", 7, 1)],
            id="tags inside each other, in UTF-16",
        ),
        pytest.param("html", '<a href="https://e.x">go</a>', "go", [("link", 0, 2)], id="a link"),
        pytest.param(
            "html", '<a href="max://user/5">Anna</a>', "Anna", [("user_mention", 0, 4)], id="a name"
        ),
        pytest.param(
            "markdown",
            "**a *b*** ~~c~~ ++d++ `e*` ^^f^^ [g](https://e.x)",
            "a b c d e* f g",
            [
                *(("strong", 0, 3), ("emphasized", 2, 1), ("strikethrough", 4, 1)),
                *(("underline", 6, 1), ("monospaced", 8, 2), ("highlighted", 11, 1)),
                ("link", 13, 1),
            ],
            id="all inline marks",
        ),
        pytest.param(
            "markdown",
            "# Tea\n> said\n2 * 3 * 4",
            "Tea\nsaid\n2 * 3 * 4",
            [("heading", 0, 3), ("quote", 4, 4)],
            id="a heading, a quote and what is no mark",
        ),
        pytest.param("markdown", r"\*a\* b_c", "*a* b_c", [], id="escaped marks"),
    ],
)
async def test_formatting_becomes_markup(
    messenger: Messenger, style: str, given: str, text: str, markup: Any
) -> None:
    person = await messenger.started()
    body = (await messenger.send(person, given, format=style))["body"]
    assert body["text"] == text
    assert [(each["type"], each["from"], each["length"]) for each in body["markup"]] == markup


async def test_too_fast_is_429_per_chat_and_in_all(messenger: Messenger) -> None:
    people = [await messenger.started() for _ in range(20)]
    first = people[0]
    body = {"text": "x"}
    answers = [await messenger.ask("POST", "/messages", body, user_id=first) for _ in "123"]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert answers[2][1]["code"] == "too.many.requests"
    messenger.sandbox.time.now += 0.5
    assert (await messenger.ask("POST", "/messages", body, user_id=first))[0] == 200
    messenger.sandbox.time.now += 60
    many = [await messenger.ask("POST", "/messages", body, user_id=each) for each in people * 2]
    assert [status for status, _ in many] == [200] * 30 + [429] * 10
    journal = await messenger.sandbox.control("GET", f"/calls?bot={NICK}")
    assert journal["throttled"] == 11


async def test_an_edit_changes_what_it_names_and_a_deletion_takes_away(
    messenger: Messenger,
) -> None:
    person = await messenger.started()
    mid = (await messenger.send(person, "one", attachments=[keyboard([YES])]))["body"]["mid"]
    assert await messenger.call("PUT", "/messages", {"text": "two"}, message_id=mid) == {
        "success": True
    }
    [message] = (await messenger.chat(person))["messages"]
    assert (message["body"]["text"], len(message["body"]["attachments"])) == ("two", 1)
    await messenger.call("PUT", "/messages", {"attachments": []}, message_id=mid)
    [message] = (await messenger.chat(person))["messages"]
    assert (message["body"]["text"], message["body"]["attachments"]) == ("two", [])
    theirs = (await messenger.act(person, "say", text="mine"))["body"]["mid"]
    refusal = await messenger.refused("PUT", "/messages", {"text": "x"}, message_id=theirs)
    assert refusal == (403, "chat.denied")
    await messenger.call("DELETE", "/messages", message_id=mid)
    assert await messenger.refused("DELETE", "/messages", message_id=mid) == (404, "not.found")
    assert len((await messenger.chat(person))["messages"]) == 1


async def test_a_text_is_edited_for_a_week_and_one_with_buttons_for_ever(
    messenger: Messenger,
) -> None:
    person = await messenger.started()
    text = (await messenger.send(person, "one"))["body"]["mid"]
    asks = (await messenger.send(person, "two", attachments=[keyboard([YES])]))["body"]["mid"]
    messenger.sandbox.time.now += 7 * 86_400 - 60
    await messenger.call("PUT", "/messages", {"text": "three"}, message_id=text)
    messenger.sandbox.time.now += 60
    status, _ = await messenger.refused("PUT", "/messages", {"text": "four"}, message_id=text)
    assert status == 400
    await messenger.call("PUT", "/messages", {"text": "four"}, message_id=asks)
    await messenger.call("DELETE", "/messages", message_id=text)


async def test_a_reply_holds_the_message_it_answers(messenger: Messenger) -> None:
    person = await messenger.started()
    said = await messenger.act(person, "say", text="Where is it?")
    reply = {"type": "reply", "mid": said["body"]["mid"]}
    sent = await messenger.send(person, "On its way", link=reply)
    assert sent["link"]["message"] == said["body"]
    assert sent["link"]["sender"]["user_id"] == person
    other = await messenger.started()
    assert await messenger.refused_send(other, link=reply) == (404, "not.found")
    assert (await messenger.send(other, None, link={**reply, "type": "forward"}))["link"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("video", sample("video").content, id="a video"),
        pytest.param("audio", sample("voice").content, id="a voice message"),
        pytest.param("file", sample("document").content, id="a document"),
    ],
)
async def test_an_upload_is_not_ready_for_the_first_message(
    messenger: Messenger, kind: str, content: bytes
) -> None:
    person = await messenger.started()
    token, _ = await messenger.upload(kind, content)
    attachments = [{"type": kind, "payload": {"token": token}}]
    refusal = await messenger.refused_send(person, None, attachments=attachments)
    assert refusal == (400, "attachment.not.ready")
    for _ in "12":
        sent = await messenger.send(person, None, attachments=attachments)
        [attachment] = sent["body"]["attachments"]
        assert (attachment["type"], attachment["payload"]["token"]) == (kind, token)
    url = messenger.here(attachment["payload"]["url"])
    async with messenger.sandbox.http.get(url) as response:
        assert await response.read() == content
    wrong = [{"type": "image", "payload": {"token": token}}]
    assert await messenger.refused_send(person, None, attachments=wrong) == (400, "proto.payload")


async def test_the_token_of_a_film_is_nothing_before_its_bytes(messenger: Messenger) -> None:
    person = await messenger.started()
    told = await messenger.call("POST", "/uploads", type="video")
    film = [{"type": "video", "payload": {"token": told["token"]}}]
    for _ in "12":
        refusal = await messenger.refused_send(person, None, attachments=film)
        assert refusal == (400, "attachment.not.ready")
    assert "token" not in await messenger.call("POST", "/uploads", type="image")
    assert await messenger.refused("POST", "/uploads", type="photo") == (400, "proto.payload")


async def test_a_picture_goes_by_its_token_its_photos_or_its_address(
    messenger: Messenger, serve: Serve
) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=sample("photo").content, content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/tea.jpg", picture)
    there = await serve(app)
    person = await messenger.started()
    token, _ = await messenger.upload("image", sample("photo").content)
    payloads = ({"token": token}, {"photos": {"x": {"token": token}}}, {"url": f"{there}/tea.jpg"})
    for payload in payloads:
        image = [{"type": "image", "payload": payload}, keyboard([YES])]
        [shown, _] = (await messenger.send(person, "Tea", attachments=image))["body"]["attachments"]
        async with messenger.sandbox.http.get(messenger.here(shown["payload"]["url"])) as response:
            assert await response.read() == sample("photo").content
    for payload in ({"url": f"{there}/nothing"}, {}):
        image = [{"type": "image", "payload": payload}]
        assert await messenger.refused_send(person, attachments=image) == (400, "proto.payload")


async def test_an_upload_must_be_what_it_says(messenger: Messenger) -> None:
    for kind in ("image", "video", "audio"):
        assert (await messenger.upload(kind, b"%PDF-1.4"))[1] == 400
    told = await messenger.call("POST", "/uploads", type="file")
    for status in (200, 404):
        form = aiohttp.FormData()
        form.add_field("data", b"hello", filename="a.txt")
        async with messenger.sandbox.http.post(messenger.here(told["url"]), data=form) as response:
            assert response.status == status


async def test_what_a_bot_says_of_itself(messenger: Messenger) -> None:
    me = await messenger.call("GET", "/me")
    assert (me["user_id"], me["username"], me["first_name"]) == (BOT, NICK, "Tea & Leaf")
    commands = [{"name": "stop", "description": "Leave"}]
    told = {"first_name": "Leaf", "description": "Ask", "commands": commands}
    changed = await messenger.call("PATCH", "/me", told)
    assert changed == {**me, **told, "name": "Leaf"}
    assert await messenger.call("PATCH", "/me", {}) == changed
    for wrong in (
        {"commands": commands * 33},
        {"commands": [{"name": "x" * 65}]},
        {"commands": [{"name": "x", "description": "x" * 129}]},
    ):
        assert await messenger.refused("PATCH", "/me", wrong) == (400, "proto.payload")


async def test_a_chat_tells_its_person_and_takes_actions(messenger: Messenger) -> None:
    person = await messenger.started(last_name="Lee")
    said = await messenger.act(person, "say", text="hello")
    chat_id = (await messenger.chat(person))["chat_id"]
    chat = await messenger.call("GET", f"/chats/{chat_id}")
    assert (chat["type"], chat["status"]) == ("dialog", "active")
    assert chat["dialog_with_user"]["last_name"] == "Lee"
    assert chat["last_event_time"] == said["timestamp"]
    actions = f"/chats/{chat_id}/actions"
    for action in ("typing_on", "sending_photo", "mark_seen"):
        assert await messenger.call("POST", actions, {"action": action}) == {"success": True}
    assert await messenger.refused("POST", actions, {"action": "jump"}) == (400, "proto.payload")
    assert await messenger.refused("GET", "/chats/5") == (404, "chat.not.found")


async def test_faults_are_told_in_the_platforms_shape(messenger: Messenger) -> None:
    person, other = await messenger.started(), await messenger.started()
    about = {"method": "POST /messages", "chat_id": str(person)}
    await messenger.control("POST", "/faults", **about, error_code=503)
    later = {"code": "attachment.not.ready"}
    await messenger.control("POST", "/faults", **about, error_code=400, parameters=later)
    await messenger.send(other)
    assert await messenger.refused_send(person) == (503, "service.unavailable")
    chat_id = (await messenger.chat(person))["chat_id"]
    by_chat = await messenger.refused("POST", "/messages", {"text": "x"}, chat_id=chat_id)
    assert by_chat == (400, "attachment.not.ready")
    await messenger.control("POST", "/faults", **about, kind="cut")
    with pytest.raises(aiohttp.ClientError):
        await messenger.send(person, "may be there")
    [message] = (await messenger.chat(person))["messages"]
    assert message["body"]["text"] == "may be there"
    wrong = {"bot": NICK, "error_code": 7}
    await messenger.sandbox.control("POST", "/faults", wrong, status=422)


async def test_without_the_setting_only_public_addresses_pass(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> None:
    told = replace(
        settings,
        allow_local_urls=False,
        max_bots=(MaxSettings(MAX_TOKEN, BOT, NICK, "Tea"),),
    )
    messenger = Messenger(Sandbox(await serve(build(told)), http, time))
    for url in ("http://e.x/hook", "https://localhost/hook", "https://e.x:8443/hook", "ftp://e.x"):
        refusal = await messenger.refused("POST", "/subscriptions", {"url": url})
        assert refusal == (400, "proto.payload")
    await messenger.call("POST", "/subscriptions", {"url": "https://e.x/hook"})
