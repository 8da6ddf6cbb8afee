"""Editing and deleting what was sent: the exact requests, and what each refusal means."""

from datetime import timedelta

import pytest

from bots.contract import Part
from bots.max.outgoing import MaxBot
from core.altering import Altered, AlterOutcome, Unalterable, Why
from core.content import Content, Media, MediaKind
from core.ids import UserId
from core.outcomes import Misconfigured, Refused, Throttled, Unknown, Unreachable
from tests.bots.max.api import Answer, Api, Call

ANNA = UserId("5550001")
NEW = Part(Content("Новый текст"), random_id=1)
DONE = Answer({"success": True})


async def test_a_text_gets_another_wording(bot: MaxBot, api: Api) -> None:
    api.answers.append(DONE)
    assert await bot.edit(ANNA, "mid.0003", NEW) == Altered()
    assert api.calls == [Call("PUT /messages", {"message_id": "mid.0003"}, {"text": "Новый текст"})]


async def test_a_message_is_taken_back(bot: MaxBot, api: Api) -> None:
    api.answers.append(DONE)
    assert await bot.delete(ANNA, "mid.0003") == Altered()
    assert api.calls == [Call("DELETE /messages", {"message_id": "mid.0003"})]


async def test_what_is_no_bare_text_is_not_asked_for(bot: MaxBot, api: Api) -> None:
    picture = Content("x", attachments=(Media(MediaKind.PHOTO, "image:t1"),))
    for content in (Content(), picture):
        assert isinstance(await bot.edit(ANNA, "mid.0003", Part(content, 1)), Refused)
    assert api.calls == []


@pytest.mark.parametrize(
    ("status", "code", "message", "edited", "deleted"),
    [
        pytest.param(
            404,
            "not.found",
            "no such message",
            Unalterable(Why.GONE, "404 not.found no such message"),
            Altered(),
            id="gone already is what a deletion wanted",
        ),
        pytest.param(
            403,
            "chat.denied",
            "error.dialog.suspended",
            Unreachable("403 chat.denied error.dialog.suspended"),
            Unreachable("403 chat.denied error.dialog.suspended"),
            id="they have stopped the bot",
        ),
        pytest.param(
            400,
            "proto.payload",
            "too long",
            Refused("400 proto.payload too long"),
            Refused("400 proto.payload too long"),
            id="in MAX's own words",
        ),
        pytest.param(
            429,
            "too.many.requests",
            "",
            Throttled(timedelta(seconds=1)),
            Throttled(timedelta(seconds=1)),
            id="too fast",
        ),
        pytest.param(
            401,
            "verify.token",
            "",
            Misconfigured("401 verify.token"),
            Misconfigured("401 verify.token"),
            id="a bad token",
        ),
        pytest.param(503, "x", "", Unknown("503 x"), Unknown("503 x"), id="nobody knows"),
    ],
)
async def test_what_a_refusal_means(
    bot: MaxBot,
    api: Api,
    status: int,
    code: str,
    message: str,
    edited: AlterOutcome,
    deleted: AlterOutcome,
) -> None:
    api.refuses(status, code, message)
    assert await bot.edit(ANNA, "mid.0003", NEW) == edited
    api.refuses(status, code, message)
    assert await bot.delete(ANNA, "mid.0003") == deleted


async def test_no_without_a_code_is_a_no(bot: MaxBot, api: Api) -> None:
    api.answers.append(Answer({"success": False, "message": "it is too old"}))
    assert await bot.edit(ANNA, "mid.0003", NEW) == Refused("200 it is too old")
