"""Editing and deleting what was sent: the exact requests, and what each refusal means."""

from datetime import timedelta

import pytest

from bots.contract import Part
from bots.vk.outgoing import VkBot
from core.altering import Altered, AlterOutcome, Unalterable, Why
from core.content import Content, Media, MediaKind
from core.ids import UserId
from core.outcomes import Misconfigured, Refused, Throttled, Unknown, Unreachable
from tests.bots.vk.api import Answer, Api, error, response

ANNA = UserId("5550001")
NEW = Part(Content("Новый [id1|текст]"), random_id=1)


async def test_a_text_gets_another_wording(bot: VkBot, api: Api) -> None:
    api.answers.append(response(1))
    assert await bot.edit(ANNA, "502", NEW) == Altered()
    assert api.calls == [
        (
            "messages.edit",
            {
                "peer_id": "5550001",
                "message_id": "502",
                "message": "Новый [id1|текст]",
                "dont_parse_links": "1",
                "disable_mentions": "1",
            },
        )
    ]


async def test_a_message_is_taken_back_for_both(bot: VkBot, api: Api) -> None:
    api.answers.append(response({"502": 1}))
    assert await bot.delete(ANNA, "502") == Altered()
    assert api.calls == [
        ("messages.delete", {"peer_id": "5550001", "message_ids": "502", "delete_for_all": "1"})
    ]


async def test_what_is_no_bare_text_is_not_asked_for(bot: VkBot, api: Api) -> None:
    picture = Content("x", attachments=(Media(MediaKind.PHOTO, "photo-1_2"),))
    for content in (Content(), picture):
        assert isinstance(await bot.edit(ANNA, "502", Part(content, 1)), Refused)
    assert isinstance(await bot.edit(ANNA, "", NEW), Refused)
    assert isinstance(await bot.delete(ANNA, "x"), Refused)
    assert api.calls == []


@pytest.mark.parametrize(
    ("answer", "edited", "deleted"),
    [
        pytest.param(
            error(909, "too old"),
            Unalterable(Why.TOO_OLD, "909 too old"),
            None,
            id="after a day it cannot be edited",
        ),
        pytest.param(
            error(924, "not for everybody"),
            None,
            Unalterable(Why.TOO_OLD, "924 not for everybody"),
            id="after a day it cannot be deleted for both",
        ),
        pytest.param(
            error(920, "this kind"),
            Unalterable(Why.UNABLE, "920 this kind"),
            None,
            id="what has no text to edit",
        ),
        pytest.param(
            error(104, "Not found"),
            Unalterable(Why.GONE, "104 Not found"),
            Altered(),
            id="gone already is what a deletion wanted",
        ),
        pytest.param(
            error(901, "no permission"),
            Unreachable("901 no permission"),
            Unreachable("901 no permission"),
            id="they have forbidden us to write",
        ),
        pytest.param(error(914, "too long"), Refused("914 too long"), None, id="in VK's own words"),
        pytest.param(
            error(6),
            Throttled(timedelta(seconds=1)),
            Throttled(timedelta(seconds=1)),
            id="too fast",
        ),
        pytest.param(
            error(5, "bad"), Misconfigured("5 bad"), Misconfigured("5 bad"), id="a bad token"
        ),
        pytest.param(error(10, "x"), Unknown("10 x"), Unknown("10 x"), id="nobody knows"),
    ],
)
async def test_what_a_refusal_means(
    bot: VkBot,
    api: Api,
    answer: Answer,
    edited: AlterOutcome | None,
    deleted: AlterOutcome | None,
) -> None:
    if edited is not None:
        api.answers.append(answer)
        assert await bot.edit(ANNA, "502", NEW) == edited
    if deleted is not None:
        api.answers.append(answer)
        assert await bot.delete(ANNA, "502") == deleted
