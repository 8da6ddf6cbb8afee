"""The exact request that leaves for each kind of content."""

from typing import Any

import pytest

from bots.contract import BotSettings, FileGone, Part, SettingUp
from bots.telegram.outgoing import TelegramBot, make
from core.content import (
    AskContactButton,
    AskLocationButton,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    Span,
    SpanKind,
    UrlButton,
)
from core.ids import AccountId, UserId
from core.outcomes import Refused, Sent
from tests.bots.telegram.api import Answer, Api

ANNA = UserId("5550001")
TO_ANNA = {"chat_id": 5550001}
PLAIN = {**TO_ANNA, "link_preview_options": {"is_disabled": True}}
YES, NO = PressButton("Да", "v1:yes"), PressButton("Нет", "v1:no")


def inline(*rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"reply_markup": {"inline_keyboard": list(rows)}}


def reply(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    keyboard = {"keyboard": list(rows), "resize_keyboard": True, "one_time_keyboard": True}
    return {"reply_markup": keyboard}


def press(label: str, value: str) -> dict[str, str]:
    return {"text": label, "callback_data": value}


RATINGS = tuple(PressButton(str(number), f"r{number}") for number in range(1, 6))


@pytest.mark.parametrize(
    ("content", "method", "form"),
    [
        pytest.param(
            Content("Привет, <b>Anna</b> & {{ x }}"),
            "sendMessage",
            {**PLAIN, "text": "Привет, <b>Anna</b> & {{ x }}"},
            id="a text leaves as it is, without a preview of its links",
        ),
        pytest.param(
            Content(
                "👍🏽 жирный сайт",
                spans=(
                    Span(SpanKind.BOLD, 3, 6),
                    Span(SpanKind.LINK, 10, 4, "https://e.x"),
                    Span(SpanKind.CODE, 14, 4),
                ),
            ),
            "sendMessage",
            {
                **PLAIN,
                "text": "👍🏽 жирный сайт",
                "entities": [
                    {"type": "bold", "offset": 5, "length": 6},
                    {"type": "text_link", "offset": 12, "length": 4, "url": "https://e.x"},
                ],
            },
            id="formatting is counted in UTF-16 units, and none off the text",
        ),
        pytest.param(
            Content("Любите чай?", buttons=(YES, NO)),
            "sendMessage",
            {
                **PLAIN,
                "text": "Любите чай?",
                **inline([press("Да", "v1:yes"), press("Нет", "v1:no")]),
            },
            id="short answers stand side by side",
        ),
        pytest.param(
            Content("?", buttons=RATINGS),
            "sendMessage",
            {**PLAIN, "text": "?", **inline([press(str(n), f"r{n}") for n in range(1, 6)])},
            id="five ratings stand in one row",
        ),
        pytest.param(
            Content("?", buttons=(PressButton("Расскажите мне подробнее", "a"), YES)),
            "sendMessage",
            {
                **PLAIN,
                "text": "?",
                **inline([press("Расскажите мне подробнее", "a")], [press("Да", "v1:yes")]),
            },
            id="sentences stand one under another",
        ),
        pytest.param(
            Content("?", buttons=tuple(PressButton(f"Город {n}", f"c{n}") for n in range(4))),
            "sendMessage",
            {
                **PLAIN,
                "text": "?",
                **inline(
                    [press("Город 0", "c0"), press("Город 1", "c1")],
                    [press("Город 2", "c2"), press("Город 3", "c3")],
                ),
            },
            id="four of a kind stand two by two and not three and one",
        ),
        pytest.param(
            Content("Наш сайт", buttons=(UrlButton("Открыть", "https://e.x/a"),)),
            "sendMessage",
            {**PLAIN, "text": "Наш сайт", **inline([{"text": "Открыть", "url": "https://e.x/a"}])},
            id="a button opens a page",
        ),
        pytest.param(
            Content("Телефон?", buttons=(AskContactButton("Отправить номер"), NO)),
            "sendMessage",
            {
                **PLAIN,
                "text": "Телефон?",
                **reply([{"text": "Отправить номер", "request_contact": True}], [{"text": "Нет"}]),
            },
            id="a phone is asked for with a keyboard that goes away",
        ),
        pytest.param(
            Content(
                "Куда везти?",
                buttons=(AskLocationButton("Я здесь"), UrlButton("Карта", "https://e.x")),
            ),
            "sendMessage",
            {
                **PLAIN,
                "text": "Куда везти?\nКарта: https://e.x",
                **reply([{"text": "Я здесь", "request_location": True}]),
            },
            id="a link beside a question for the place stands in the text",
        ),
        pytest.param(
            Content("Спасибо", clears_keyboard=True),
            "sendMessage",
            {**PLAIN, "text": "Спасибо", "reply_markup": {"remove_keyboard": True}},
            id="a keyboard that is no more needed is taken away",
        ),
        pytest.param(
            Content(
                "Вот она",
                spans=(Span(SpanKind.ITALIC, 0, 3),),
                attachments=(Media(MediaKind.PHOTO, "https://e.x/a.jpg"),),
                buttons=(YES,),
            ),
            "sendPhoto",
            {
                **TO_ANNA,
                "photo": "https://e.x/a.jpg",
                "caption": "Вот она",
                "caption_entities": [{"type": "italic", "offset": 0, "length": 3}],
                **inline([press("Да", "v1:yes")]),
            },
            id="a photo by its address, with caption and buttons",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.VIDEO, "BAAC"),)),
            "sendVideo",
            {**TO_ANNA, "video": "BAAC"},
            id="a video that Telegram has already",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.DOCUMENT, "https://e.x/a.pdf"),)),
            "sendDocument",
            {**TO_ANNA, "document": "https://e.x/a.pdf"},
            id="a document",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.VOICE, "AwAC"),)),
            "sendVoice",
            {**TO_ANNA, "voice": "AwAC"},
            id="a voice message",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.AUDIO, "CQAC"),)),
            "sendAudio",
            {**TO_ANNA, "audio": "CQAC"},
            id="a piece of music",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.STICKER, "CAAC"),)),
            "sendSticker",
            {**TO_ANNA, "sticker": "CAAC"},
            id="a sticker",
        ),
        pytest.param(
            Content(attachments=(Location(55.75, 37.61),), buttons=(YES,)),
            "sendLocation",
            {
                **TO_ANNA,
                "latitude": 55.75,
                "longitude": 37.61,
                **inline([press("Да", "v1:yes")]),
            },
            id="a place",
        ),
        pytest.param(
            Content(attachments=(ContactCard("+79990000001", "", own=False),)),
            "sendContact",
            {**TO_ANNA, "phone_number": "+79990000001", "first_name": "+79990000001"},
            id="a contact without a name, which Telegram demands",
        ),
    ],
)
async def test_a_part_leaves_as_one_request(
    bot: TelegramBot, api: Api, content: Content, method: str, form: dict[str, Any]
) -> None:
    assert await bot.send(ANNA, Part(content, random_id=1)) == Sent("77")
    assert api.calls == [(method, form)]
    assert api.content_types == ["application/json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            Content(attachments=(Location(1, 2), Location(3, 4))), id="two things in one message"
        ),
        pytest.param(Content("text", attachments=(Location(1, 2),)), id="a place with a text"),
        pytest.param(
            Content("text", attachments=(Media(MediaKind.STICKER, "x"),)),
            id="a sticker with a text",
        ),
    ],
)
async def test_what_is_not_one_message_is_refused_and_nothing_leaves(
    bot: TelegramBot, api: Api, content: Content
) -> None:
    assert isinstance(await bot.send(ANNA, Part(content, 1)), Refused)
    assert api.calls == []


