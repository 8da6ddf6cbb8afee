"""The exact request that leaves for each kind of content."""

import json
import logging
import warnings
from typing import Any

import pytest

from bots.contract import BotSettings, Part, SettingUp
from bots.vk.limits import LIMITS, deep_link
from bots.vk.outgoing import VkBot, make
from bots.vk.requests import random_id_of
from core.content import (
    AskContactButton,
    AskLocationButton,
    Button,
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
from core.text import utf16_length
from tests.bots.vk.api import TOKEN, Api, error, response, sent

ANNA = UserId("5550001")
PLAIN = {
    "random_id": "991",
    "peer_ids": "5550001",
    "dont_parse_links": "1",
    "disable_mentions": "1",
}
YES, NO = PressButton("Да", "v1:yes"), PressButton("Нет", "v1:no")


def press(label: str, value: str) -> dict[str, Any]:
    action = {"label": label, "payload": json.dumps({"press": value}, separators=(",", ":"))}
    return {"action": {**action, "type": "callback"}, "color": "secondary"}


def keyboard(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"one_time": False, "inline": True, "buttons": list(rows)}


PLACE = {"action": {"type": "location"}}


@pytest.mark.parametrize(
    ("content", "form"),
    [
        pytest.param(
            Content("Привет, <b>Anna</b> & {{ x }}"),
            {"message": "Привет, <b>Anna</b> & {{ x }}"},
            id="a text leaves as it is",
        ),
        pytest.param(
            Content(
                "👍🏽 жирный сайт код",
                spans=(
                    Span(SpanKind.BOLD, 3, 6),
                    Span(SpanKind.LINK, 10, 4, "https://e.x"),
                    Span(SpanKind.CODE, 15, 3),
                    Span(SpanKind.ITALIC, 90, 3),
                ),
            ),
            {
                "message": "👍🏽 жирный сайт код",
                "format_data": {
                    "version": 1,
                    "items": [
                        {"type": "bold", "offset": 5, "length": 6},
                        {"type": "url", "offset": 12, "length": 4, "url": "https://e.x"},
                    ],
                },
            },
            id="formatting is counted in UTF-16 units; vk has none for code, and none off the text",
        ),
        pytest.param(
            Content("Любите чай?", buttons=(YES, NO)),
            {
                "message": "Любите чай?",
                "keyboard": keyboard([press("Да", "v1:yes"), press("Нет", "v1:no")]),
            },
            id="short answers stand side by side",
        ),
        pytest.param(
            Content("?", buttons=(UrlButton("Сайт", "https://e.x/a?b=1"), YES)),
            {
                "message": "?",
                "keyboard": keyboard(
                    [
                        {
                            "action": {
                                "link": "https://e.x/a?b=1",
                                "label": "Сайт",
                                "type": "open_link",
                            }
                        },
                        press("Да", "v1:yes"),
                    ]
                ),
            },
            id="a link is a button without a colour",
        ),
        pytest.param(
            Content("Где вы?", buttons=(AskLocationButton("Отправить место"), YES, NO)),
            {
                "message": "Где вы?",
                "keyboard": keyboard([press("Да", "v1:yes"), press("Нет", "v1:no")], [PLACE]),
            },
            id="the button for a place takes a whole row",
        ),
        pytest.param(
            Content("Ваш телефон?", buttons=(AskContactButton("Отправить мой номер"),)),
            {"message": "Ваш телефон?\nОтправить мой номер"},
            id="vk has no button for a phone: its words stand in the text",
        ),
        pytest.param(
            Content("Готово", clears_keyboard=True),
            {"message": "Готово", "keyboard": {"buttons": [], "one_time": True}},
            id="a keyboard is taken away",
        ),
        pytest.param(
            Content("Вот", attachments=(Media(MediaKind.PHOTO, "photo-123_456_ab12"),)),
            {"message": "Вот", "attachment": "photo-123_456_ab12"},
            id="a photo goes with its text",
        ),
        pytest.param(
            Content(
                attachments=(
                    Media(MediaKind.DOCUMENT, "doc-123_1"),
                    Media(MediaKind.VOICE, "audio_message5550001_2_key"),
                    Media(MediaKind.VIDEO, "doc-123_3"),
                    Media(MediaKind.AUDIO, "doc-123_4"),
                )
            ),
            {
                "message": "",
                "attachment": "doc-123_1,audio_message5550001_2_key,doc-123_3,doc-123_4",
            },
            id="files of any kind go together",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.STICKER, "9008"),)),
            {"message": "", "sticker_id": "9008"},
            id="a sticker by its number",
        ),
        pytest.param(
            Content(attachments=(Location(55.75, 37.61),)),
            {"message": "", "lat": "55.75", "long": "37.61"},
            id="a place",
        ),
        pytest.param(
            Content("Курьер", attachments=(ContactCard("+79990000001", "Борис", own=False),)),
            {"message": "Курьер\nБорис +79990000001"},
            id="vk has no cards: name and phone stand in the text",
        ),
    ],
)
async def test_the_request_of_a_content(
    bot: VkBot, api: Api, content: Content, form: dict[str, Any]
) -> None:
    api.answers.append(sent((5550001, 502)))
    assert await bot.send(ANNA, Part(content, random_id=991)) == Sent("502")
    ((method, fields),) = api.calls
    assert method == "messages.send"
    for name in ("keyboard", "format_data"):
        if name in fields:
            fields[name] = json.loads(fields[name])
    assert fields == PLAIN | form


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            Content(attachments=(Media(MediaKind.PHOTO, "https://e.x/a.jpg"),)),
            id="a file that was not uploaded",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.PHOTO, "photo1_2,doc3_4"),)), id="two in one name"
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.STICKER, "https://vk.com/sticker/1"),)),
            id="a sticker without a number",
        ),
        pytest.param(Content(attachments=(Location(1, 2), Location(3, 4))), id="two places"),
        pytest.param(
            Content(
                attachments=(
                    Media(MediaKind.STICKER, "9"),
                    Media(MediaKind.PHOTO, "photo1_2"),
                )
            ),
            id="a sticker and a photo",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.PHOTO, "photo1_2"),) * 11), id="eleven photos"
        ),
    ],
)
async def test_what_vk_cannot_carry_is_refused_before_it_leaves(
    bot: VkBot, api: Api, content: Content
) -> None:
    outcome = await bot.send(ANNA, Part(content, 1))
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("not sendable by VK: ")
    assert api.calls == []


