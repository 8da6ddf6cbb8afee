"""Every refusal of VK's, and every way of getting no answer."""

import logging
from datetime import timedelta

import pytest

from bots.contract import BotSettings, Part
from bots.transport import NoAnswer, NotSent
from bots.vk import session
from bots.vk.errors import TABLE, Refusal, outcome_of
from bots.vk.outgoing import VkBot, make
from core.content import Content
from core.ids import AccountId, UserId
from core.outcomes import (
    Misconfigured,
    Outcome,
    Refused,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
    WindowClosed,
)
from tests.bots.vk.api import TOKEN, Answer, Api, error, response, vk_api

ANNA = UserId("5550001")
HELLO = Part(Content("Hello"), random_id=1)


def blocked(reason: str) -> Outcome:
    return Unreachable(reason)


def dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


def paused(seconds: int) -> "Throttled":
    return Throttled(timedelta(seconds=seconds))


CASES = [
    (900, "Can't send messages for users from blacklist", blocked),
    (901, "Can't send messages for users without permission", blocked),
    (902, "Can't send messages to this user due to their privacy settings", blocked),
    (962, "Can't send message to donut chat without subscription", blocked),
    (987, "Message request needed", blocked),
    (988, "Message request is pending", blocked),
    (939, "Message request already sent", blocked),
    (18, "User was deleted or banned", dead),
    (37, "User was banned", dead),
    (39, "Unknown user", dead),
    (113, "Invalid user id", dead),
    (936, "Contact not found", dead),
    (932, "Your community can't interact with this peer", dead),
    (917, "You don't have access to this chat", dead),
    (922, "You left this chat", dead),
    (925, "You are not admin of this chat", dead),
    (927, "Chat does not exist", dead),
    (935, "User not found in chat", dead),
    (945, "Chat was disabled", dead),
    (946, "Chat not supported", dead),
    (1012, "Chat is private", dead),
    (985, "Group is for notifications only", dead),
    (950, "Can't send message, reply timed out", WindowClosed),
    (909, "Can't edit this message, because it's too old", Refused),
    (910, "Can't send this message, because it's too big", Refused),
    (911, "Keyboard format is invalid", Refused),
    (913, "Too many forwarded messages", Refused),
    (914, "Message is too long", Refused),
    (920, "Can't edit this kind of message", Refused),
    (921, "Can't forward these messages", Refused),
    (924, "Can't delete this message for everybody", Refused),
    (940, "Too many posts in messages", Refused),
    (943, "Cannot use this intent", Refused),
    (944, "Limits overflow for this intent", Refused),
    (949, "Can't edit pinned message yet", Refused),
    (969, "Message cannot be forwarded", Refused),
    (912, "This is a chat bot feature, change this status in settings", Misconfigured),
    (100, "One of the parameters specified was missing or invalid: message is empty", Refused),
    (100, "One of the parameters specified was missing or invalid: user_id is wrong", dead),
    (100, "One of the parameters specified was missing or invalid: peer_id is wrong", dead),
    (100, "One of the parameters specified was missing or invalid: peer_ids is wrong", Refused),
    (100, "One of the parameters specified was missing or invalid: the_user_id_of", Refused),
    (104, "Not found", Refused),
    (12, "Unable to compile code", Refused),
    (13, "Runtime error occurred during code invocation", Refused),
    (1, "Unknown error occurred", Unknown),
    (10, "Internal server error", Unknown),
    (36, "Method execution was interrupted due to timeout", Unknown),
    (22, "Upload error", Transient),
    (43, "This section is temporarily unavailable", Transient),
    (2, "Application is disabled", Misconfigured),
    (3, "Unknown method passed", Misconfigured),
    (4, "Incorrect signature", Misconfigured),
    (5, "User authorization failed: invalid access_token (4)", Misconfigured),
    (7, "Permission to perform this action is denied", Misconfigured),
    (8, "Invalid request", Misconfigured),
    (11, "In test mode application should be disabled", Misconfigured),
    (14, "Captcha needed", Misconfigured),
    (15, "Access denied", Misconfigured),
    (16, "HTTP authorization failed", Misconfigured),
    (17, "Validation required", Misconfigured),
    (20, "Permission to perform this action is denied for non-standalone", Misconfigured),
    (23, "This method was disabled", Misconfigured),
    (27, "Group authorization failed", Misconfigured),
    (28, "Application authorization failed", Misconfigured),
    (34, "Client version deprecated", Misconfigured),
    (42, "Access for this IP is denied", Misconfigured),
    (101, "Invalid application API ID", Misconfigured),
    (203, "Access to group denied", Misconfigured),
    (983, "a code outside the schema", Refused),
    (1021, "a code outside the schema", Refused),
    (777, "a code of next year", Refused),
]


def test_every_code_of_the_table_has_its_case() -> None:
    told = {code for code, _, _ in CASES} | {6, 9, 29, 32}
    assert {code for codes, _ in TABLE for code in codes} <= told


def test_no_code_stands_twice_in_the_table() -> None:
    codes = [code for codes, _ in TABLE for code in codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("code", "text", "expected"), CASES)