async def test_an_address_that_is_no_number_is_refused(bot: TelegramBot, api: Api) -> None:
    assert isinstance(await bot.send(UserId("@anna"), Part(Content("hi"), 1)), Refused)
    assert api.calls == []


async def test_an_answer_newer_than_the_library_is_still_sent(bot: TelegramBot, api: Api) -> None:
    strange = {"message_id": 9007199254740993, "chat": {"type": "hologram"}, "entities": [{"t": 1}]}
    api.answers.append(Answer(strange))
    assert await bot.send(ANNA, Part(Content("hi"), 1)) == Sent("9007199254740993")


async def test_ok_without_a_message_id_is_sent(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer(True))
    assert await bot.send(ANNA, Part(Content("hi"), 1)) == Sent("")


async def test_a_press_is_answered_with_a_text_of_200_signs(bot: TelegramBot, api: Api) -> None:
    await bot.acknowledge("4382", "я" * 300)
    await bot.acknowledge("4383", "")
    assert api.calls == [
        ("answerCallbackQuery", {"callback_query_id": "4382", "text": "я" * 200}),
        ("answerCallbackQuery", {"callback_query_id": "4383"}),
    ]


async def test_an_answer_to_a_press_that_comes_too_late_is_no_error(
    bot: TelegramBot, api: Api
) -> None:
    api.refuses(400, "Bad Request: query is too old and response timeout expired")
    await bot.acknowledge("4382", "")
    assert len(api.calls) == 1