@pytest.mark.parametrize("user", ["", "-5", "5550001,7", "٣", "me"])
async def test_a_user_that_is_none_is_refused(bot: VkBot, api: Api, user: str) -> None:
    assert await bot.send(UserId(user), Part(Content("x"), 1)) == Refused(
        "not sendable by VK: no such user id"
    )
    assert api.calls == []


LONG = "Расскажите мне подробнее об этом наборе!"


@pytest.mark.parametrize(
    ("buttons", "widths"),
    [
        pytest.param([PressButton(LONG, "x")] * 10, [2] * 5, id="ten sentences fit in six rows"),
        pytest.param([PressButton("5", "x")] * 10, [5, 5], id="ten figures"),
        pytest.param(
            [*[PressButton(LONG, "x")] * 9, AskLocationButton("?")],
            [2, 2, 2, 2, 1, 1],
            id="nine sentences and a place",
        ),
        pytest.param([PressButton(LONG, "x")] * 6, [1] * 6, id="six sentences"),
    ],
)
async def test_a_keyboard_stays_within_vks_size(
    bot: VkBot, api: Api, buttons: list[Button], widths: list[int]
) -> None:
    await bot.send(ANNA, Part(Content("?", buttons=tuple(buttons)), 1))
    shown = json.loads(api.calls[0][1]["keyboard"])["buttons"]
    assert [len(row) for row in shown] == widths
    assert len(shown) <= 6


async def test_the_largest_value_of_a_button_fits(bot: VkBot, api: Api) -> None:
    value = "x" * LIMITS.button_value_bytes
    label = "Я" * LIMITS.button_label
    assert utf16_length(label) == 40
    await bot.send(ANNA, Part(Content("?", buttons=(PressButton(label, value),)), 1))
    payload = json.loads(api.calls[0][1]["keyboard"])["buttons"][0][0]["action"]["payload"]
    assert len(payload) <= 255


