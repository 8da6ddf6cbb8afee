"""Every answer that is not "ok", and every way of getting none."""

import asyncio
import logging
from datetime import timedelta

import pytest

from bots.contract import BotSettings, Part
from bots.telegram import outgoing
from bots.telegram.errors import Refusal, outcome_of
from bots.telegram.outgoing import TelegramBot, make
from bots.transport import NoAnswer, NotSent
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
from tests.bots.telegram.api import TOKEN, Answer, Api, bot_api

ANNA = UserId("5550001")
HELLO = Part(Content("Hello"), random_id=1)


def blocked(code: int, description: str) -> Unreachable:
    return Unreachable(f"{code} {description}")


def dead(code: int, description: str) -> Unreachable:
    return Unreachable(f"{code} {description}", is_dead=True)


def refused(code: int, description: str) -> Refused:
    return Refused(f"{code} {description}")


def misconfigured(code: int, description: str) -> Misconfigured:
    return Misconfigured(f"{code} {description}")


def unknown(code: int, description: str) -> Unknown:
    return Unknown(f"{code} {description}")


def done(_: int, __: str) -> Sent:
    return Sent("")


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", blocked),
        (403, "Forbidden: user is deactivated", dead),
        (403, "Forbidden: bot can't initiate conversation with a user", blocked),
        (403, "Forbidden: bot can't send messages to bots", dead),
        (403, "Forbidden: bot was kicked from the group chat", blocked),
        (403, "Forbidden: bot was kicked from the supergroup chat", blocked),
        (403, "Forbidden: bot was kicked from the channel chat", blocked),
        (403, "Forbidden: bot is not a member of the supergroup chat", blocked),
        (403, "Forbidden: bot is not a member of the channel chat", blocked),
        (403, "Forbidden: the group chat was deleted", dead),
        (403, "Forbidden: something new", blocked),
        (400, "Bad Request: chat not found", dead),
        (400, "Bad Request: private chat not found", dead),
        (400, "Bad Request: PEER_ID_INVALID", dead),
        (400, "Bad Request: user not found", dead),
        (400, "Bad Request: USER_ID_INVALID", dead),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", dead),
        (400, "Bad Request: chat_id is empty", refused),
        (400, "Bad Request: message is not modified: specified new message content", done),
        (400, "Bad Request: message can't be deleted", refused),
        (400, "Bad Request: message to edit not found", refused),
        (400, "Bad Request: message to delete not found", refused),
        (400, "Bad Request: message can't be edited", refused),
        (400, "Bad Request: query is too old and response timeout expired", refused),
        (400, "Bad Request: can't parse entities: unsupported start tag", refused),
        (400, "Bad Request: Text is too long", refused),
        (400, "Bad Request: message text is empty", refused),
        (400, "Bad Request: reply markup is too long", refused),
        (400, "Bad Request: message is too long", refused),
        (400, "Bad Request: message caption is too long", refused),
        (400, "Bad Request: BUTTON_DATA_INVALID", refused),
        (400, "Bad Request: Wrong HTTP URL specified", refused),
        (400, "Bad Request: failed to get HTTP URL content", refused),
        (400, "Bad Request: wrong type of the web page content", refused),
        (400, "Bad Request: wrong file_id or the file is temporarily unavailable", refused),
        (400, "Bad Request: file is too big", refused),
        (400, "Bad Request: not enough rights to send text messages to the chat", blocked),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", blocked),
        (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", refused),
        (400, "Bad Request: something new", refused),
        (401, "Unauthorized", misconfigured),
        (404, "Not Found", misconfigured),
        (409, "Conflict: terminated by other getUpdates request", misconfigured),
        (413, "Request Entity Too Large", refused),
        (418, "something new", refused),
        (500, "Internal Server Error", unknown),
        (502, "Bad Gateway", unknown),
        (504, "Gateway Timeout", unknown),
    ],
)
async def test_a_refusal_has_one_outcome(
    bot: TelegramBot, api: Api, code: int, description: str, expected: "type[Outcome]"
) -> None:
    api.refuses(code, description)
    assert await bot.send(ANNA, HELLO) == expected(code, description)
    assert len(api.calls) == 1, "the bot never tries again by itself"


