"""What persons do in VK, and what the community hears of it."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.samples import sample
from sandbox.settings import Settings, VkSettings
from sandbox.vk.people import person_id_of
from tests.sandbox.vk import GROUP, NAME, VK_TOKEN, Community, Server
from tests.sandbox.world import Sandbox, Time


def inline(*buttons: Any, **more: Any) -> Any:
    return {"inline": True, "buttons": [list(buttons)], **more}


CALLBACK = {
    "action": {"type": "callback", "label": "Да", "payload": '{"a":"yes","n":17}'},
    "color": "positive",
}
TEXT = {"action": {"type": "text", "label": "Catalogue", "payload": '{"go":1}'}}
LINK = {"action": {"type": "open_link", "label": "Site", "link": "https://e.x"}}
PLACE = {"action": {"type": "location", "payload": '{"where":1}'}}


async def test_a_ref_rides_on_the_first_message_after_the_link_and_on_no_other(
    community: Community, server: Server
) -> None:
    person = await community.person()
    await community.act(person, "follow", param="promo_42", source="site")
    assert server.got == []
    await community.act(person, "start")
    await community.act(person, "say", text="and")
    await community.act(person, "follow", param="promo_43")
    await community.act(person, "say", text="again")
    first, second, third = (each["object"]["message"] for each in await server.wait(3))
    assert (first["ref"], first["ref_source"]) == ("promo_42", "site")
    assert json.loads(first["payload"]) == {"command": "start"}
    assert "ref" not in second
    assert "payload" not in second
    assert third["ref"] == "promo_43"
    assert "ref_source" not in third


async def test_a_link_leads_to_the_phone(community: Community) -> None:
    url = f"{community.sandbox.url}/vk.me/{NAME}?ref=promo_42"
    async with community.sandbox.http.get(url) as response:
        assert response.url.query == {"bot": NAME, "start": "promo_42"}
        page = await response.text()
    assert 'data-channel="vk"' in page
    assert "Telegram" in page
    async with community.sandbox.http.get(f"{community.sandbox.url}/vk.me/nobody") as response:
        assert response.status == 404


async def test_a_callback_button_waits_for_its_answer(community: Community, server: Server) -> None:
    person = await community.started()
    await community.send(person, "Well?", keyboard=inline(CALLBACK, LINK))
    pressed = await community.act(person, "press", message_id=2, row=0, column=0)
    event = (await server.wait(3))[2]
    assert event["type"] == "message_event"
    assert event["object"] == {
        "user_id": person,
        "peer_id": person,
        "event_id": pressed["query_id"],
        "payload": {"a": "yes", "n": 17},
        "conversation_message_id": 2,
    }
    answer = {"event_id": pressed["query_id"], "user_id": person, "peer_id": person}
    for wrong in ({"type": "show_snackbar", "text": "x" * 91}, {"type": "dance"}):
        method = "messages.sendMessageEventAnswer"
        assert await community.error(method, **answer, event_data=wrong) == 100
    other = {**answer, "user_id": person + 1, "peer_id": person + 1}
    assert await community.error("messages.sendMessageEventAnswer", **other) == 100
    toast = {"type": "show_snackbar", "text": "Спасибо"}
    assert await community.call("messages.sendMessageEventAnswer", **answer, event_data=toast) == 1
    assert await community.error("messages.sendMessageEventAnswer", **answer) == 100
    link = await community.act(person, "press", message_id=2, row=0, column=1)
    assert link == {"url": "https://e.x"}
    forged = await community.act(person, "press", message_id=2, data='{"a":"admin"}')
    assert (await server.wait(4))[3]["object"]["payload"] == {"a": "admin"}
    community.sandbox.time.now += 61
    late = {**answer, "event_id": forged["query_id"]}
    assert await community.error("messages.sendMessageEventAnswer", **late) == 100


async def test_buttons_below_send_their_label_and_payload(
    community: Community, server: Server
) -> None:
    person = await community.started()
    below = {"one_time": True, "inline": False, "buttons": [[TEXT, PLACE]]}
    await community.send(person, keyboard=below)
    await community.act(person, "tap", row=0, column=0)
    message = (await server.wait(3))[2]["object"]["message"]
    assert (message["text"], message["payload"]) == ("Catalogue", '{"go":1}')
    # It was for one time.
    assert (await community.chat(person))["keyboard"] is None
    await community.send(person, keyboard={**below, "one_time": False})
    await community.act(person, "tap", row=0, column=1)
    message = (await server.wait(5))[4]["object"]["message"]
    assert (message["geo"]["type"], message["payload"]) == ("point", '{"where":1}')
    assert (await community.chat(person))["keyboard"] is not None
    await community.send(person, keyboard={"buttons": [], "one_time": True})
    assert (await community.chat(person))["keyboard"] is None


async def test_permission_is_given_and_taken_by_its_events(
    community: Community, server: Server
) -> None:
    person = await community.person()
    await community.act(person, "join")
    await community.act(person, "allow", key="order-7")
    await community.send(person)
    await community.act(person, "deny")
    await community.act(person, "leave")
    events = await server.wait(5)
    assert [
        (each["type"], each["object"]) for each in events if each["type"] != "message_reply"
    ] == [
        ("group_join", {"user_id": person, "join_type": "join"}),
        ("message_allow", {"user_id": person, "key": "order-7"}),
        ("message_deny", {"user_id": person}),
        ("group_leave", {"user_id": person, "self": 1}),
    ]
    # To write is a permission again.
    await community.act(person, "say", text="sorry")
    await community.send(person)


async def test_a_read_mark_covers_all_before_it(community: Community, server: Server) -> None:
    person = await community.started()
    await community.send(person, "one")
    last = await community.send(person, "two")
    await community.act(person, "read")
    event = (await server.wait(4))[3]
    assert (event["type"], event["object"]) == (
        "message_read",
        {
            "from_id": person,
            "peer_id": person,
            "read_message_id": last,
            "conversation_message_id": 3,
        },
    )


async def test_replies_tell_own_sends_from_an_administrators(
    community: Community, server: Server
) -> None:
    person = await community.started()
    number = await community.send(person, "by the API", random_id=991)
    await community.act(person, "admin_reply", text="by hand", admin_id=77)
    own, human = (each["object"] for each in (await server.wait(3))[1:])
    assert (own["id"], own["random_id"], own["out"]) == (number, 991, 1)
    assert "admin_author_id" not in own
    assert (human["text"], human["admin_author_id"], human["from_id"]) == ("by hand", 77, -219)


async def test_rarer_acts_have_their_events(community: Community, server: Server) -> None:
    person = await community.started()
    await community.act(person, "edit", message_id=1, text="Begin")
    await community.act(person, "react", message_id=1, reaction_id=4)
    await community.act(person, "type")
    await community.act(person, "ban")
    await community.act(person, "unban")
    edited, reacted, typed, banned, unbanned = (await server.wait(6))[1:]
    assert (edited["type"], edited["object"]["text"]) == ("message_edit", "Begin")
    assert reacted["object"]["reaction_id"] == 4
    assert typed["object"] == {"state": "typing", "from_id": person, "to_id": -219}
    assert (banned["type"], unbanned["type"]) == ("user_block", "user_unblock")


@pytest.mark.parametrize(
    ("kind", "type_", "held"),
    [
        pytest.param("photo", "photo", "sizes", id="a photo has sizes"),
        pytest.param("document", "doc", "url", id="a document has an address"),
        pytest.param("voice", "audio_message", "link_ogg", id="a voice message has two"),
        pytest.param("sticker", "sticker", "images", id="a sticker has images"),
        pytest.param("video", "video", "title", id="a video has only a title"),
    ],
)
async def test_what_a_person_sends_is_an_attachment(
    community: Community, server: Server, kind: str, type_: str, held: str
) -> None:
    person = await community.started()
    await community.act(person, "send", kind=kind, caption="look")
    message = (await server.wait(2))[1]["object"]["message"]
    [attachment] = message["attachments"]
    assert (attachment["type"], message["text"]) == (type_, "look")
    assert attachment[type_][held]


async def test_a_sent_file_can_be_loaded(community: Community) -> None:
    person = await community.started()
    sent = await community.act(person, "send", kind="document")
    url = sent["attachments"][0]["doc"]["url"].replace("http://127.0.0.1", community.sandbox.url, 1)
    async with community.sandbox.http.get(url) as response:
        assert await response.read() == sample("document").content


@pytest.mark.parametrize(
    ("act", "body"),
    [
        pytest.param("start", {}, id="Start in a dialogue that is not new"),
        pytest.param("say", {"text": " "}, id="to say nothing"),
        pytest.param("send", {"kind": "contact"}, id="a contact card"),
        pytest.param("send", {"kind": "planet"}, id="a planet"),
        pytest.param("press", {"message_id": 1}, id="a button that is not there"),
        pytest.param("tap", {}, id="a keyboard that is not there"),
        pytest.param("allow", {}, id="to allow twice"),
        pytest.param("leave", {}, id="to leave what one never joined"),
        pytest.param("read", {}, id="to read nothing"),
        pytest.param("edit", {"message_id": 9, "text": "x"}, id="to edit another's message"),
    ],
)
async def test_the_phone_does_not_let_one(
    community: Community, act: str, body: dict[str, Any]
) -> None:
    person = await community.started()
    path = f"/people/{person_id_of(person)}/{act}"
    await community.sandbox.control("POST", path, {"bot": NAME, **body}, status=409)


async def upload(community: Community, url: str, field: str, content: bytes) -> Any:
    form = aiohttp.FormData()
    form.add_field(field, io.BytesIO(content), filename="x.bin")
    here = url.replace("http://127.0.0.1", community.sandbox.url, 1)
    async with community.sandbox.http.post(here, data=form) as response:
        return await response.json()


async def test_a_photo_is_uploaded_saved_and_sent_again_and_again(community: Community) -> None:
    person = await community.started()
    told = await community.call("photos.getMessagesUploadServer", peer_id=person)
    done = await upload(community, told["upload_url"], "photo", sample("photo").content)
    assert await community.error("photos.saveMessagesPhoto", **{**done, "hash": "x"}) == 100
    done = await upload(community, told["upload_url"], "photo", sample("photo").content)
    [photo] = await community.call("photos.saveMessagesPhoto", **done)
    name = f"photo{photo['owner_id']}_{photo['id']}_{photo['access_key']}"
    for _ in range(2):
        await community.send(person, "", attachment=name)
    last = (await community.chat(person))["messages"][-1]
    assert last["attachments"][0]["photo"] == photo
    wrong = f"photo{photo['owner_id']}_{photo['id']}_otherkey"
    ask = {"peer_id": person, "random_id": 0, "attachment": wrong}
    assert await community.error("messages.send", **ask) == 100


async def test_what_is_no_photo_uploads_as_an_empty_list(community: Community) -> None:
    told = await community.call("photos.getMessagesUploadServer")
    done = await upload(community, told["upload_url"], "photo", b"no picture")
    assert done["photo"] == "[]"
    answer = await community.ask("photos.saveMessagesPhoto", **done)
    assert "photo is undefined" in answer["error"]["error_msg"]


@pytest.mark.parametrize(
    ("kind", "sent", "held"),
    [
        pytest.param("doc", "document", "doc", id="a document"),
        pytest.param("audio_message", "voice", "audio_message", id="a voice message"),
    ],
)
async def test_a_document_is_uploaded_saved_and_sent(
    community: Community, kind: str, sent: str, held: str
) -> None:
    person = await community.started()
    told = await community.call("docs.getMessagesUploadServer", type=kind, peer_id=person)
    done = await upload(community, told["upload_url"], "file", sample(sent).content)
    saved = await community.call("docs.save", file=done["file"], title="List")
    assert saved["type"] == held
    content = saved[held]
    name = f"doc{content['owner_id']}_{content['id']}_{content['access_key']}"
    await community.send(person, "", attachment=name)
    assert await community.error("docs.save", file=done["file"]) == 100


async def test_a_voice_message_must_be_one(community: Community) -> None:
    told = await community.call("docs.getMessagesUploadServer", type="audio_message")
    assert "error" in await upload(community, told["upload_url"], "file", b"%PDF-1.4")


async def test_the_phone_shows_formatting_media_ticks_and_who_wrote(community: Community) -> None:
    person = await community.started()
    bold = {"version": 1, "items": [{"type": "bold", "offset": 0, "length": 4}]}
    await community.send(person, "<b>! and", format_data=bold, keyboard=inline(CALLBACK))
    await community.act(person, "send", kind="photo")
    await community.act(person, "send", kind="location")
    await community.act(person, "admin_reply", text="by hand", admin_id=77)
    await community.act(person, "read")
    url = f"{community.sandbox.url}/phone?bot={NAME}&person={person_id_of(person)}"
    async with community.sandbox.http.get(url) as response:
        page = await response.text()
    assert "<strong>&lt;b&gt;!</strong> and" in page
    assert '<img class="media" src="/phone/file/' in page
    assert "55.75000, 37.61000" in page
    assert '<div class="author">id77</div>' in page
    assert 'class="inline success"' in page
    assert page.count('class="ticks read"') == 2


async def test_a_second_start_keeps_dialogues_servers_and_what_was_saved(
    settings: Settings, http: aiohttp.ClientSession, time: Time, tmp_path: Path
) -> None:
    groups = (VkSettings(VK_TOKEN, GROUP, NAME, "Tea & Leaf"),)
    kept = replace(settings, vk_groups=groups, state_file=tmp_path / "sandbox.json")

    async def run(act: Callable[[Community], Awaitable[Any]]) -> Any:
        runner = web.AppRunner(build(kept), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return await act(Community(Sandbox(url, http, time)))
        finally:
            await runner.cleanup()

    async def first(community: Community) -> tuple[int, int, str, Any]:
        person = await community.started()
        await community.act(person, "follow", param="promo_42")
        number = await community.send(person, "hi", random_id=7, keyboard={"buttons": [[TEXT]]})
        told = await community.call("photos.getMessagesUploadServer")
        done = await upload(community, told["upload_url"], "photo", sample("photo").content)
        [photo] = await community.call("photos.saveMessagesPhoto", **done)
        server = {"group_id": GROUP, "url": "http://127.0.0.1:9/x", "title": "x"}
        await community.call("groups.addCallbackServer", **server)
        return person, number, f"photo-{GROUP}_{photo['id']}", await community.chat(person)

    async def second(community: Community) -> tuple[Any, Any]:
        assert await community.chat(person) == before
        assert await community.send(person, "again", random_id=7) == number
        await community.send(person, "", attachment=photo)
        servers = await community.call("groups.getCallbackServers", group_id=GROUP)
        return servers["count"], (await community.act(person, "say", text="x"))["ref"]

    person, number, photo, before = await run(first)
    assert await run(second) == (1, "promo_42")
