"""A file of ours leaves with the message, and Telegram's name for it comes back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.contract import File, Part
from bots.telegram.outgoing import TelegramBot
from core.content import Content, Media, MediaKind, PressButton
from core.ids import UserId
from core.outcomes import Sent, Throttled
from tests.bots.telegram.api import MESSAGE, Answer, Api

ANNA, OURS = UserId("5550001"), "file:0123"
BYTES = b"\xff\xd8\xff" * 50_000


def part(kind: MediaKind, **content: Any) -> Part:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(BYTES), 30_000):
            yield BYTES[start : start + 30_000]

    file = File("прайс 1.jpg", "image/jpeg", len(BYTES), chunks)
    media = Media(kind, OURS, "прайс 1.jpg")
    return Part(Content(attachments=(media,), **content), 7, {OURS: file})


async def test_the_file_goes_in_a_form_with_everything_else(bot: TelegramBot, api: Api) -> None:
    await bot.send(ANNA, part(MediaKind.PHOTO, text="Вот", buttons=(PressButton("Да", "v1:yes"),)))
    (method, fields) = api.calls[0]
    assert method == "sendPhoto"
    name, mime, content = fields.pop("attached")
    assert (name, mime, content) == ("прайс 1.jpg", "image/jpeg", BYTES)
    assert fields == {
        "chat_id": "5550001",
        "photo": "attach://attached",
        "caption": "Вот",
        "reply_markup": '{"inline_keyboard": [[{"text": "\\u0414\\u0430", '
        '"callback_data": "v1:yes"}]]}',
    }


@pytest.mark.parametrize(
    ("kind", "result", "name"),
    [
        pytest.param(
            MediaKind.PHOTO,
            {"photo": [{"file_id": "small"}, {"file_id": "large"}]},
            "large",
            id="the largest size of a photo",
        ),
        pytest.param(MediaKind.DOCUMENT, {"document": {"file_id": "doc"}}, "doc", id="a document"),
        pytest.param(MediaKind.VOICE, {"voice": {"file_id": "ogg"}}, "ogg", id="a voice"),
        pytest.param(
            MediaKind.VIDEO, {"animation": {"file_id": "gif"}}, "gif", id="a film without sound"
        ),
    ],
)
async def test_what_telegram_calls_it_is_told(
    bot: TelegramBot, api: Api, kind: MediaKind, result: dict[str, Any], name: str
) -> None:
    api.answers.append(Answer({**MESSAGE, **result}))
    assert await bot.send(ANNA, part(kind)) == Sent("77", {OURS: name})


@pytest.mark.parametrize("result", [{}, {"photo": []}, {"photo": [{"file_id": 7}]}], ids=str)
async def test_a_name_that_cannot_be_read_is_none(
    bot: TelegramBot, api: Api, result: dict[str, Any]
) -> None:
    api.answers.append(Answer({**MESSAGE, **result}))
    assert await bot.send(ANNA, part(MediaKind.PHOTO)) == Sent("77")


async def test_a_refusal_is_the_same_as_without_a_file(bot: TelegramBot, api: Api) -> None:
    api.refuses(429, "Too Many Requests: retry after 3", retry_after=3)
    assert isinstance(await bot.send(ANNA, part(MediaKind.PHOTO)), Throttled)
