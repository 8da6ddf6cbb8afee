"""Bringing files to VK: three requests, and all that can go wrong in each."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bots.contract import File, Uploaded
from bots.vk.outgoing import VkBot
from core.content import MediaKind
from core.ids import UserId
from core.outcomes import Misconfigured, Outcome, Refused, Throttled, Transient, Unreachable
from tests.bots.vk.api import Answer, Api, error, response

ANNA = UserId("5550001")
BYTES = b"\xff\xd8" * 50_000


def file(name: str = "a.jpg", mime: str = "image/jpeg") -> File:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(BYTES), 30_000):
            yield BYTES[start : start + 30_000]

    return File(name, mime, len(BYTES), chunks)


def where(api: Api) -> Answer:
    return response({"upload_url": f"{api.url}/upload?hash=1", "album_id": -64})


TAKEN_PHOTO = Answer({"server": 42, "photo": '[{"markers":1}]', "hash": "h"})
SAVED_PHOTO = response([{"id": 456, "owner_id": -123, "access_key": "ab12", "sizes": []}])
TAKEN_DOC = Answer({"file": "42|0|x"})


def saved_doc(kind: str = "doc", **about: object) -> Answer:
    return response({"type": kind, kind: {"id": 7, "owner_id": 5550001, **about}})


async def test_a_picture_becomes_a_photo(bot: VkBot, api: Api) -> None:
    api.answers += [where(api), TAKEN_PHOTO, SAVED_PHOTO]
    uploaded = await bot.upload(ANNA, MediaKind.PHOTO, file("кот.jpg"))
    assert uploaded == Uploaded("photo-123_456_ab12")
    assert api.calls == [
        ("photos.getMessagesUploadServer", {"peer_id": "5550001"}),
        ("upload", {}),
        (
            "photos.saveMessagesPhoto",
            {"server": "42", "photo": '[{"markers":1}]', "hash": "h"},
        ),
    ]
    assert api.files == [("photo", "кот.jpg", "image/jpeg", BYTES)]
    assert int(api.lengths[0]) > len(BYTES), "upload servers want to know the length"


@pytest.mark.parametrize(
    ("kind", "name", "mime"),
    [
        pytest.param(MediaKind.DOCUMENT, "price.pdf", "application/pdf", id="a document"),
        pytest.param(MediaKind.VIDEO, "a.mp4", "video/mp4", id="a video, which VK takes as a file"),
        pytest.param(MediaKind.AUDIO, "a.flac", "audio/flac", id="music likewise"),
        pytest.param(MediaKind.PHOTO, "a.webp", "image/webp", id="a picture of an unknown kind"),
    ],
)
async def test_everything_else_becomes_a_document(
    bot: VkBot, api: Api, kind: MediaKind, name: str, mime: str
) -> None:
    api.answers += [where(api), TAKEN_DOC, saved_doc(access_key="gh")]
    assert await bot.upload(ANNA, kind, file(name, mime)) == Uploaded("doc5550001_7_gh")
    assert api.calls == [
        ("docs.getMessagesUploadServer", {"type": "doc", "peer_id": "5550001"}),
        ("upload", {}),
        ("docs.save", {"file": "42|0|x", "title": name}),
    ]
    assert api.files[0][:3] == ("file", name, mime)


async def test_voice_becomes_a_voice_message(bot: VkBot, api: Api) -> None:
    api.answers += [where(api), TAKEN_DOC, saved_doc("audio_message")]
    uploaded = await bot.upload(ANNA, MediaKind.VOICE, file("a.ogg", "audio/ogg"))
    assert uploaded == Uploaded("audio_message5550001_7")
    assert api.calls[0][1]["type"] == "audio_message"


async def test_a_voice_that_vk_does_not_take_becomes_a_document(bot: VkBot, api: Api) -> None:
    api.answers += [where(api), Answer({"error": "wrong codec"})]
    api.answers += [where(api), TAKEN_DOC, saved_doc()]
    uploaded = await bot.upload(ANNA, MediaKind.VOICE, file("a.amr", "audio/amr"))
    assert uploaded == Uploaded("doc5550001_7")
    assert [form.get("type") for method, form in api.calls if "Server" in method] == [
        "audio_message",
        "doc",
    ]


def dead_person(_: Api) -> list[Answer]:
    return [error(100, "One of the parameters specified was missing or invalid: peer_id")]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param(
            lambda api: [error(5, "bad")], Misconfigured("5 bad"), id="the token is not good"
        ),
        pytest.param(
            lambda api: [error(6)], Throttled(timedelta(seconds=1)), id="too fast at the first step"
        ),
        pytest.param(
            dead_person,
            Unreachable(
                "100 One of the parameters specified was missing or invalid: peer_id", is_dead=True
            ),
            id="nobody there",
        ),
        pytest.param(
            lambda api: [response({})],
            Transient("VK tells no address for uploads"),
            id="no address",
        ),
        pytest.param(
            lambda api: [response({"upload_url": "file:///etc/passwd"})],
            Transient("VK tells no address for uploads"),
            id="an address that is none of the web",
        ),
        pytest.param(
            lambda api: [where(api), Answer({"server": 1, "photo": "[]", "hash": "h"})],
            Transient("VK's upload server took no photo"),
            id="the upload server takes nothing, as it does now and then",
        ),
        pytest.param(
            lambda api: [where(api), Answer(body=b"<html>")],
            Transient("the answer is not one of VK's upload servers"),
            id="the upload server speaks HTML",
        ),
        pytest.param(
            lambda api: [where(api), Answer(status=413, body=b"<html>")],
            Refused("VK's upload server answered 413"),
            id="too large",
        ),
        pytest.param(
            lambda api: [where(api), Answer({"error": "bad file"}, status=400)],
            Refused("VK's upload server answered 400"),
            id="the upload server's 400 is about this file and not about the account",
        ),
        pytest.param(
            lambda api: [where(api), Answer(status=404, body=b"<html>")],
            Refused("VK's upload server answered 404"),
            id="the upload server's 404 likewise",
        ),
        pytest.param(
            lambda api: [where(api), Answer(status=302, body=b"")],
            Transient("VK's upload server answered 302"),
            id="the upload server sends us elsewhere",
        ),
        pytest.param(
            lambda api: [where(api), Answer(status=429, body=b"slow down")],
            Transient("VK's upload server answered 429"),
            id="too many files at once",
        ),
        pytest.param(
            lambda api: [error(29, "Rate limit reached")],
            Throttled(timedelta(hours=1), only_address=True),
            id="a quota of uploads that is used up stops no texts",
        ),
        pytest.param(
            lambda api: [where(api), TAKEN_PHOTO, error(29, "Rate limit reached")],
            Throttled(timedelta(hours=1), only_address=True),
            id="the same at the last step",
        ),
        pytest.param(
            lambda api: [where(api), Answer(status=502, body=b"<html>")],
            Transient("VK's upload server answered 502"),
            id="the upload server is unwell",
        ),
        pytest.param(
            lambda api: [where(api), Answer(cut=True)],
            Transient("ServerDisconnectedError"),
            id="cut: bringing it again harms nobody",
        ),
        pytest.param(
            lambda api: [where(api), TAKEN_PHOTO, error(100, "photo is undefined")],
            Refused("100 photo is undefined"),
            id="not saved",
        ),
        pytest.param(
            lambda api: [where(api), TAKEN_PHOTO, error(10, "x")],
            Transient("10 x"),
            id="vk is unwell at the last step",
        ),
        pytest.param(
            lambda api: [where(api), TAKEN_PHOTO, response([])],
            Transient("VK saved the file and tells no name for it"),
            id="saved without a name",
        ),
    ],
)
async def test_an_upload_that_fails_says_how(
    bot: VkBot, api: Api, answers: Callable[[Api], list[Answer]], expected: Outcome
) -> None:
    api.answers += answers(api)
    assert await bot.upload(ANNA, MediaKind.PHOTO, file()) == expected
    assert api.answers == []


@pytest.mark.parametrize(
    "saved", [None, [], {"type": []}, {"type": "doc"}, {"type": "doc", "doc": {"id": "7"}}]
)
async def test_a_document_saved_without_a_name_is_brought_again(
    bot: VkBot, api: Api, saved: object
) -> None:
    api.answers += [where(api), TAKEN_DOC, response(saved)]
    outcome = await bot.upload(ANNA, MediaKind.DOCUMENT, file("a.pdf", "application/pdf"))
    assert outcome == Transient("VK saved the file and tells no name for it")


async def test_a_document_that_vk_does_not_take_is_refused(bot: VkBot, api: Api) -> None:
    api.answers += [where(api), Answer({"error": "wrong extension", "error_descr": "x"})]
    outcome = await bot.upload(ANNA, MediaKind.DOCUMENT, file("a.exe", ""))
    assert outcome == Refused("VK does not take this file: wrong extension")
