"""Editing and deleting what was sent: the exact requests, and what each refusal means."""

from datetime import timedelta

import pytest

from bots.contract import Part
from bots.telegram.outgoing import TelegramBot
from core.altering import Altered, AlterOutcome, Unalterable, Why
from core.content import Content, Media, MediaKind, Span, SpanKind
from core.ids import UserId
from core.outcomes import Misconfigured, Refused, Throttled, Unknown, Unreachable
from tests.bots.telegram.api import Answer, Api

ANNA = UserId("5550001")
NEW = Part(Content("Новый текст", spans=(Span(SpanKind.BOLD, 0, 5),)), random_id=1)


async def test_a_text_gets_another_wording(bot: TelegramBot, api: Api) -> None:
    assert await bot.edit(ANNA, "77", NEW) == Altered()
    assert api.calls == [
        (
            "editMessageText",
            {
                "chat_id": 5550001,
                "message_id": 77,
                "text": "Новый текст",
                "entities": [{"type": "bold", "offset": 0, "length": 5}],
                "link_preview_options": {"is_disabled": True},
            },
        )
    ]


async def test_a_message_is_taken_back(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer(True))
    assert await bot.delete(ANNA, "77") == Altered()
    assert api.calls == [("deleteMessage", {"chat_id": 5550001, "message_id": 77})]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(Content(), id="no text"),
        pytest.param(Content("x", attachments=(Media(MediaKind.PHOTO, "A"),)), id="a picture"),
    ],
)
async def test_what_is_no_bare_text_is_not_asked_for(
    bot: TelegramBot, api: Api, content: Content
) -> None:
    assert isinstance(await bot.edit(ANNA, "77", Part(content, 1)), Refused)
    assert isinstance(await bot.edit(ANNA, "", NEW), Refused)
    assert isinstance(await bot.delete(ANNA, "x"), Refused)
    assert api.calls == []


def unalterable(why: Why, reason: str) -> Unalterable:
    return Unalterable(why, f"400 Bad Request: {reason}")


@pytest.mark.parametrize(
    ("code", "description", "edited", "deleted"),
    [
        pytest.param(
            400,
            "Bad Request: message is not modified: specified new message content and reply "
            "markup are exactly the same",
            Altered(),
            Altered(),
            id="the same wording again is as good as done",
        ),
        pytest.param(
            400,
            "Bad Request: message to edit not found",
            unalterable(Why.GONE, "message to edit not found"),
            None,
            id="nothing can be made of what is gone",
        ),
        pytest.param(
            400,
            "Bad Request: MESSAGE_ID_INVALID",
            unalterable(Why.GONE, "MESSAGE_ID_INVALID"),
            None,
            id="gone, in the older words",
        ),
        pytest.param(
            400,
            "Bad Request: message to delete not found",
            None,
            Altered(),
            id="gone already is what was wanted",
        ),
        pytest.param(
            400,
            "Bad Request: message can't be edited",
            unalterable(Why.TOO_OLD, "message can't be edited"),
            None,
            id="not to be edited",
        ),
        pytest.param(
            400,
            "Bad Request: message can't be deleted for everyone",
            None,
            unalterable(Why.TOO_OLD, "message can't be deleted for everyone"),
            id="after 48 hours",
        ),
        pytest.param(
            403,
            "Forbidden: bot was blocked by the user",
            Unreachable("403 Forbidden: bot was blocked by the user"),
            Unreachable("403 Forbidden: bot was blocked by the user"),
            id="they have blocked us",
        ),
        pytest.param(
            400,
            "Bad Request: MESSAGE_TOO_LONG",
            Refused("400 Bad Request: MESSAGE_TOO_LONG"),
            None,
            id="in Telegram's own words",
        ),
        pytest.param(
            429,
            "Too Many Requests: retry after 17",
            Throttled(timedelta(seconds=17)),
            Throttled(timedelta(seconds=17)),
            id="too fast",
        ),
        pytest.param(
            401,
            "Unauthorized",
            Misconfigured("401 Unauthorized"),
            Misconfigured("401 Unauthorized"),
            id="a bad token",
        ),
        pytest.param(
            502,
            "Bad Gateway",
            Unknown("502 Bad Gateway"),
            Unknown("502 Bad Gateway"),
            id="nobody knows",
        ),
    ],
)
async def test_what_a_refusal_means(
    bot: TelegramBot,
    api: Api,
    code: int,
    description: str,
    edited: AlterOutcome | None,
    deleted: AlterOutcome | None,
) -> None:
    if edited is not None:
        api.refuses(code, description)
        assert await bot.edit(ANNA, "77", NEW) == edited
    if deleted is not None:
        api.refuses(code, description)
        assert await bot.delete(ANNA, "77") == deleted


async def test_a_lost_answer_is_unknown(bot: TelegramBot, api: Api) -> None:
    api.answers.append(Answer(cut=True))
    assert isinstance(await bot.edit(ANNA, "77", NEW), Unknown)
