"""The exact request that leaves for each kind of content."""

from typing import Any

import pytest

from bots.contract import BotSettings, FileGone, Part, SettingUp
from bots.max.html import html_of
from bots.max.limits import LIMITS
from bots.max.outgoing import MaxBot, make
from bots.max.requests import body_of
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
from tests.bots.max.api import TOKEN, Answer, Api, Call

ANNA = UserId("5550001")
TO_ANNA = {"user_id": "5550001", "disable_link_preview": "true"}
YES, NO = PressButton("Да", "v1:yes"), PressButton("Нет", "v1:no")
URL = "https://shop.example.com/a?b=1&c=2"


def keyboard(*rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": "inline_keyboard", "payload": {"buttons": list(rows)}}


def press(label: str, value: str) -> dict[str, str]:
    return {"type": "callback", "text": label, "payload": value}


def media(kind: MediaKind, ref: str) -> Content:
    return Content(attachments=(Media(kind, ref),))


def attached(type_: str, **payload: str) -> dict[str, Any]:
    return {"attachments": [{"type": type_, "payload": payload}]}


@pytest.mark.parametrize(
    ("content", "body"),
    [
        pytest.param(
            Content("Привет, <b>Anna</b> & *x*"),
            {"text": "Привет, <b>Anna</b> & *x*"},
            id="a text without formatting leaves as it is",
        ),
        pytest.param(
            Content("a < b", spans=(Span(SpanKind.BOLD, 4, 1),)),
            {"text": "a &lt; <b>b</b>", "format": "html"},
            id="a formatted text is HTML, and the rest of it escaped",
        ),
        pytest.param(
            Content("Любите чай?", buttons=(YES, NO)),
            {
                "text": "Любите чай?",
                "attachments": [keyboard([press("Да", "v1:yes"), press("Нет", "v1:no")])],
            },
            id="short answers stand side by side",
        ),
        pytest.param(
            Content("?", buttons=(PressButton("Расскажите мне подробнее", "a"), YES)),
            {
                "text": "?",
                "attachments": [
                    keyboard([press("Расскажите мне подробнее", "a")], [press("Да", "v1:yes")])
                ],
            },
            id="sentences stand one under another",
        ),
        pytest.param(
            Content("Наш сайт", buttons=(UrlButton("Открыть", URL), YES)),
            {
                "text": "Наш сайт",
                "attachments": [
                    keyboard(
                        [{"type": "link", "text": "Открыть", "url": URL}, press("Да", "v1:yes")]
                    )
                ],
            },
            id="a button opens a page",
        ),
        pytest.param(
            Content("?", buttons=(AskContactButton("Мой номер"), AskLocationButton("Я здесь"))),
            {
                "text": "?",
                "attachments": [
                    keyboard(
                        [
                            {"type": "request_contact", "text": "Мой номер"},
                            {"type": "request_geo_location", "text": "Я здесь"},
                        ]
                    )
                ],
            },
            id="a phone and a place are asked for with one tap",
        ),
        pytest.param(
            Content("Спасибо", clears_keyboard=True),
            {"text": "Спасибо"},
            id="there is no keyboard that would have to be taken away",
        ),
        pytest.param(
            Content("Вот", attachments=(Media(MediaKind.PHOTO, "image:t:1"),), buttons=(YES,)),
            {
                "text": "Вот",
                "attachments": [
                    {"type": "image", "payload": {"token": "t:1"}},
                    keyboard([press("Да", "v1:yes")]),
                ],
            },
            id="a picture with its text and a button",
        ),
        pytest.param(
            media(MediaKind.PHOTO, URL), attached("image", url=URL), id="a picture by its URL"
        ),
        pytest.param(
            media(MediaKind.VIDEO, "video:t2"), attached("video", token="t2"), id="a video"
        ),
        pytest.param(
            media(MediaKind.VOICE, "audio:t3"), attached("audio", token="t3"), id="a voice"
        ),
        pytest.param(media(MediaKind.AUDIO, "audio:t3"), attached("audio", token="t3"), id="music"),
        pytest.param(
            media(MediaKind.DOCUMENT, "file:t4"), attached("file", token="t4"), id="a file"
        ),
        pytest.param(
            media(MediaKind.PHOTO, "file:t4"),
            attached("file", token="t4"),
            id="a picture of a kind that MAX does not show goes as the file it was uploaded as",
        ),
        pytest.param(
            media(MediaKind.PHOTO, "t1"),
            attached("image", token="t1"),
            id="a picture that came in without a URL",
        ),
        pytest.param(
            media(MediaKind.STICKER, "abc"), attached("sticker", code="abc"), id="a sticker"
        ),
        pytest.param(
            media(MediaKind.STICKER, URL),
            attached("image", url=URL),
            id="a sticker by its URL goes as a picture",
        ),
        pytest.param(
            Content("Прайс", attachments=(Media(MediaKind.DOCUMENT, URL),)),
            {"text": f"Прайс\n{URL}"},
            id="a file by its URL stands as a link",
        ),
        pytest.param(media(MediaKind.VOICE, URL), {"text": URL}, id="so does one without a text"),
        pytest.param(
            Content(attachments=(Location(55.75, 37.61),)),
            {"attachments": [{"type": "location", "latitude": 55.75, "longitude": 37.61}]},
            id="a place",
        ),
        pytest.param(
            Content(attachments=(ContactCard("+79990000001", "Анна", own=False),)),
            attached("contact", name="Анна", vcf_phone="+79990000001"),
            id="a contact",
        ),
        pytest.param(
            Content(attachments=(ContactCard("+79990000001", "", own=False),)),
            attached("contact", name="+79990000001", vcf_phone="+79990000001"),
            id="a contact without a name, which MAX demands",
        ),
    ],
)
async def test_a_part_leaves_as_one_request(
    bot: MaxBot, api: Api, content: Content, body: dict[str, Any]
) -> None:
    assert await bot.send(ANNA, Part(content, random_id=1)) == Sent("mid.0003")
    assert api.calls == [Call("POST /messages", TO_ANNA, body)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            Content(attachments=(Location(1, 2), Location(3, 4))), id="two things in one message"
        ),
        pytest.param(Content("  "), id="nothing"),
    ],
)
async def test_what_is_not_one_message_is_refused_and_nothing_leaves(
    bot: MaxBot, api: Api, content: Content
) -> None:
    assert isinstance(await bot.send(ANNA, Part(content, 1)), Refused)
    assert api.calls == []