@pytest.mark.parametrize(
    ("description", "parameters", "seconds"),
    [
        pytest.param("Too Many Requests: retry after 17", {"retry_after": 17}, 17, id="told"),
        pytest.param("Too Many Requests: retry after 0", {"retry_after": 0}, 1, id="told 0"),
        pytest.param("Too Many Requests: retry after 9", {}, 9, id="told in the text alone"),
        pytest.param("Too Many Requests", {}, 1, id="not told"),
        pytest.param("Too Many Requests", {"retry_after": "soon"}, 1, id="told in words"),
        pytest.param("Too Many Requests", {"retry_after": 10**30}, 86400, id="told for ever"),
    ],
)
async def test_too_fast_waits_as_long_as_telegram_says(
    bot: TelegramBot, api: Api, description: str, parameters: dict[str, object], seconds: int
) -> None:
    api.refuses(429, description, **parameters)
    assert await bot.send(ANNA, HELLO) == Throttled(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            Answer(status=403, body=b"<html>Forbidden</html>"),
            Misconfigured("403 without an answer of Telegram: look at proxy and api_url"),
            id="a firewall's 403 blocks nobody",
        ),
        pytest.param(
            Answer(status=404, body=b"[]"),
            Misconfigured("404 without an answer of Telegram: look at proxy and api_url"),
            id="a wrong api_url",
        ),
        pytest.param(
            Answer(status=429, body=b"slow down"),
            Throttled(timedelta(seconds=1)),
            id="a proxy that throttles",
        ),
        pytest.param(
            Answer(status=502, body=b"<html>Bad Gateway</html>"),
            Unknown("502 without an answer of Telegram"),
            id="a gateway that lost the answer",
        ),
        pytest.param(
            Answer(status=200, body=b"<html>Welcome</html>"),
            Unknown("the answer is not one of the Bot API"),
            id="something else that says 200",
        ),
        pytest.param(Answer(cut=True), Unknown("ServerDisconnectedError"), id="cut after it left"),
    ],
)
async def test_an_answer_that_is_not_telegrams(
    bot: TelegramBot, api: Api, answer: Answer, expected: Outcome
) -> None:
    api.answers.append(answer)
    assert await bot.send(ANNA, HELLO) == expected
    assert len(api.calls) == 1


async def test_silence_after_the_request_left_is_unknown(
    bot: TelegramBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SEND_SECONDS", 0.2)
    api.answers.append(Answer(hang=True))
    assert await bot.send(ANNA, HELLO) == Unknown("no answer in time")


async def test_no_connection_is_transient() -> None:
    async with bot_api() as api:
        url = api.url
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url=url))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Transient("Connection refused")


async def test_no_such_host_is_transient() -> None:
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url="http://api.invalid"))
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert isinstance(outcome, Transient)


async def test_an_http_proxy_carries_the_request(api: Api) -> None:
    """A proxy gets the whole URL; the API here takes the path of it, so it plays both."""
    bot = make(
        BotSettings(AccountId("shop-tg"), TOKEN, api_url="http://api.invalid", proxy=api.url)
    )
    outcome = await bot.send(ANNA, HELLO)
    await bot.close()
    assert outcome == Sent("77")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            b"HTTP/1.1 407 Proxy Authentication Required",
            Misconfigured("407 without an answer of Telegram: look at proxy and api_url"),
            id="a wrong password pauses the account",
        ),
        pytest.param(
            b"HTTP/1.1 502 Bad Gateway",
            Transient("the proxy answered 502"),
            id="a proxy that cannot reach Telegram has let nothing through",
        ),
    ],
)
async def test_a_proxy_that_refuses_the_way(line: bytes, expected: Outcome) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(line + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        bot = make(BotSettings(AccountId("shop-tg"), TOKEN, proxy=f"http://me:pw@127.0.0.1:{port}"))
        outcome = await bot.send(ANNA, HELLO)
        await bot.close()
    assert outcome == expected


async def socks5(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A proxy for one request: whatever the name, the port is on this machine."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    *_, length = await reader.readexactly(5)
    await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    there, back = await asyncio.open_connection("127.0.0.1", port)
    back.write(await reader.read(65_536))
    writer.write(await there.read(65_536))
    await writer.drain()
    back.close()
    writer.close()


async def test_a_socks_proxy_carries_the_request_and_resolves_the_name(api: Api) -> None:
    async with await asyncio.start_server(socks5, "127.0.0.1", 0) as proxy:
        outcome = await _send_by_socks(api, proxy.sockets[0].getsockname()[1])
    assert outcome == Sent("77")


async def test_a_socks_proxy_that_is_not_there_is_transient(api: Api) -> None:
    assert await _send_by_socks(api, 1) == Transient("the proxy: ProxyConnectionError")
    assert api.calls == []


async def _send_by_socks(api: Api, port: int) -> Outcome:
    url = api.url.replace("127.0.0.1", "telegram.internal")
    proxy = f"socks5://me:pw@127.0.0.1:{port}"
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url=url, proxy=proxy))
    try:
        return await bot.send(ANNA, HELLO)
    finally:
        await bot.close()


async def test_neither_token_nor_password_stands_in_a_reason_or_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    urls = ("http://127.0.0.1:1", "http://api.invalid", "http://[broken", "nonsense")
    for url in urls:
        bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url=url))
        outcome = await bot.send(ANNA, HELLO)
        await bot.close()
        assert isinstance(outcome, Transient)
        assert "ABC-DEF" not in repr(outcome)
    assert "ABC-DEF" not in caplog.text


def test_failures_of_transport_have_their_outcome() -> None:
    assert outcome_of(NotSent("x")) == Transient("x")
    assert outcome_of(NoAnswer("x")) == Unknown("x")
    assert str(Refusal(500)) == "500"
