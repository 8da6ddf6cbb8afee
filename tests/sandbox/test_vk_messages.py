"""Sending in VK: what passes, what is refused in which words, and what execute adds."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.vk.people import person_id_of
from tests.sandbox.vk import NAME, VK_TOKEN, Community


def button(kind: str = "text", **more: Any) -> Any:
    return {"action": {"type": kind, "label": "Yes", "payload": '{"a":1}', **more}}


def keyboard(rows: list[list[Any]], **more: Any) -> Any:
    return {"one_time": False, "inline": True, "buttons": rows, **more}


BOLD = {"version": 1, "items": [{"type": "bold", "offset": 0, "length": 3}]}
LINK = button("open_link", link="https://e.x")


async def test_a_message_gets_a_number_and_shows_up(community: Community) -> None:
    person = await community.started()
    number = await community.send(person, "Привет")
    last = (await community.chat(person))["messages"][-1]
    assert (last["id"], last["text"], last["out"], last["from_id"]) == (number, "Привет", 1, -219)
    assert last["conversation_message_id"] == 2
    # From here on VK numbers conversations of many, which bots leave alone.
    assert person < 2_000_000_000


async def test_the_token_goes_in_the_query_or_the_header_and_never_into_the_log(
    community: Community,
) -> None:
    url = f"{community.sandbox.url}/vk/method/groups.getById?v=5.199"
    headers = {"Authorization": f"Bearer {VK_TOKEN}"}
    async with community.sandbox.http.get(url, headers=headers) as response:
        [group] = (await response.json())["response"]["groups"]
    assert (group["id"], group["screen_name"]) == (219, NAME)
    await community.call("groups.getById")
    calls = await community.sandbox.control("GET", f"/calls?bot={NAME}")
    assert len(calls["items"]) == 2
    assert VK_TOKEN not in json.dumps(calls)


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        pytest.param("groups.getById", {"params": {"v": "5.199"}}, 5, id="no token"),
        pytest.param(
            "groups.getById",
            {"params": {"access_token": "other", "v": "5.199"}},
            5,
            id="an unknown token",
        ),
        pytest.param("groups.getById", {"params": {"access_token": VK_TOKEN}}, 8, id="no version"),
        pytest.param(
            "messages.fly",
            {"params": {"access_token": VK_TOKEN, "v": "5.199"}},
            3,
            id="an unknown method",
        ),
        pytest.param(
            "groups.getById",
            {"params": {"access_token": VK_TOKEN, "v": "5.199"}, "json": {}},
            8,
            id="a JSON body",
        ),
    ],
)
async def test_a_wrong_call_is_answered_with_200_and_an_error(
    community: Community, method: str, request_: dict[str, Any], code: int
) -> None:
    url = f"{community.sandbox.url}/vk/method/{method}"
    async with community.sandbox.http.post(url, **request_) as response:
        assert response.status == 200
        error = (await response.json())["error"]
    assert error["error_code"] == code
    assert VK_TOKEN not in json.dumps(error)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param({"message": ""}, 100, id="nothing to send"),
        pytest.param({"message": "x" * 4097}, 914, id="a text over 4096"),
        pytest.param({"message": "😀" * 2049}, 914, id="a text over 4096 UTF-16 units"),
        pytest.param({"random_id": ""}, 100, id="no random_id"),
        pytest.param({"random_id": 2**31}, 100, id="a random_id over 32 bits"),
        pytest.param({"attachment": "photo-219_999"}, 100, id="an unknown attachment"),
        pytest.param({"payload": "x" * 1001}, 100, id="a long payload"),
        pytest.param({"keyboard": "{"}, 911, id="a keyboard that is no JSON"),
        pytest.param({"keyboard": keyboard([[button(label="x" * 41)]])}, 911, id="a label over 40"),
        pytest.param(
            {"keyboard": keyboard([[button(payload=json.dumps("x" * 255))]])},
            911,
            id="a payload over 255",
        ),
        pytest.param({"keyboard": keyboard([[button(payload="{")]])}, 911, id="a broken payload"),
        pytest.param({"keyboard": keyboard([[button()] * 6])}, 911, id="six in a row"),
        pytest.param({"keyboard": keyboard([[button()]] * 7)}, 911, id="seven inline rows"),
        pytest.param({"keyboard": keyboard([[button()] * 4] * 3)}, 911, id="twelve inline buttons"),
        pytest.param(
            {"keyboard": keyboard([[button()] * 5] * 9, inline=False)}, 911, id="45 buttons below"
        ),
        pytest.param({"keyboard": keyboard([[button("call")]])}, 911, id="an unknown button"),
        pytest.param(
            {
                "keyboard": keyboard(
                    [[{**button("open_link", link="https://e.x"), "color": "primary"}]]
                )
            },
            911,
            id="a coloured link",
        ),
        pytest.param(
            {"format_data": {"version": 1, "items": [{"type": "bold", "offset": 0, "length": 3}]}},
            100,
            id="formatting outside of the text",
        ),
        pytest.param({"intent": "promo_newsletter"}, 943, id="an intent"),
        pytest.param({"peer_id": 2_000_000_001}, 917, id="a conversation of many"),
        pytest.param({"peer_id": 17}, 936, id="a person nobody knows"),
    ],
)
async def test_a_message_that_cannot_be_sent_is_refused(
    community: Community, params: dict[str, Any], code: int
) -> None:
    person = await community.started()
    fields = {"peer_id": person, "random_id": 1, "message": "hi", **params}
    assert await community.error("messages.send", **fields) == code
    assert len(await community.texts(person)) == 1


@pytest.mark.parametrize(
    ("acts", "code"),
    [
        pytest.param([], 901, id="never wrote"),
        pytest.param(["join"], 901, id="only became a member"),
        pytest.param(["start", "deny"], 901, id="took the permission back"),
        pytest.param(["start", "ban"], 900, id="is on the black list"),
        pytest.param(["start", "deactivate"], 18, id="no longer exists"),
    ],
)
async def test_a_person_who_may_not_be_written_to(
    community: Community, acts: list[str], code: int
) -> None:
    person = await community.person()
    for act in acts:
        await community.act(person, act)
    assert await community.error("messages.send", peer_id=person, random_id=1, message="x") == code
    allowed = await community.call(
        "messages.isMessagesFromGroupAllowed", group_id=219, user_id=person
    )
    assert allowed["is_allowed"] == (1 if acts[1:] in (["ban"], ["deactivate"]) else 0)


async def test_a_random_id_said_twice_shows_one_message_within_the_hour(
    community: Community,
) -> None:
    person = await community.started()
    first = await community.send(person, "one", random_id=7)
    assert await community.send(person, "one again", random_id=7) == first
    assert await community.send(person, "zero is no id", random_id=0) != first
    community.sandbox.time.now += 3599
    assert await community.send(person, "still", random_id=7) == first
    community.sandbox.time.now += 1
    assert await community.send(person, "an hour later", random_id=7) != first
    assert (await community.texts(person))[1:] == ["one", "zero is no id", "an hour later"]


async def test_the_same_random_id_is_another_one_in_another_dialogue(community: Community) -> None:
    people = [await community.started() for _ in range(2)]
    numbers = [await community.send(each, random_id=7) for each in people]
    assert numbers[0] != numbers[1]


async def test_a_batch_carries_its_errors_inside(community: Community) -> None:
    reader, stranger = await community.started(), await community.person()
    flooded = await community.started()
    await community.control(
        "POST", "/faults", method="messages.send", chat_id=str(flooded), error_code=9
    )
    peers = f"{reader},{stranger},{flooded}"
    items = await community.call("messages.send", peer_ids=peers, random_id=5, message="news")
    assert items[0]["message_id"] > 0
    assert items[0]["conversation_message_id"] == 2
    assert [(each["peer_id"], each["message_id"], each["error"]["code"]) for each in items[1:]] == [
        (stranger, 0, 901),
        (flooded, 0, 9),
    ]
    again = await community.call("messages.send", peer_ids=peers, random_id=5, message="news")
    assert again[0] == items[0]
    assert "error" not in again[2]
    one = await community.call("messages.send", peer_ids=str(reader), random_id=6, message="x")
    assert isinstance(one, list)
    many = ",".join(str(reader) for _ in range(101))
    assert await community.error("messages.send", peer_ids=many, random_id=6, message="x") == 100


async def test_the_twenty_first_call_of_a_second_is_one_too_many(community: Community) -> None:
    codes = [await community.ask("groups.getById") for _ in range(21)]
    assert [each.get("error", {}).get("error_code") for each in codes] == [None] * 20 + [6]
    community.sandbox.time.now += 1
    await community.call("groups.getById")
    assert (await community.sandbox.control("GET", f"/calls?bot={NAME}"))["throttled"] == 1


async def test_faults_speak_as_the_platform_does(community: Community) -> None:
    person = await community.started()
    ask = {"peer_id": person, "random_id": 0, "message": "x"}
    await community.control("POST", "/faults", error_code=14, parameters={"captcha_sid": "1"})
    error = (await community.ask("messages.send", **ask))["error"]
    assert (error["error_code"], error["captcha_sid"]) == (14, "1")
    await community.control("POST", "/faults")
    assert await community.error("messages.send", **ask) == 10
    await community.control("POST", "/faults", http_status=502)
    url = f"{community.sandbox.url}/vk/method/messages.send?access_token={VK_TOKEN}&v=5.199"
    async with community.sandbox.http.post(url) as response:
        assert (response.status, response.content_type) == (502, "text/html")
    await community.sandbox.control("POST", "/faults", {"bot": NAME, "error_code": 0}, status=422)
    # The faults of one messenger are not another's.
    await community.control("POST", "/faults", count=5)
    _, me = await community.sandbox.raw("getMe")
    assert me["ok"]


async def test_one_execute_sends_many_and_tells_what_failed(community: Community) -> None:
    one, two = await community.started(), await community.person()
    keyboard_ = r'"{\"inline\":true,\"buttons\":[]}"'
    code = (
        f'return [API.messages.send({{"peer_id": {one}, "random_id": 1, '
        rf'"message": "a \"b\"", "keyboard": {keyboard_}}}), '
        f'API.messages.send({{peer_id: {two}, random_id: 2, message: "c"}}),\n'
        f'API.users.get({{"user_ids": [{one}, {two}]}})];'
    )
    answer = await community.ask("execute", code=code)
    sent, failed, users = answer["response"]
    assert isinstance(sent, int)
    assert failed is False
    assert [each["id"] for each in users] == [one, two]
    [error] = answer["execute_errors"]
    assert (error["method"], error["error_code"]) == ("messages.send", 901)
    assert (await community.texts(one))[-1] == 'a "b"'


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        pytest.param("return [", 12, id="an end in the middle"),
        pytest.param("var a = 1; return a;", 12, id="more of the language than the double knows"),
        pytest.param("return 1; return 2;", 12, id="words after the end"),
        pytest.param("return " + "[" * 50 + "]" * 50, 12, id="deep nesting"),
        pytest.param(
            "return [" + "API.groups.getById({})," * 26 + "];", 13, id="more than 25 calls"
        ),
        pytest.param("", 100, id="no code"),
    ],
)
async def test_code_that_cannot_run(community: Community, code: str, wrong: int) -> None:
    assert await community.error("execute", code=code) == wrong


async def test_execute_counts_as_one_request_and_allows_25_calls(community: Community) -> None:
    code = "return [" + ",".join(["API.groups.getById()"] * 25) + "];"
    assert len(await community.call("execute", code=code)) == 25
    await community.call("execute", code="return {a: [1, -2.5, true, null]};")


async def test_own_messages_are_edited_for_a_day_and_deleted_for_all(community: Community) -> None:
    person = await community.started()
    old = await community.send(person, "old")
    community.sandbox.time.now += 86_400
    edit = {"peer_id": person, "message": "new"}
    assert await community.error("messages.edit", **edit, message_id=old) == 909
    assert await community.error("messages.edit", **edit, cmid=1) == 920
    assert await community.error("messages.edit", **edit, cmid=99) == 104
    number = await community.send(person, "young")
    assert await community.call("messages.edit", **edit, cmid=3) == 1
    assert (await community.texts(person))[-1] == "new"
    delete = {"peer_id": person, "delete_for_all": 1}
    assert await community.error("messages.delete", **delete, message_ids=old) == 924
    done = await community.call("messages.delete", **delete, message_ids=number)
    assert done == {str(number): 1}
    assert (await community.texts(person))[1:] == ["old"]


async def test_users_are_told_by_name(community: Community) -> None:
    anna = await community.person(last_name="K")
    gone = await community.person()
    await community.act(gone, "deactivate")
    found = await community.call("users.get", user_ids=f"{anna},{gone},1")
    assert [(each["id"], each["first_name"]) for each in found] == [
        (anna, "Anna"),
        (gone, "DELETED"),
    ]


@pytest.mark.parametrize(
    ("params", "field", "held"),
    [
        pytest.param({"lat": 55.75, "long": 37.61}, "geo", "coordinates", id="a place"),
        pytest.param({"reply_to": "{first}"}, "reply_message", "text", id="a reply by id"),
        pytest.param(
            {"forward": {"conversation_message_ids": [1], "is_reply": 1}},
            "reply_message",
            "text",
            id="a reply by number",
        ),
        pytest.param({"format_data": BOLD}, "format_data", "items", id="formatting"),
        pytest.param(
            {"template": {"type": "carousel", "elements": [{"title": "Tea", "buttons": []}]}},
            "template",
            "Tea",
            id="a carousel",
        ),
    ],
)
async def test_what_a_message_may_carry(
    community: Community, params: dict[str, Any], field: str, held: str
) -> None:
    person = await community.started()
    [first] = (await community.chat(person))["messages"]
    given = {
        key: each.format(first=first["id"]) if isinstance(each, str) else each
        for key, each in params.items()
    }
    await community.send(person, "text", **given)
    assert held in (await community.chat(person))["messages"][-1][field]


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"lat": 91, "long": 0}, id="a place beyond the pole"),
        pytest.param({"lat": 55.75}, id="half a place"),
        pytest.param({"reply_to": 9999}, id="a reply to nothing"),
        pytest.param({"template": {"elements": []}}, id="an empty carousel"),
        pytest.param({"template": {"elements": [{"title": "x" * 81}]}}, id="a long title"),
    ],
)
async def test_what_a_message_cannot_carry(community: Community, params: dict[str, Any]) -> None:
    person = await community.started()
    ask = {"peer_id": person, "random_id": 0, "message": "x"}
    assert await community.error("messages.send", **ask, **params) == 100


async def test_a_sticker_needs_no_text(community: Community) -> None:
    person = await community.started()
    await community.send(person, "", sticker_id=9)
    [sticker] = (await community.chat(person))["messages"][-1]["attachments"]
    assert sticker["sticker"]["sticker_id"] == 9


async def test_the_phone_hears_that_the_community_read_and_types(community: Community) -> None:
    person = await community.started()
    url = f"{community.sandbox.url}/phone/stream?bot={NAME}&person={person_id_of(person)}"
    found: list[str] = []
    async with asyncio.timeout(60), community.sandbox.http.get(url) as response:
        while not found or "typing" not in found[-1]:
            line = (await response.content.readline()).decode()
            if not line.startswith(("event: ", "data: ")):
                continue
            found.append(line)
            if len(found) == 4:
                # The thread and the state are there: now things happen.
                await community.call("messages.markAsRead", peer_id=person)
                await community.call("messages.setActivity", peer_id=person, type="typing")
    assert "ticks sent" in found[1]
    assert found[4] == "event: message\n"
    assert "ticks read" in found[5]