async def test_a_refusal_has_one_outcome(
    bot: VkBot, api: Api, code: int, text: str, expected: "type[Outcome]"
) -> None:
    api.answers.append(error(code, text))
    outcome = await bot.send(ANNA, HELLO)
    assert outcome == expected(f"{code} {text}")  # type: ignore[call-arg]
    assert len(api.calls) == 1, "the bot never tries again by itself"
    assert "what was said" not in repr(outcome), "request_params quote the message"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(6, paused(1), id="too many in a second"),
        pytest.param(32, paused(60), id="wait"),
        pytest.param(29, paused(3600), id="a method's quota is used up"),
        pytest.param(
            9, Throttled(timedelta(minutes=15), only_address=True), id="too many to one person"
        ),
    ],
)
async def test_too_fast_waits_by_its_kind(
    bot: VkBot, api: Api, code: int, expected: Throttled
) -> None:
    api.answers.append(error(code))
    assert await bot.send(ANNA, HELLO) == expected


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"code": "901", "description": "No"}, id="in words of a receiver's row"),
        pytest.param({"code": 901, "description": "No"}, id="with a number"),
        pytest.param({"error_code": 901, "error_msg": "No"}, id="in words of a whole answer"),
    ],
)
async def test_an_error_beside_a_receiver_means_the_same(
    bot: VkBot, api: Api, told: dict[str, object]
) -> None:
    api.answers.append(response([{"peer_id": 5550001, "message_id": 0, "error": told}]))
    assert await bot.send(ANNA, HELLO) == Unreachable("901 No")


@pytest.mark.parametrize("told", ["No permission", {"code": "many"}, {"code": None}, [901]])
async def test_an_error_without_a_code_fails_this_one(bot: VkBot, api: Api, told: object) -> None:
    api.answers.append(response([{"peer_id": 5550001, "message_id": 0, "error": told}]))
    assert isinstance(await bot.send(ANNA, HELLO), Refused)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            Answer(status=403, body=b"<html>Forbidden</html>"),
            Misconfigured("403 without an answer of VK: look at proxy and api_url"),
            id="a firewall's 403 blocks nobody",
        ),
        pytest.param(
            Answer(status=404, body=b"[]"),
            Misconfigured("404 without an answer of VK: look at proxy and api_url"),
            id="a wrong api_url",
        ),
        pytest.param(
            Answer(status=302, body=b""),
            Misconfigured("302 without an answer of VK: look at proxy and api_url"),
            id="somebody sends us elsewhere, and the token does not go there",
        ),
        pytest.param(
            Answer(status=413, body=b"<html>"),
            Refused("413 too large for somebody between us and VK"),
            id="too large for somebody between",
        ),
        pytest.param(Answer(status=429, body=b"slow down"), paused(1), id="a proxy that throttles"),
        pytest.param(
            Answer(status=502, body=b"<html>Bad Gateway</html>"),
            Unknown("502 without an answer of VK"),
            id="a gateway that lost the answer",
        ),
        pytest.param(
            Answer(body=b"<html>Welcome</html>"),
            Unknown("the answer is not one of VK's API"),
            id="something else that says 200",
        ),
        pytest.param(
            Answer({"error": "strange"}),
            Unknown("the answer is not one of VK's API"),
            id="an error that is no object",
        ),
        pytest.param(
            Answer(body=b'{"response":' + b"[" * 100_000),
            Unknown("the answer is not one of VK's API"),
            id="a bomb of lists",
        ),
        pytest.param(
            Answer(body=b" " * (9 * 2**20)),
            Unknown("the answer is longer than any of this API"),
            id="an answer without an end",
        ),
        pytest.param(
            Answer({"error": {"error_code": 5, "error_msg": "bad"}}, status=401),
            Misconfigured("5 bad"),
            id="vk's own words count whatever the status",
        ),
        pytest.param(Answer(cut=True), Unknown("ServerDisconnectedError"), id="cut after it left"),
    ],
)
async def test_an_answer_that_is_not_vks(
    bot: VkBot, api: Api, answer: Answer, expected: Outcome
) -> None:
    api.answers.append(answer)
    assert await bot.send(ANNA, HELLO) == expected
    assert len(api.calls) == 1


async def test_silence_after_the_request_left_is_unknown(
    bot: VkBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SECONDS", 0.2)
    api.answers.append(Answer(hang=True))
    assert await bot.send(ANNA, HELLO) == Unknown("no answer in time")


async def test_no_connection_is_transient() -> None:
    async with vk_api() as api:
        url = api.url
    bot = make(BotSettings(AccountId("shop-vk"), TOKEN, api_url=url))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Transient("Connection refused")


async def test_an_http_proxy_carries_the_request(api: Api) -> None:
    """A proxy gets the whole URL; the API here takes the path of it, so it plays both."""
    settings = BotSettings(
        AccountId("shop-vk"), TOKEN, api_url="http://api.invalid/vk", proxy=api.url
    )
    bot = make(settings)
    await bot.send(ANNA, HELLO)
    await bot.close()
    assert api.methods == ["messages.send"]


async def test_neither_token_nor_text_stands_in_a_reason_or_a_log(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for url in ("http://127.0.0.1:1", "http://api.invalid", "http://[broken", f"{api.url}/vk"):
        bot = make(BotSettings(AccountId("shop-vk"), TOKEN, api_url=url))
        api.answers.append(error(911, "Keyboard format is invalid"))
        outcome = await bot.send(ANNA, Part(Content("between us"), 1))
        await bot.close()
        assert isinstance(outcome, Transient | Refused)
        assert TOKEN not in repr(outcome)
    assert api.calls, "one of them got through"
    assert TOKEN not in caplog.text
    assert "between us" not in caplog.text


def test_failures_of_transport_have_their_outcome() -> None:
    assert outcome_of(NotSent("x")) == Transient("x")
    assert outcome_of(NoAnswer("x")) == Unknown("x")
    assert str(Refusal(500)) == "500"
