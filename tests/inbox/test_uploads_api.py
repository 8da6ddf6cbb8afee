"""Files that programs bring, to be sent with a message."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.openapi import openapi
from core.content import Media, MediaKind, ref_of
from inbox.uploads_api import document_uploads
from media.store import StoreFailed
from storage.files import StoredFile
from tests.inbox.office import Answer, Browser, Office

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 3000
FILES = "/api/v1/files"


async def bring(
    program: Browser, content: bytes | AsyncIterator[bytes] = PNG, query: str = "", **headers: str
) -> Answer:
    data = io.BytesIO(content) if isinstance(content, bytes) else content
    return await program._call("POST", f"{FILES}{query}", data=data, headers=headers)


async def write(program: Browser, office: Office, *attachments: Any, key: str = "k") -> Answer:
    path = f"/api/v1/conversations/{(await office.conversation()).id}/messages"
    body = {"key": key, "attachments": list(attachments)}
    return await program._call("POST", path, json=body)


async def opened(office: Office, scope: str = "inbox") -> Browser:
    await office.hear()
    return office.browser(**await office.key(scope))


async def test_a_file_is_brought_once_and_sent(office: Office) -> None:
    program = await opened(office)
    kept = await bring(program, query="?name=%D1%87%D0%B0%D0%B9%D0%BD%D0%B8%D0%BA.png")
    assert kept.status == 201
    ref = kept.json["ref"]
    assert kept.json == {
        "ref": ref, "name": "чайник.png", "kind": "photo", "mime": "image/png", "size": len(PNG)
    }  # fmt: skip
    assert (await bring(program)).json["ref"] == ref
    attachment = {"file": ref, "name": kept.json["name"]}
    answer = await write(program, office, attachment)
    again = await write(program, office, attachment)
    assert (answer.status, again.status) == (201, 200)
    assert answer.json == again.json
    message = (await office.world.messages())[-1]
    assert message.content.attachments == (
        Media(MediaKind.PHOTO, ref, "чайник.png", "image/png", len(PNG)),
    )
    [shown] = answer.json["attachments"]
    assert (shown["kind"], shown["size"]) == ("photo", len(PNG))
    given = await program.get(shown["url"].removeprefix("http://parley.test"))
    assert (given.status, given.body) == (200, PNG)


@pytest.mark.parametrize("mime", ["text/html", "multipart/form-data; boundary=x", "image/png"])
async def test_only_the_bytes_tell_what_it_is(sqlite_office: Office, mime: str) -> None:
    program = await opened(sqlite_office)
    kept = await bring(program, b"%PDF-1.7", "?name=../a.png", **{"Content-Type": mime})
    assert (kept.status, kept.json["kind"], kept.json["name"]) == (201, "document", "_a.png")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"", 422, "file_empty", id="nothing"),
        pytest.param(b"x" * (10**7 + 1), 413, "file_too_large", id="too much"),
    ],
)
async def test_what_is_not_taken(
    sqlite_office: Office, content: bytes, status: int, code: str
) -> None:
    answer = await bring(await opened(sqlite_office), content)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


async def test_a_store_that_fails_asks_for_patience(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StoreFailed("full")

    monkeypatch.setattr("media.store.Store.put", fail)
    answer = await bring(await opened(sqlite_office))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_only_keys_of_the_inbox_bring_files(sqlite_office: Office) -> None:
    assert (await bring(sqlite_office.browser())).status == 401
    assert (await bring(await opened(sqlite_office, "read"))).status == 403
    assert list(sqlite_office.folder.rglob("*")) == []


async def test_files_of_both_ways_keep_their_order(sqlite_office: Office) -> None:
    program = await opened(sqlite_office)
    file = {"file": (await bring(program)).json["ref"]}
    url = {"kind": "photo", "url": "https://cdn.example.com/a.jpg"}
    answer = await write(program, sqlite_office, url, file, url)
    assert answer.status == 201
    refs = [
        one.ref
        for one in (await sqlite_office.world.messages())[-1].content.attachments
        if isinstance(one, Media)
    ]
    assert refs == [url["url"], file["file"], url["url"]]


@pytest.mark.parametrize(
    ("attachment", "code", "place"),
    [
        pytest.param(
            {"file": ref_of("0" * 64)}, "no_such_file", "attachments.0.file", id="never brought"
        ),
        pytest.param({"file": "x"}, "no_such_file", "attachments.0.file", id="no ref"),
        pytest.param({"file": None}, "invalid", "attachments.0.kept.file", id="null"),
        pytest.param(
            {"file": ref_of("0" * 64), "kind": "photo"}, "invalid", "attachments.0.kept.kind",
            id="its kind is not for the caller to say",
        ),
        pytest.param({}, "invalid", "attachments.0.elsewhere.kind", id="nothing"),
        pytest.param("x", "invalid", "attachments.0.elsewhere", id="no object"),
    ],
)  # fmt: skip
async def test_an_attachment_that_is_none_is_422_with_its_place(
    sqlite_office: Office, attachment: object, code: str, place: str
) -> None:
    answer = await write(await opened(sqlite_office), sqlite_office, attachment)
    error = answer.json["error"]
    assert (answer.status, error["code"], error["details"][0]["place"]) == (422, code, place)
    assert await sqlite_office.world.said() == []


async def test_a_file_that_was_tidied_away_is_brought_again(office: Office) -> None:
    program = await opened(office)
    ref = (await bring(program)).json["ref"]
    office.world.wait(days=3)
    assert await office.library.tidy() == 1
    assert (await write(program, office, {"file": ref})).json["error"]["code"] == "no_such_file"
    assert (await bring(program)).json["ref"] == ref
    assert (await write(program, office, {"file": ref})).status == 201
    office.world.wait(days=3)
    assert await office.library.tidy() == 0
    assert isinstance(await office.library.find(ref), StoredFile)


def test_it_is_documented() -> None:
    document = openapi([], "1", "http://parley.test")
    document_uploads(document, 64 * 2**20)
    told = document["paths"][FILES]["post"]
    assert {"201", "400", "401", "403", "413", "422", "429", "503"} == set(told["responses"])
