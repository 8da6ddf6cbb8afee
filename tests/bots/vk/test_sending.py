"""Many sends in one request: the same message to many, different ones in an `execute`."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bots.contract import Part
from bots.vk import sending
from bots.vk.outgoing import VkBot
from core.content import Content, Location, Media, MediaKind, PressButton
from core.ids import UserId
from core.outcomes import (
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.bots.vk.api import Answer, Api, error, response, sent

HELLO = Part(Content("Привет"), 991)
SILENCE = Unknown("VK tells nothing about this person")


def to(*users: int) -> list[tuple[UserId, Part]]:
    return [(UserId(str(user)), HELLO) for user in users]


def different(*texts: str) -> list[tuple[UserId, Part]]:
    return [
        (UserId(str(number)), Part(Content(text), 100 + number))
        for number, text in enumerate(texts, 1)
    ]


def spoken(code: str) -> list[dict[str, Any]]:
    """The arguments of each call in VKScript of the one form that we write."""
    found = re.fullmatch(r"return \[(.*)\];", code, re.DOTALL)
    assert found
    decoder, rest, calls = json.JSONDecoder(), found[1], []
    while rest:
        rest = rest.removeprefix(",")
        assert rest.startswith("API.messages.send(")
        rest = rest.removeprefix("API.messages.send(")
        call, end = decoder.raw_decode(rest)
        calls.append(call)
        assert rest[end] == ")"
        rest = rest[end + 1 :]
    return calls


async def test_one_message_to_many_is_one_request(bot: VkBot, api: Api) -> None:
    api.answers.append(
        response(
            [
                {"peer_id": 2, "message_id": 0, "error": {"code": "901", "description": "No"}},
                {"peer_id": 1, "message_id": 71, "conversation_message_id": 3},
                {"peer_id": 4, "message_id": 0, "error": {"code": 9, "description": "Flood"}},
            ]
        )
    )
    outcomes = await bot.send_together(to(1, 2, 3, 4))
    ((method, fields),) = api.calls
    assert (method, fields["peer_ids"], fields["random_id"]) == ("messages.send", "1,2,3,4", "991")
    assert outcomes[:3] == [Sent("71"), Unreachable("901 No"), SILENCE]
    flood = outcomes[3]
    assert isinstance(flood, Throttled)
    assert flood.only_address


async def test_more_people_than_one_request_takes_are_two_requests(bot: VkBot, api: Api) -> None:
    api.answers += [sent(*((one, one) for one in range(1, 101))), sent((101, 101))]
    outcomes = await bot.send_together(to(*range(1, 102)))
    assert outcomes == [Sent(str(one)) for one in range(1, 102)]
    assert [len(form["peer_ids"].split(",")) for _, form in api.calls] == [100, 1]


async def test_different_messages_are_one_execute(bot: VkBot, api: Api) -> None:
    api.answers.append(
        Answer(
            {
                "response": [
                    [{"peer_id": 1, "message_id": 71}],
                    False,
                    [{"peer_id": 3, "message_id": 0, "error": {"code": 902, "description": "No"}}],
                    False,
                    None,
                ],
                "execute_errors": [
                    {"method": "messages.send", "error_code": 914, "error_msg": "Too long"},
                    {"method": "messages.send", "error_code": 6, "error_msg": "Too many"},
                ],
            }
        )
    )
    outcomes = await bot.send_together(different("a", "b", "c", "d", "e"))
    ((method, fields),) = api.calls
    assert method == "execute"
    calls = spoken(fields["code"])
    assert [(one["peer_ids"], one["message"], one["random_id"]) for one in calls] == [
        ("1", "a", 101),
        ("2", "b", 102),
        ("3", "c", 103),
        ("4", "d", 104),
        ("5", "e", 105),
    ]
    assert outcomes[:3] == [Sent("71"), Refused("914 Too long"), Unreachable("902 No")]
    assert isinstance(outcomes[3], Throttled)
    assert outcomes[4] == SILENCE


async def test_errors_that_cannot_be_told_apart_leave_all_of_theirs_unknown(
    bot: VkBot, api: Api
) -> None:
    answer = {"response": [False, False], "execute_errors": [{"error_code": 901}]}
    api.answers.append(Answer(answer))
    assert await bot.send_together(different("a", "b")) == [SILENCE, SILENCE]


@pytest.mark.parametrize(
    "found", [None, 7, [], [1], {"a": 1}, [0, 0], [[{"peer_id": []}], [{"peer_id": "2"}]]]
)
async def test_an_answer_of_another_shape_leaves_all_unknown(
    bot: VkBot, api: Api, found: object
) -> None:
    api.answers.append(response(found))
    assert await bot.send_together(different("a", "b")) == [SILENCE, SILENCE]


EVIL = (
    '"});API.messages.delete({"peer_id":1});//',
    '\\"});\nreturn 1;//',
    "\u2028];\u2029\x00\x1b\x7f</script>",
    "👍🏽 'a' `b` ${c} \\u0022",
)


async def test_nothing_in_a_message_breaks_out_of_the_code(bot: VkBot, api: Api) -> None:
    sends = different(*EVIL)
    button = PressButton(EVIL[0], 'v"});')
    sends[0] = (sends[0][0], Part(Content(EVIL[0], buttons=(button,)), 1))
    await bot.send_together(sends)
    code = api.calls[0][1]["code"]
    assert [one["message"] for one in spoken(code)] == list(EVIL)
    assert not re.search("[\u2028\u2029\n]", code)


async def test_a_request_stays_within_its_size(bot: VkBot, api: Api) -> None:
    long = "я" * 4096
    sends = different(*[f"{number} {long}" for number in range(60)])
    api.answers += [error(10)] * 9
    outcomes = await bot.send_together(sends)
    codes = [form["code"] for method, form in api.calls if method == "execute"]
    assert max(map(len, codes)) <= sending.MOST_CODE
    assert sum(len(spoken(code)) for code in codes) == 60
    assert max(len(spoken(code)) for code in codes) <= 25
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)


async def test_one_that_cannot_be_sent_does_not_stop_the_others(bot: VkBot, api: Api) -> None:
    sends = different("a", "b")
    bad = Part(Content(attachments=(Media(MediaKind.PHOTO, "nowhere"),)), 7)
    sends.insert(1, (UserId("9"), bad))
    api.answers.append(
        response([[{"peer_id": 1, "message_id": 5}], [{"peer_id": 2, "message_id": 6}]])
    )
    assert await bot.send_together(sends) == [
        Sent("5"),
        Refused("not sendable by VK: the file was not uploaded to VK"),
        Sent("6"),
    ]


async def test_numbers_stay_numbers_in_the_code(bot: VkBot, api: Api) -> None:
    places = [
        (user, replace(part, content=Content(attachments=(Location(55.5, 37.25),))))
        for user, part in different("", "")
    ]
    await bot.send_together(places)
    assert [(one["lat"], one["long"]) for one in spoken(api.calls[0][1]["code"])] == [
        (55.5, 37.25),
        (55.5, 37.25),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(error(5, "bad token"), Misconfigured("5 bad token"), id="a bad token"),
        pytest.param(error(10, "inside"), Unknown("10 inside"), id="vk is unwell"),
    ],
)
async def test_what_is_wrong_with_the_whole_is_everybodys(
    bot: VkBot, api: Api, answer: Answer, expected: Outcome
) -> None:
    api.answers.append(answer)
    assert await bot.send_together(different("a", "b", "c")) == [expected] * 3
    assert len(api.calls) == 1


@pytest.mark.parametrize("code", [12, 13, 100, 901])
async def test_a_refusal_of_a_batch_is_looked_into_one_by_one(
    bot: VkBot, api: Api, code: int
) -> None:
    api.answers += [error(code, "x"), sent((1, 71)), error(911, "bad keyboard"), sent((3, 73))]
    outcomes = await bot.send_together(different("a", "b", "c"))
    assert outcomes == [Sent("71"), Refused("911 bad keyboard"), Sent("73")]
    assert api.methods == ["execute"] + ["messages.send"] * 3
    assert [form["random_id"] for _, form in api.calls[1:]] == ["101", "102", "103"]


async def test_one_person_who_forbids_a_mailing_forbids_it_for_nobody_else(
    bot: VkBot, api: Api
) -> None:
    api.answers += [error(901, "x"), sent((1, 71)), error(901, "x"), sent((3, 73))]
    outcomes = await bot.send_together(to(1, 2, 3))
    assert outcomes == [Sent("71"), Unreachable("901 x"), Sent("73")]


async def test_a_refused_list_of_receivers_marks_nobody_as_gone(bot: VkBot, api: Api) -> None:
    refused = error(100, "peer_ids is wrong")
    api.answers += [refused, sent((1, 71)), refused, sent((3, 73))]
    outcomes = await bot.send_together(to(1, 2, 3))
    assert outcomes == [Sent("71"), Refused("100 peer_ids is wrong"), Sent("73")]


async def test_a_message_that_is_bad_for_all_is_tried_once(bot: VkBot, api: Api) -> None:
    api.answers.append(error(914, "too long"))
    assert await bot.send_together(to(1, 2, 3)) == [Refused("914 too long")] * 3
    assert len(api.calls) == 1


async def test_nothing_to_send_asks_nothing(bot: VkBot, api: Api) -> None:
    assert await bot.send_together([]) == []
    assert api.calls == []
