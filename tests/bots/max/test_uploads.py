"""Bringing a file to MAX: where its name stands, and everything that goes wrong."""

from collections.abc import AsyncIterator

import pytest

from bots.contract import File, Uploaded
from bots.max.outgoing import MaxBot
from core.content import MediaKind
from core.ids import UserId
from core.outcomes import Misconfigured, Outcome, Refused, Transient
from tests.bots.max.api import Answer, Api, Call, Upload

ANNA = UserId("5550001")
BYTES = b"\xff" * 100_000


def file(name: str = "a.jpg", mime: str = "image/jpeg") -> File:
    async def chunks() -> AsyncIterator[bytes]:
        yield BYTES[:60_000]
        yield BYTES[60_000:]

    return File(name, mime, len(BYTES), chunks)


def place(api: Api, **fields: str) -> Answer:
    return Answer({"url": f"{api.url}/upload-server?sig=1", **fields})


@pytest.mark.parametrize(
    ("kind", "sent", "named", "taken", "ref"),
    [
        pytest.param(
            MediaKind.PHOTO,
            file(),
            {},
            Answer({"photos": {"a1": {"token": "t1"}}}),
            "image:t1",
            id="an image is named by the upload server, in sizes",
        ),
        pytest.param(
            MediaKind.DOCUMENT,
            file("price.pdf", "application/pdf"),
            {},
            Answer({"fileId": 7, "token": "t2"}),
            "file:t2",
            id="a file is named by the upload server",
        ),
        pytest.param(
            MediaKind.VIDEO,
            file("a.mp4", "video/mp4"),
            {"token": "t3"},
            Answer(body=b"<retval>1</retval>"),
            "video:t3",
            id="a video is named before it is brought",
        ),
        pytest.param(
            MediaKind.VOICE,
            file("a.ogg", "audio/ogg"),
            {"token": "t4"},
            Answer({"retval": 1, "token": "another"}),
            "audio:t4",
            id="so is a voice message",
        ),
        pytest.param(
            MediaKind.PHOTO,
            file("a.webp", "image/webp"),
            {},
            Answer({"token": "t5"}),
            "file:t5",
            id="a picture of a kind that MAX does not show is a file",
        ),
    ],
)
async def test_a_file_is_brought_in_two_requests(
    bot: MaxBot,
    api: Api,
    kind: MediaKind,
    sent: File,
    named: dict[str, str],
    taken: Answer,
    ref: str,
) -> None:
    api.answers += [place(api, **named), taken]
    assert await bot.upload(ANNA, kind, sent) == Uploaded(ref)
    assert api.calls == [Call("POST /uploads", {"type": ref.partition(":")[0]})]
    (upload,) = api.uploads
    length = upload.length
    assert upload == Upload("data", sent.name, sent.mime, BYTES, length, has_token=False)
    assert length is not None, "not every upload server takes a body of an unknown length"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([Answer(cut=True)], Transient("ServerDisconnectedError"), id="no place told"),
        pytest.param(
            [Answer({"url": "file:///etc/passwd"})],
            Transient("MAX tells no address for uploads"),
            id="a place that is none",
        ),
        pytest.param(
            [Answer({"code": "verify.token", "message": "Invalid access_token"}, 401)],
            Misconfigured("401 verify.token Invalid access_token"),
            id="a bad token",
        ),
        pytest.param(
            [Answer(), Answer(cut=True)],
            Transient("ServerDisconnectedError"),
            id="cut while it was brought: nobody has seen anything, so once more",
        ),
        pytest.param(
            [Answer(), Answer(status=413, body=b"too large")],
            Refused("MAX's upload server answered 413"),
            id="too large",
        ),
        pytest.param(
            [Answer(), Answer(status=502, body=b"")],
            Transient("MAX's upload server answered 502"),
            id="unwell",
        ),
        pytest.param(
            [Answer(), Answer(status=429, body=b"")],
            Transient("MAX's upload server answered 429"),
            id="busy",
        ),
        pytest.param(
            [Answer(), Answer(body=b"<html>")], Refused("MAX gave the file no name"), id="unnamed"
        ),
        pytest.param(
            [Answer(), Answer({"photos": {"a": 7}})],
            Refused("MAX gave the file no name"),
            id="sizes without tokens",
        ),
    ],
)
async def test_a_file_that_did_not_arrive_has_an_outcome(
    bot: MaxBot, api: Api, answers: list[Answer], expected: Outcome
) -> None:
    if len(answers) == 2:
        answers[0] = place(api)
    api.answers += answers
    assert await bot.upload(ANNA, MediaKind.PHOTO, file()) == expected
