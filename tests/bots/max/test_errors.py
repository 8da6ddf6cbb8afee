"""Every answer that is not what was asked for, and every way of getting none."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from bots.contract import BotSettings, Part
from bots.max import outgoing
from bots.max.outgoing import MaxBot, make
from core.content import Content
from core.ids import AccountId, UserId
from core.outcomes import (
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
)
from tests.bots.max.api import TOKEN, Answer, Api, max_api

ANNA = UserId("5550001")
HELLO = Part(Content("Hello"), random_id=1)


def left(reason: str) -> Outcome:
    return Unreachable(reason)


def dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


@pytest.mark.parametrize(
    ("http", "code", "message", "expected"),
    [
        (400, "proto.payload", "text: is too long", Refused),
        (
            400,
            "attachment.not.ready",
            "Key: errors.process.attachment.file.not.processed",
            Transient,
        ),
        (400, "something.new", "", Refused),
        (401, "verify.token", "Invalid access_token", Misconfigured),
        (401, "something.new", "", Misconfigured),
        (403, "verify.token", "Invalid access_token", Misconfigured),
        (403, "chat.denied", "error.dialog.suspended", left),
        (403, "something.new", "Key: error.dialog.suspended", left),
        (403, "chat.denied", "no rights", left),
        (403, "something.new", "", Refused),
        (404, "chat.not.found", "Chat 9001 not found", dead),
        (404, "not.found", "no such method", Refused),
        (405, "method.not.allowed", "", Refused),
        (415, "unsupported.media.type", "", Refused),
        (418, "something.new", "", Refused),
        (200, "proto.payload", "said with a smile", Refused),
        (500, "internal.error", "", Unknown),
        (502, "bad.gateway", "", Unknown),
        (503, "service.unavailable", "", Unknown),
        (504, "chat.not.found", "", Unknown),
    ],
)
async def test_a_refusal_has_one_outcome(
    bot: MaxBot,
    api: Api,
    http: int,
    code: str,
    message: str,
    expected: Callable[[str], Outcome],
) -> None:
    api.refuses(http, code, message)
    assert await bot.send(ANNA, HELLO) == expected(f"{http} {code} {message}".rstrip())
    assert len(api.calls) == 1, "the bot never tries again by itself"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, 1, id="not told"),
        pytest.param({"Retry_After": "17"}, 17, id="told"),
        pytest.param({"Retry_After": "0"}, 1, id="told 0"),
        pytest.param({"Retry_After": "999999"}, 86400, id="told for ever"),
        pytest.param({"Retry_After": "9" * 30}, 1, id="told beyond all measure"),
        pytest.param({"Retry_After": "Sun, 22 Nov 2026 12:00:00 GMT"}, 1, id="told as a date"),
    ],
)
async def test_too_fast_waits(bot: MaxBot, api: Api, headers: dict[str, str], seconds: int) -> None:
    api.refuses(429, "too.many.requests", "", **headers)
    assert await bot.send(ANNA, HELLO) == Throttled(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            Answer(status=403, body=b"<html>Forbidden</html>"),
            Misconfigured("403 without an answer of MAX: look at proxy and api_url"),
            id="a firewall's 403 blocks nobody",
        ),
        pytest.param(
            Answer(status=404, body=b"[]"),
            Misconfigured("404 without an answer of MAX: look at proxy and api_url"),
            id="a wrong api_url",
        ),
        pytest.param(
            Answer(status=302, body=b"", headers={"Location": "https://elsewhere.example"}),
            Misconfigured("302 without an answer of MAX: look at proxy and api_url"),
            id="a redirect is not followed, and the token stays here",
        ),
        pytest.param(
            Answer(status=429, body=b"slow down"),
            Throttled(timedelta(seconds=1)),
            id="a proxy that throttles",
        ),
        pytest.param(
            Answer(status=502, body=b"<html>Bad Gateway</html>"),
            Unknown("502 without an answer of MAX"),
            id="a gateway that lost the answer",
        ),
        pytest.param(
            Answer(body=b"<html>Welcome</html>"),
            Unknown("the answer is not one of MAX's API"),
            id="something else that says 200",
        ),
        pytest.param(
            Answer(body=b"[" * 100_000),
            Unknown("the answer is not one of MAX's API"),
            id="a bomb of nested lists",
        ),
        pytest.param(
            Answer({"success": False, "message": "not today"}),
            Refused("200 not today"),
            id="no success",
        ),
        pytest.param(Answer(cut=True), Unknown("ServerDisconnectedError"), id="cut after it left"),
    ],
)
async def test_an_answer_that_is_not_what_was_asked_for(
    bot: MaxBot, api: Api, answer: Answer, expected: Outcome
) -> None:
    api.answers.append(answer)
    assert await bot.send(ANNA, HELLO) == expected
    assert len(api.calls) == 1


async def test_silence_after_the_request_left_is_unknown(
    bot: MaxBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SEND_SECONDS", 0.2)
    api.answers.append(Answer(hang=True))
    assert await bot.send(ANNA, HELLO) == Unknown("no answer in time")


async def test_no_connection_is_transient() -> None:
    async with max_api() as api:
        url = api.url
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url=url))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Transient("Connection refused")


async def test_an_http_proxy_carries_the_request(api: Api) -> None:
    """A proxy gets the whole URL; the API here takes the path of it, so it plays both."""
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url="http://api.invalid", proxy=api.url))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Sent("mid.0003")


async def test_the_token_stands_in_no_reason_and_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for url in ("http://127.0.0.1:1", "http://[broken", "nonsense"):
        bot = make(BotSettings(AccountId("a"), TOKEN, api_url=url))
        outcome = await bot.send(ANNA, HELLO)
        await bot.close()
        assert isinstance(outcome, Transient)
        assert TOKEN not in repr(outcome)
    assert TOKEN not in caplog.text