@pytest.mark.parametrize("user", ["@anna", "", "-5", "٥", "5 5"])
async def test_an_address_that_is_no_number_is_refused(bot: MaxBot, api: Api, user: str) -> None:
    assert isinstance(await bot.send(UserId(user), Part(Content("hi"), 1)), Refused)
    assert api.calls == []


@pytest.mark.parametrize(
    ("text", "spans", "html"),
    [
        pytest.param("plain & <", (), "plain &amp; &lt;", id="no formatting"),
        pytest.param(
            "biusc",
            tuple(Span(kind, place, 1) for place, kind in enumerate(list(SpanKind)[:5])),
            "<b>b</b><i>i</i><u>u</u><s>s</s><code>c</code>",
            id="one of each kind",
        ),
        pytest.param(
            "our site",
            (Span(SpanKind.LINK, 4, 4, 'https://e.x/?a=1&b="2"'),),
            'our <a href="https://e.x/?a=1&amp;b=&quot;2&quot;">site</a>',
            id="a link cannot leave its attribute",
        ),
        pytest.param(
            "abcdef",
            (Span(SpanKind.BOLD, 0, 4), Span(SpanKind.ITALIC, 2, 4)),
            "<b>ab</b><i><b>cd</b></i><i>ef</i>",
            id="formats that overlap are nested",
        ),
        pytest.param(
            "👍🏽 ab",
            (Span(SpanKind.BOLD, 3, 99), Span(SpanKind.ITALIC, 90, 2)),
            "👍🏽 <b>ab</b>",
            id="a format beyond the end ends there",
        ),
    ],
)
def test_formatting_becomes_html(text: str, spans: tuple[Span, ...], html: str) -> None:
    assert html_of(text, spans) == html


@pytest.mark.parametrize(
    ("button", "widest"),
    [
        pytest.param(PressButton("1", "a"), 7, id="presses"),
        pytest.param(UrlButton("1", URL), 3, id="links"),
        pytest.param(PressButton("Расскажите мне подробнее", "a"), 3, id="sentences, when many"),
    ],
)
def test_the_largest_keyboard_keeps_its_limits(button: Button, widest: int) -> None:
    body = body_of(Content("?", buttons=(button,) * LIMITS.buttons))
    rows = body["attachments"][0]["payload"]["buttons"]
    assert len(rows) <= 30
    assert max(map(len, rows)) == widest
    assert sum(map(len, rows)) == LIMITS.buttons


async def test_an_answer_newer_than_we_know_is_still_sent(bot: MaxBot, api: Api) -> None:
    for strange in ({"message": {"body": {"mid": 7}}}, {"message": None}, {"success": True}):
        api.answers.append(Answer(strange))
        assert await bot.send(ANNA, Part(Content("hi"), 1)) == Sent("")


async def test_a_press_is_answered_with_a_notice(bot: MaxBot, api: Api) -> None:
    await bot.acknowledge("f9/LH+o=", "я" * 300)
    await bot.acknowledge("f9LHo", "")
    assert api.calls == [
        Call("POST /answers", {"callback_id": "f9/LH+o="}, {"notification": "я" * 200})
    ], "an empty answer is none"


async def test_an_answer_to_a_press_that_fails_is_no_error(bot: MaxBot, api: Api) -> None:
    api.refuses(400, "proto.payload", "callback is too old")
    await bot.acknowledge("f9LHo", "Слишком поздно")
    assert len(api.calls) == 1


async def test_what_comes_in_has_a_url_and_is_not_fetched_here(bot: MaxBot) -> None:
    with pytest.raises(FileGone):
        await bot.fetch(Media(MediaKind.PHOTO, URL))


@pytest.mark.parametrize("token", ["", "  ", "токен", "a\nb", "ab\n"])
def test_a_token_that_is_none_is_said_without_quoting_it(token: str) -> None:
    with pytest.raises(SettingUp) as caught:
        make(BotSettings(AccountId("a"), token))
    assert "business.max.ru" in str(caught.value)
    assert not token.strip() or token not in str(caught.value)


def test_authorities_that_cannot_be_read_are_said() -> None:
    with pytest.raises(SettingUp, match=r"/no/such\.pem"):
        make(BotSettings(AccountId("a"), TOKEN, ca_bundle="/no/such.pem"))