@pytest.mark.parametrize(
    ("number", "folded"),
    [
        pytest.param(991, 991, id="a small one stays"),
        pytest.param(2**31 - 1, 2**31 - 1, id="the largest of VK's stays"),
        pytest.param(0, 1, id="0 would switch the protection off"),
        pytest.param(2**31, 1, id="a larger one is folded"),
    ],
)
def test_a_random_id_has_31_bits(number: int, folded: int) -> None:
    assert random_id_of(number) == folded


def test_folding_keeps_neighbours_apart() -> None:
    first = 7_301_234_567_890_123
    assert len({random_id_of(first + step) for step in range(1000)}) == 1000


@pytest.mark.parametrize("path", ["", "/vk", "/vk/", "/vk/method", "/vk/method/"])
async def test_the_address_of_the_api_is_taken_with_and_without_method(api: Api, path: str) -> None:
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url=api.url + path))
    await bot.send(ANNA, Part(Content("x"), 1))
    await bot.close()
    assert len(api.calls) == (1 if path else 0)


async def test_a_press_is_answered_with_a_notice(bot: VkBot, api: Api) -> None:
    await bot.acknowledge("5550001:5550002:bd:42", "Готово" + "!" * 100)
    await bot.acknowledge("5550001:5550002:bd43", "")
    (_, first), (method, second) = api.calls
    assert method == "messages.sendMessageEventAnswer"
    notice = {"type": "show_snackbar", "text": ("Готово" + "!" * 100)[:90]}
    assert json.loads(first.pop("event_data")) == notice
    assert first == {"event_id": "bd:42", "user_id": "5550001", "peer_id": "5550002"}
    assert second == {"event_id": "bd43", "user_id": "5550001", "peer_id": "5550002"}


async def test_an_answer_to_a_press_that_comes_too_late_is_no_error(bot: VkBot, api: Api) -> None:
    api.answers.append(error(100, "One of the parameters specified was missing or invalid"))
    await bot.acknowledge("1:1:bd42", "")
    assert len(api.calls) == 1


@pytest.mark.parametrize("press", ["", "1", "1:2", "1:2:"])
async def test_a_press_that_wants_no_answer_gets_none(bot: VkBot, api: Api, press: str) -> None:
    await bot.acknowledge(press, "Готово")
    assert api.calls == []


async def test_a_menu_is_nothing_that_vk_has(bot: VkBot, api: Api) -> None:
    await bot.set_menu({}, {"": "x"})
    assert api.calls == []


@pytest.mark.parametrize("token", ["", " ", "vk1.a.x\n", "vk1.a.ключ"])
def test_a_token_that_is_none_is_said(token: str) -> None:
    with pytest.raises(SettingUp, match="community's token") as caught:
        make(BotSettings(AccountId("a"), token))
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "link"),
    [
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, username="shopclub"),
            "https://vk.me/shopclub?ref=abc",
            id="vk's own",
        ),
        pytest.param(
            BotSettings(AccountId("a"), TOKEN, group="123"),
            "https://vk.me/club123?ref=abc",
            id="a community without a name",
        ),
        pytest.param(
            BotSettings(
                AccountId("a"), TOKEN, username="shopclub", link_url="http://x:9001/vk.me/"
            ),
            "http://x:9001/vk.me/shopclub?ref=abc",
            id="an emulator's",
        ),
    ],
)
def test_the_deep_link(settings: BotSettings, link: str) -> None:
    assert deep_link(settings, "abc") == link


def test_the_library_leaves_the_process_as_it_was() -> None:
    assert "vkbottle" not in warnings.showwarning.__module__
    assert logging.getLogger("vkbottle").handlers == []


async def test_an_answer_that_is_a_bare_number_is_the_message_id(bot: VkBot, api: Api) -> None:
    api.answers.append(response(502))
    assert await bot.send(ANNA, Part(Content("x"), 1)) == Sent("502")
