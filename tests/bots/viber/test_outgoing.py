"""The exact request that leaves for each kind of content."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bots.contract import BotSettings, FileGone, Part, SettingUp
from bots.viber.keyboard import keyboard_of, value_of
from bots.viber.limits import LIMITS
from bots.viber.outgoing import ViberBot, make
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
from tests.bots.viber.api import OK, TOKEN, Answer, Api, viber_api

ANNA = UserId("01234567890A=")
TO_ANNA = {"receiver": "01234567890A=", "sender": {"name": "Чай"}}
PLAIN = {**TO_ANNA, "min_api_version": 1}
SENT = Sent("5741311803571721087")
YES, NO = PressButton("Да", "v1:yes"), PressButton("Нет", "v1:no")
URL = "https://shop.example.com/a"


def keys(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"keyboard": {"Type": "keyboard", "DefaultHeight": False, "Buttons": list(buttons)}}


def key(columns: int, label: str, action: str, body: str) -> dict[str, Any]:
    shown = {"Columns": columns, "Rows": 1, "Text": label, "ActionType": action, "ActionBody": body}
    return {**shown, "Silent": True} if action == "reply" else shown


def media(kind: MediaKind, name: str = "", mime: str = "", size: int | None = None) -> Media:
    return Media(kind, URL, name, mime, size)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        pytest.param(
            Content("Привет, <b>Anna</b> & *x*"),
            {**PLAIN, "type": "text", "text": "Привет, <b>Anna</b> & *x*"},
            id="a text leaves as it is",
        ),
        pytest.param(
            Content(
                "👍🏽 наш сайт, https://e.x",
                spans=(
                    Span(SpanKind.BOLD, 3, 3),
                    Span(SpanKind.LINK, 7, 4, URL),
                    Span(SpanKind.LINK, 13, 11, "https://e.x"),
                ),
            ),
            {
                **PLAIN,
                "type": "text",
                "text": f"👍🏽 наш сайт ({URL}), https://e.x",
            },
            id="a link stands behind its words, unless they are the link",
        ),
        pytest.param(
            Content("Любите чай?", buttons=(YES, NO)),
            {
                **PLAIN,
                "min_api_version": 4,
                "type": "text",
                "text": "Любите чай?",
                **keys(
                    key(3, "Да", "reply", "parley:v1:yes"), key(3, "Нет", "reply", "parley:v1:no")
                ),
            },
            id="short answers stand side by side and leave no trace in the chat",
        ),
        pytest.param(
            Content("Наш сайт", buttons=(UrlButton("Открыть", URL),)),
            {
                **PLAIN,
                "type": "text",
                "text": "Наш сайт",
                **keys(key(6, "Открыть", "open-url", URL)),
            },
            id="a button opens a page, on the oldest of phones",
        ),
        pytest.param(
            Content("Телефон?", buttons=(AskContactButton("Отправить номер"),)),
            {
                **PLAIN,
                "min_api_version": 3,
                "type": "text",
                "text": "Телефон?",
                **keys(key(6, "Отправить номер", "share-phone", "phone")),
            },
            id="a phone is asked for with one tap",
        ),
        pytest.param(
            Content("Куда везти?", buttons=(AskLocationButton("Я здесь"), YES)),
            {
                **PLAIN,
                "min_api_version": 4,
                "type": "text",
                "text": "Куда везти?",
                **keys(
                    key(3, "Я здесь", "location-picker", "location"),
                    key(3, "Да", "reply", "parley:v1:yes"),
                ),
            },
            id="a place is asked for beside an answer",
        ),
        pytest.param(
            Content("Спасибо", clears_keyboard=True),
            {**PLAIN, "type": "text", "text": "Спасибо"},
            id="a message without a keyboard takes the one before away",
        ),
        pytest.param(
            Content("Вот она", attachments=(media(MediaKind.PHOTO),), buttons=(YES,)),
            {
                **PLAIN,
                "min_api_version": 4,
                "type": "picture",
                "media": URL,
                "text": "Вот она",
                **keys(key(6, "Да", "reply", "parley:v1:yes")),
            },
            id="a picture with its caption and a button",
        ),
        pytest.param(
            Content("я" * 513, attachments=(media(MediaKind.PHOTO),)),
            {**PLAIN, "type": "text", "text": "я" * 513 + f"\n{URL}"},
            id="a caption too long for a picture has the picture as a link",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.PHOTO, "big.jpg", "image/jpeg", 2**20 + 1),)),
            {
                **PLAIN,
                "type": "file",
                "media": URL,
                "size": 2**20 + 1,
                "file_name": "big.jpg",
            },
            id="a picture over 1 MB goes as a file",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.PHOTO, "a.webp", "image/webp", 900),)),
            {**PLAIN, "type": "file", "media": URL, "size": 900, "file_name": "a.webp"},
            id="a picture of a kind that Viber does not show goes as a file",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.VIDEO, "a.mp4", "video/mp4", 900000),)),
            {**PLAIN, "type": "video", "media": URL, "size": 900000},
            id="a video",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.VIDEO, "", "video/mp4", 30 * 2**20),)),
            {
                **PLAIN,
                "type": "file",
                "media": URL,
                "size": 30 * 2**20,
                "file_name": "a.mp4",
            },
            id="a video over 26 MB goes as a file, named after its URL",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.DOCUMENT, "price.pdf", size=40000),)),
            {**PLAIN, "type": "file", "media": URL, "size": 40000, "file_name": "price.pdf"},
            id="a file",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.VOICE, size=900),)),
            {**PLAIN, "type": "file", "media": URL, "size": 900, "file_name": "a.bin"},
            id="a voice message goes as a file, with an extension",
        ),
        pytest.param(
            Content(
                attachments=(
                    Media(MediaKind.AUDIO, "https://[e.x/%D0%B6?a=b.c", "", "audio/mpeg", 9),
                )
            ),
            {
                **PLAIN,
                "type": "file",
                "media": "https://[e.x/%D0%B6?a=b.c",
                "size": 9,
                "file_name": "ж.mp3",
            },
            id="a file without a name has that of its address",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.AUDIO),)),
            {**PLAIN, "type": "url", "media": URL},
            id="a file of an unknown size goes as a link",
        ),
        pytest.param(
            Content("Прайс", attachments=(media(MediaKind.DOCUMENT, "price.pdf", size=40000),)),
            {**PLAIN, "type": "text", "text": f"Прайс\n{URL}"},
            id="a file with a text is a text with a link",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.DOCUMENT, "x", size=60 * 2**20),)),
            {**PLAIN, "type": "url", "media": URL},
            id="a file over 50 MB goes as a link",
        ),
        pytest.param(
            Content(attachments=(Media(MediaKind.STICKER, "40126"),)),
            {**PLAIN, "type": "sticker", "sticker_id": 40126},
            id="a sticker",
        ),
        pytest.param(
            Content(attachments=(media(MediaKind.STICKER),)),
            {**PLAIN, "type": "url", "media": URL},
            id="another messenger's sticker goes as a link",
        ),
        pytest.param(
            Content(attachments=(Location(55.75, 37.61),), buttons=(YES,)),
            {
                **PLAIN,
                "min_api_version": 4,
                "type": "location",
                "location": {"lat": 55.75, "lon": 37.61},
                **keys(key(6, "Да", "reply", "parley:v1:yes")),
            },
            id="a place",
        ),
        pytest.param(
            Content(attachments=(ContactCard("+79990000001", "", own=False),)),
            {
                **PLAIN,
                "type": "contact",
                "contact": {"name": "+79990000001", "phone_number": "+79990000001"},
            },
            id="a contact without a name, which Viber demands",
        ),
        pytest.param(
            Content(attachments=(ContactCard("+" + "9" * 30, "Анна" * 9, own=False),)),
            {
                **PLAIN,
                "type": "contact",
                "contact": {"name": "Анна" * 7, "phone_number": "+" + "9" * 17},
            },
            id="a contact cut to what Viber takes",
        ),
    ],
)
async def test_a_part_leaves_as_one_request(
    bot: ViberBot, api: Api, content: Content, fields: dict[str, Any]
) -> None:
    assert await bot.send(ANNA, Part(content, random_id=1)) == SENT
    assert api.calls == [("send_message", fields)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            Content(attachments=(Location(1, 2), Location(3, 4))), id="two things in one message"
        ),
        pytest.param(Content("text", attachments=(Location(1, 2),)), id="a place with a text"),
        pytest.param(Content(attachments=(Media(MediaKind.PHOTO, "AgAC"),)), id="no URL"),
        pytest.param(Content("hidden \ud83d"), id="half of a sign"),
        pytest.param(Content("字" * 10_300), id="more than 30 KB"),
    ],
)
async def test_what_is_not_one_message_is_refused_and_nothing_leaves(
    bot: ViberBot, api: Api, content: Content
) -> None:
    outcome = await bot.send(ANNA, Part(content, 1))
    assert isinstance(outcome, Refused)
    assert "hidden" not in outcome.reason
    assert api.calls == []


async def test_the_longest_text_with_the_largest_keyboard_fits(bot: ViberBot, api: Api) -> None:
    buttons = tuple(PressButton("Ж" * LIMITS.button_label, "v" * 64) for _ in range(LIMITS.buttons))
    longest = Content("я" * LIMITS.text, buttons=buttons)
    assert await bot.send(ANNA, Part(longest, 1)) == SENT
    assert len(api.bodies[0]) <= 30 * 1024


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        pytest.param(["1", "2", "3", "4", "5"], [2, 2, 2, 3, 3], id="ratings"),
        pytest.param(["Да"], [6], id="one"),
        pytest.param(["Расскажите мне подробнее", "Да"], [6, 6], id="a sentence has a row"),
        pytest.param(["a"] * 4, [3, 3, 3, 3], id="four stand two by two"),
        pytest.param(["a"] * 24, [2] * 24, id="as many as there may be"),
        pytest.param(["Расскажите мне подробнее"] * 13, [3] * 12 + [6], id="never over 12 rows"),
        pytest.param(["Расскажите мне подробнее"] * 24, [3] * 24, id="24 sentences"),
    ],
)
def test_a_keyboard_is_a_grid_of_six_columns(labels: Sequence[str], columns: list[int]) -> None:
    found: Any = keyboard_of([PressButton(label, "v") for label in labels])["Buttons"]
    assert [one["Columns"] for one in found] == columns
    assert sum(columns) % 6 == 0
    assert sum(columns) // 6 <= 12


def test_a_press_comes_back_as_the_value_of_its_button() -> None:
    shown: Any = keyboard_of([PressButton("Да", "f.1z-2_0.A")])["Buttons"]
    assert value_of(shown[0]["ActionBody"]) == "f.1z-2_0.A"


@pytest.mark.parametrize("typed", ["Да", "f.1z.2.0", "parley:", "parley: a", "Parley:a", "стоп"])
def test_what_people_type_is_no_press(typed: str) -> None:
    assert value_of(typed) is None


def to(*users: str) -> list[tuple[UserId, Part]]:
    return [(UserId(user), Part(Content("Новинки"), random_id=7)) for user in users]


async def test_one_message_reaches_many_in_one_request(bot: ViberBot, api: Api) -> None:
    failed = [
        {"receiver": "B=", "status": 6, "status_message": "Not subscribed"},
        {"receiver": "D=", "status": "?"},
        "rubbish",
    ]
    api.answers.append(Answer({**OK, "failed_list": failed}))
    outcomes = await bot.send_together(to("A=", "B=", "C=", "D="))
    assert [str(type(one).__name__) for one in outcomes] == [
        "Sent",
        "Unreachable",
        "Sent",
        "Transient",
    ]
    assert outcomes[0] == SENT
    assert outcomes[2] == SENT
    assert api.calls == [
        (
            "broadcast_message",
            {
                "min_api_version": 1,
                "type": "text",
                "text": "Новинки",
                "sender": {"name": "Чай"},
                "broadcast_list": ["A=", "B=", "C=", "D="],
            },
        )
    ]


async def test_a_broadcast_too_large_for_one_request_takes_two(bot: ViberBot, api: Api) -> None:
    users = [UserId(f"{number:023}=") for number in range(300)]
    part = Part(Content("字" * 7000, buttons=(YES,) * 24), random_id=7)
    outcomes = await bot.send_together([(user, part) for user in users])
    assert outcomes == [SENT] * 300
    assert [name for name, _ in api.calls] == ["broadcast_message"] * 2
    assert [user for _, fields in api.calls for user in fields["broadcast_list"]] == users


async def test_a_message_too_large_for_anybody_is_refused_for_all(bot: ViberBot, api: Api) -> None:
    part = Part(Content("字" * 10_300), random_id=7)
    outcomes = await bot.send_together([(UserId("A="), part), (UserId("B="), part)])
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused]
    assert api.calls == []


async def test_different_messages_leave_one_by_one(bot: ViberBot, api: Api) -> None:
    sends = [(UserId("A="), Part(Content("1"), 1)), (UserId("B="), Part(Content("2"), 2))]
    outcomes = await bot.send_together(sends)
    assert outcomes == [SENT, SENT]
    assert [name for name, _ in api.calls] == ["send_message", "send_message"]


async def test_one_person_is_no_broadcast(bot: ViberBot, api: Api) -> None:
    assert await bot.send_together(to("A=")) == [SENT]
    assert [name for name, _ in api.calls] == ["send_message"]


async def test_ok_without_a_token_is_sent(bot: ViberBot, api: Api) -> None:
    api.answers.append(Answer({"status": 0, "status_message": "ok"}))
    assert await bot.send(ANNA, Part(Content("hi"), 1)) == Sent("")


async def test_a_token_of_64_bits_is_kept_to_the_last_digit(bot: ViberBot, api: Api) -> None:
    api.answers.append(Answer(body=b'{"status":0,"message_token":18446744073709551615}'))
    assert await bot.send(ANNA, Part(Content("hi"), 1)) == Sent("18446744073709551615")


async def test_the_avatar_and_a_short_name_stand_in_each_message() -> None:
    async with viber_api() as api:
        settings = BotSettings(
            AccountId("a"), TOKEN, api_url=api.url + "/", name="Ч" * 40, avatar="https://e.x/a.png"
        )
        bot = make(settings)
        await bot.send(ANNA, Part(Content("hi"), 1))
        await bot.close()
    sender = {"name": "Ч" * 28, "avatar": "https://e.x/a.png"}
    assert json.loads(api.bodies[0])["sender"] == sender


async def test_an_api_url_may_end_as_the_libraries_write_it() -> None:
    async with viber_api() as api:
        bot = make(BotSettings(AccountId("a"), TOKEN, api_url=api.url + "/pa/"))
        assert await bot.send(ANNA, Part(Content("hi"), 1)) == SENT
        await bot.close()


async def test_what_comes_in_has_a_url_and_is_not_fetched_here(bot: ViberBot) -> None:
    with pytest.raises(FileGone):
        await bot.fetch(Media(MediaKind.PHOTO, URL))


@pytest.mark.parametrize("token", ["", "  ", "токен", "a\nb", "ab\n"])
def test_a_token_that_is_none_is_said_without_quoting_it(token: str) -> None:
    with pytest.raises(SettingUp) as caught:
        make(BotSettings(AccountId("a"), token))
    assert "partners.viber.com" in str(caught.value)
    assert not token.strip() or token not in str(caught.value)


def test_a_proxy_that_is_none_is_said() -> None:
    with pytest.raises(SettingUp, match="http://host:3128 or socks5://"):
        make(BotSettings(AccountId("a"), TOKEN, proxy="ftp://host:1"))
