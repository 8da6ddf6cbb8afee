"""Every answer that is not "ok", and every way of getting none."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from bots.contract import BotSettings, Part
from bots.viber import outgoing
from bots.viber.errors import TABLE
from bots.viber.outgoing import ViberBot, make
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
from tests.bots.viber.api import TOKEN, Answer, Api, viber_api

ANNA = UserId("01234567890A=")
HELLO = Part(Content("Hello"), random_id=1)


def left(reason: str) -> Outcome:
    return Unreachable(reason)


def dead(reason: str) -> Outcome:
    return Unreachable(reason, is_dead=True)


def too_much(_: str) -> Outcome:
    return Throttled(timedelta(minutes=1), only_address=True)


STATUSES: list[tuple[int, str, Callable[[str], Outcome]]] = [
    (1, "invalidUrl", Misconfigured),
    (2, "invalidAuthToken", Misconfigured),
    (3, "badData", Refused),
    (4, "missingData", Refused),
    (5, "receiverNotRegistered", dead),
    (6, "receiverNotSubscribed", left),
    (7, "publicAccountBlocked", Misconfigured),
    (8, "publicAccountNotFound", Misconfigured),
    (9, "publicAccountSuspended", Misconfigured),
    (10, "webhookNotSet", Misconfigured),
    (11, "receiverNoSuitableDevice", Refused),
    (12, "tooManyRequests", too_much),
    (13, "apiVersionNotSupported", Refused),
    (14, "incompatibleWithVersion", Refused),
    (15, "publicAccountNotAuthorized", Misconfigured),
    (16, "inchatReplyMessageNotAllowed", Refused),
    (17, "publicAccountIsNotInline", Refused),
    (18, "noPublicChat", Misconfigured),
    (19, "cannotSendBroadcast", Misconfigured),
    (20, "broadcastNotAllowed", Misconfigured),
    (21, "unsupportedCountry", dead),
    (22, "paymentUnsupported", Refused),
    (23, "freeMessagesExceeded", Misconfigured),
    (24, "noBalance", Misconfigured),
    (25, "general error", Transient),
    (99, "general error", Transient),
    (-1, "general error", Transient),
]


@pytest.mark.parametrize(("status", "name", "expected"), STATUSES)
async def test_a_status_has_one_outcome(
    bot: ViberBot, api: Api, status: int, name: str, expected: Callable[[str], Outcome]
) -> None:
    api.refuses(status)
    assert await bot.send(ANNA, HELLO) == expected(f"{status} {name}")
    assert len(api.calls) == 1, "the bot never tries again by itself"


def test_every_row_of_the_table_is_tested() -> None:
    assert set(TABLE) <= {status for status, _, _ in STATUSES}


async def test_the_reason_is_told_in_vibers_words(bot: ViberBot, api: Api) -> None:
    api.refuses(3, "The field media is invalid")
    assert await bot.send(ANNA, HELLO) == Refused("3 The field media is invalid")


@pytest.mark.parametrize(("status", "name", "expected"), STATUSES)
async def test_one_of_many_has_the_same_outcome(
    bot: ViberBot, api: Api, status: int, name: str, expected: Callable[[str], Outcome]
) -> None:
    api.refuses(0, "ok", message_token=5, failed_list=[{"receiver": ANNA, "status": status}])
    outcomes = await bot.send_together([(ANNA, HELLO), (UserId("B="), HELLO)])
    assert outcomes == [expected(f"{status} {name}"), Sent("5")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(2, Misconfigured("2 invalidAuthToken"), id="a bad token pauses"),
        pytest.param(12, Throttled(timedelta(seconds=10)), id="too fast waits"),
        pytest.param(6, Refused("6 receiverNotSubscribed"), id="nobody is said to have left"),
        pytest.param(5, Refused("5 receiverNotRegistered"), id="nobody is said to be dead"),
    ],
)
async def test_a_broadcast_refused_as_a_whole(
    bot: ViberBot, api: Api, status: int, expected: Outcome
) -> None:
    api.refuses(status)
    assert await bot.send_together([(ANNA, HELLO), (UserId("B="), HELLO)]) == [expected] * 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            Answer(status=403, body=b"<html>Forbidden</html>"),
            Misconfigured("403 without an answer of Viber: look at proxy and api_url"),
            id="a firewall's 403 unsubscribes nobody",
        ),
        pytest.param(
            Answer(status=301, body=b""),
            Misconfigured("301 without an answer of Viber: look at proxy and api_url"),
            id="a redirect is not followed",
        ),
        pytest.param(
            Answer(status=429, body=b"slow down"),
            Throttled(timedelta(seconds=1)),
            id="a proxy that throttles",
        ),
        pytest.param(
            Answer(status=502, body=b"<html>Bad Gateway</html>"),
            Unknown("502 without an answer of Viber"),
            id="a gateway that lost the answer",
        ),
        pytest.param(
            Answer(body=b"<html>Welcome</html>"),
            Unknown("the answer is not one of Viber's API"),
            id="something else that says 200",
        ),
        pytest.param(
            Answer({"status": "0"}),
            Unknown("the answer is not one of Viber's API"),
            id="a status that is no number",
        ),
        pytest.param(
            Answer(body=b'{"status":true}'),
            Unknown("the answer is not one of Viber's API"),
            id="a status of true",
        ),
        pytest.param(
            Answer(body=b"[" * 100_000),
            Unknown("the answer is not one of Viber's API"),
            id="a bomb of nested lists",
        ),
        pytest.param(Answer(cut=True), Unknown("ServerDisconnectedError"), id="cut after it left"),
    ],
)
async def test_an_answer_that_is_not_vibers(
    bot: ViberBot, api: Api, answer: Answer, expected: Outcome
) -> None:
    api.answers.append(answer)
    assert await bot.send(ANNA, HELLO) == expected
    assert len(api.calls) == 1


async def test_silence_after_the_request_left_is_unknown_for_all_of_them(
    bot: ViberBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SEND_SECONDS", 0.2)
    api.answers += [Answer(hang=True), Answer(hang=True)]
    assert await bot.send(ANNA, HELLO) == Unknown("no answer in time")
    both = await bot.send_together([(ANNA, HELLO), (UserId("B="), HELLO)])
    assert both == [Unknown("no answer in time")] * 2


async def test_no_connection_is_transient() -> None:
    async with viber_api() as api:
        url = api.url
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url=url))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Transient("Connection refused")


async def test_an_http_proxy_carries_the_request(api: Api) -> None:
    """A proxy gets the whole URL; the API here takes the path of it, so it plays both."""
    settings = BotSettings(AccountId("a"), TOKEN, api_url="http://api.invalid", proxy=api.url)
    bot = make(settings)
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert isinstance(outcome, Sent)


async def test_a_proxy_that_does_not_let_us_through_pauses_the_account() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        bot = make(BotSettings(AccountId("a"), TOKEN, proxy=f"http://me:pw@127.0.0.1:{port}"))
        outcome = await bot.send(ANNA, HELLO)
        await bot.close()
    assert outcome == Misconfigured("407 without an answer of Viber: look at proxy and api_url")


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