def photo(ref: str) -> Media:
    return Media(MediaKind.PHOTO, ref)


async def test_a_file_is_fetched_by_its_id(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer({"file_id": "AgAC", "file_path": "photos/a b.jpg", "file_size": 3}))
    api.files["photos/a b.jpg"] = b"\xff" * 100_000
    chunks = [chunk async for chunk in await bot.fetch(photo("AgAC"))]
    assert b"".join(chunks) == b"\xff" * 100_000
    assert api.calls == [("getFile", {"file_id": "AgAC"})]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer({"file_id": "AgAC"}), id="too large to be given"),
        pytest.param(Answer({"file_path": "gone.jpg"}), id="gone between the two requests"),
        pytest.param(Answer({"file_path": "a.jpg", "file_size": 21 * 2**20}), id="over 20 MB"),
        pytest.param(
            Answer(status=400, body=b'{"ok":false,"description":"Bad Request: wrong file_id"}'),
            id="unknown to Telegram",
        ),
        pytest.param(Answer(cut=True), id="cut off"),
    ],
)
async def test_a_file_that_telegram_does_not_give_is_gone(
    bot: TelegramBot, api: Api, answer: Answer
) -> None:
    api.answers.append(answer)
    with pytest.raises(FileGone):
        _ = [chunk async for chunk in await bot.fetch(photo("AgAC"))]


async def test_a_file_larger_than_telegram_said_is_cut_off(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer({"file_path": "a.jpg", "file_size": 3}))
    api.files["a.jpg"] = b"x" * (20 * 2**20 + 1)
    with pytest.raises(FileGone):
        _ = [chunk async for chunk in await bot.fetch(photo("AgAC"))]


async def test_an_address_on_the_web_is_no_file_of_telegrams(bot: TelegramBot, api: Api) -> None:
    with pytest.raises(FileGone):
        await bot.fetch(photo("https://internal.example/a.jpg"))
    assert api.calls == []


@pytest.mark.parametrize("token", ["", "abc", "12 34:abc", "654321:"])
def test_a_token_that_is_none_is_said_without_quoting_it(token: str) -> None:
    with pytest.raises(SettingUp) as caught:
        make(BotSettings(AccountId("shop-tg"), token))
    assert "@BotFather" in str(caught.value)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["socks5://", "socks5://host", "socks9://host:1", "ftp://host:1", "host:3128"]
)
def test_a_proxy_that_is_none_is_said(proxy: str) -> None:
    with pytest.raises(SettingUp, match="http://host:3128 or socks5://"):
        make(BotSettings(AccountId("shop-tg"), "123456:ABC", proxy=proxy))


def test_settings_never_show_their_secrets() -> None:
    shown = repr(BotSettings(AccountId("a"), "123456:ABC", proxy="http://me:pw@proxy"))
    assert "ABC" not in shown
    assert "pw" not in shown
