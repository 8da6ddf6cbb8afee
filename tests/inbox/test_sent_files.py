"""Files that operators send with their answers."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from core.content import Media, MediaKind, ref_of
from core.inbound import Blocked
from core.messages import Message
from media.kinds import OTHER, sent_as
from media.names import harmless
from media.store import StoreFailed
from sandbox.samples import sample
from storage.files import FileState
from tests.inbox.office import Answer, Browser, Office

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 3000
PDF = b"%PDF-1.7 " + b"x" * 5000
KEY = "key-0001"


KIND = "multipart/form-data; boundary=x"
END = b"--x--\r\n"


def _part(name: str, value: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file(name: str, content: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    return f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n"


def _multipart(*fields: tuple[str, str], files: Sequence[tuple[str, bytes]] = ()) -> bytes:
    parts = [_part(name, value) for name, value in fields]
    return b"".join([*parts, *(_file(*one) for one in files)]) + END


async def opened(office: Office) -> tuple[Browser, str]:
    await office.hear("Have you a picture?")
    return await office.signed_in(), await office.path()


async def send(
    browser: Browser, path: str, *files: tuple[str, bytes], text: str = "", **headers: str
) -> Answer:
    """As a browser writes it: the fields of the page in order, then its files."""
    fields = ("csrf", await browser.csrf()), ("key", KEY), ("text", text)
    return await _post(browser, path, _multipart(*fields, files=files), **headers)


async def answers(office: Office) -> list[Message]:
    return [one for one in await office.world.messages() if one.operator is not None]


async def stored(office: Office) -> list[Path]:
    return [one for one in office.folder.rglob("*") if one.is_file()]


async def test_files_and_a_text_are_one_answer(office: Office) -> None:
    browser, path = await opened(office)
    answer = await send(browser, path, ("зелёный чайник.png", PNG), ("list.pdf", PDF), text="See")
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?state=open#end")
    [message] = await answers(office)
    assert message.content.text == "See"
    picture, list_ = message.content.attachments
    assert isinstance(picture, Media)
    assert isinstance(list_, Media)
    assert (picture.kind, picture.name, picture.mime, picture.size) == (
        MediaKind.PHOTO, "зелёный чайник.png", "image/png", len(PNG)
    )  # fmt: skip
    assert (list_.kind, list_.name, list_.mime) == (MediaKind.DOCUMENT, "list.pdf", OTHER)
    async with office.world.database.read() as tx:
        marks = await tx.files.marks([message.id])
    kept = marks[message.id, 0].file
    assert kept is not None
    assert (marks[message.id, 1].state, picture.ref) == (FileState.STORED, ref_of(kept.digest))


async def test_they_are_shown_in_place_from_our_own_store(office: Office) -> None:
    browser, path = await opened(office)
    await send(browser, path, ("teapot.png", PNG), ("list.pdf", PDF))
    page = await browser.get(path)
    [shown] = re.findall(r'<img src="([^"]*)" alt="teapot.png"', page.text)
    assert "list.pdf 5.0 KB You · now · waits to be sent" in page.seen
    answer = await browser.get(shown)
    assert (answer.body, answer.headers["Content-Type"]) == (PNG, "image/png")
    listed = await browser.get("/inbox")
    assert "An operator: Photo" in listed.seen


async def test_our_script_gets_the_bubble(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    answer = await send(browser, path, ("a.png", PNG), Accept="application/json")
    assert answer.status == 200
    assert '<img src="/inbox/files/' in answer.json["html"]
    assert answer.json["key"] != KEY


async def test_a_double_click_is_one_answer(office: Office) -> None:
    browser, path = await opened(office)
    twice = await asyncio.gather(*(send(browser, path, ("a.png", PNG)) for _ in range(3)))
    assert [one.status for one in twice] == [303] * 3
    assert len(await answers(office)) == 1
    other = await send(browser, path, ("b.png", PNG + b"other"))
    assert (other.status, "was sent already" in other.seen) == (409, True)
    assert len(await answers(office)) == 1


async def test_a_form_in_which_nothing_was_chosen_is_a_plain_answer(
    sqlite_office: Office,
) -> None:
    browser, path = await opened(sqlite_office)
    csrf = await browser.csrf()
    body = _multipart(("csrf", csrf), ("key", KEY), ("text", "one\r\ntwo"), files=(("", b""),))
    answer = await _post(browser, path, body)
    assert answer.status == 303
    assert await sqlite_office.world.said() == ["one\ntwo"]


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        pytest.param([("a.png", PNG), ("b", b"")], 422, "“b” is empty.", id="an empty file"),
        pytest.param(
            [("a.png", PNG), ("film", b"x" * (10**7 + 1))], 413, "“film” is larger than 9 MB",
            id="too large a file",
        ),
        pytest.param(
            [(f"{n}.png", PNG) for n in range(11)], 422, "At most 10 files", id="too many files"
        ),
        pytest.param([], 422, "Write something first", id="nothing at all"),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_is_explained_and_nothing_is_half_done(
    sqlite_office: Office, files: list[tuple[str, bytes]], status: int, words: str
) -> None:
    browser, path = await opened(sqlite_office)
    text = "kept words" if files else ""
    answer = await send(browser, path, *files, text=text)
    assert (answer.status, words in answer.seen) == (status, True)
    assert ("choose the files again" in answer.seen) == bool(files)
    assert f"{text}</textarea>" in answer.text
    told = await send(browser, path, *files, text=text, Accept="application/json")
    assert (told.status, words in told.json["error"]) == (status, True)
    assert await answers(sqlite_office) == []
    # The same form, put right, still goes.
    assert (await send(browser, path, text="words")).status == 303


async def test_whoever_blocked_us_gets_no_file(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await sqlite_office.tell(Blocked("blocked"))
    assert (
        '<input id="files" name="files" type="file" multiple disabled>'
        in (await browser.get(path)).text
    )
    assert (await send(browser, path, ("a.png", PNG))).status == 409
    assert await answers(sqlite_office) == []


async def test_a_store_that_fails_loses_no_words(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, path = await opened(sqlite_office)

    async def fail(*_: object) -> None:
        raise StoreFailed("full")

    monkeypatch.setattr("media.store.Store.put", fail)
    answer = await send(browser, path, ("a.png", PNG), text="my words")
    assert (answer.status, "could not keep the file" in answer.seen) == (503, True)
    assert "my words</textarea>" in answer.text


@pytest.mark.parametrize(
    ("order", "status", "words"),
    [
        pytest.param(["key", "text", "files", "csrf"], 403, "open too long", id="after the file"),
        pytest.param(["files", "csrf", "key"], 403, "open too long", id="a file first"),
        pytest.param(["key", "text", "files"], 403, "open too long", id="none"),
        pytest.param(["csrf", "files", "key"], 400, "did not come", id="a key after the file"),
        pytest.param(
            ["csrf", "key", "files", "text"], 400, "did not come", id="a text after the file"
        ),
    ],
)
async def test_no_file_is_kept_before_the_token_is_checked(
    sqlite_office: Office, order: list[str], status: int, words: str
) -> None:
    browser, path = await opened(sqlite_office)
    values = {"csrf": await browser.csrf(), "key": KEY, "text": "forged"}
    parts = [_part(name, values[name]) if name in values else _file("a.png", PNG) for name in order]
    answer = await _post(browser, path, b"".join(parts) + END)
    assert (answer.status, words in answer.seen) == (status, True)
    assert await answers(sqlite_office) == []
    if status == 403:
        assert await stored(sqlite_office) == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="from another site"),
        pytest.param({"Origin": "https://evil.example"}, id="from another site's older browser"),
    ],
)
async def test_a_forged_form_with_files_does_nothing(
    sqlite_office: Office, headers: dict[str, str]
) -> None:
    browser, path = await opened(sqlite_office)
    assert (await send(browser, path, ("a.png", PNG), **headers)).status == 403
    assert (await answers(sqlite_office), await stored(sqlite_office)) == ([], [])


@pytest.mark.parametrize(
    ("login", "token", "headers", "status"),
    [
        pytest.param(None, "", {}, 303, id="of a stranger"),
        pytest.param("vera", "own", {"Sec-Fetch-Site": "cross-site"}, 403, id="of another site"),
        pytest.param("vera", "forged", {}, 403, id="with a forged token"),
        pytest.param("vera", "own", {"Content-Type": "text/plain"}, 415, id="that is no form"),
    ],
)
async def test_the_files_of_a_form_are_not_waited_for(
    sqlite_office: Office, login: str | None, token: str, headers: dict[str, str], status: int
) -> None:
    _, path = await opened(sqlite_office)
    browser = await sqlite_office.signed_in(login) if login else sqlite_office.browser()
    csrf = await browser.csrf() if token == "own" else token
    begun = _part("csrf", csrf) + _part("key", KEY) + _file("a.png", PNG * 99)
    released = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield begun
        await released.wait()

    async with asyncio.timeout(60):
        url, given = f"{sqlite_office.url}{path}/messages", {"Content-Type": KIND, **headers}
        async with browser.session.post(
            url, data=body(), headers=given, allow_redirects=False
        ) as answer:
            assert answer.status == status
        released.set()
    assert await stored(sqlite_office) == []


BROKEN = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"--x", id="half a border"),
    pytest.param(b"no border at all", id="no border"),
    pytest.param(b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc", id="no end"),
    pytest.param(b"--x\r\n\xff\xfe: \xff\r\n\r\nabc\r\n--x--\r\n", id="a header of no text"),
    pytest.param(b"--x\r\n" + b"a" * 70_000 + b"\r\n\r\n\r\n--x--\r\n", id="an endless header"),
    pytest.param(
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
        id="a form in a form",
    ),
    pytest.param(
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        id="a field of no text",
    ),
    pytest.param(
        b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"u" * 99
        + b"\r\n--x--\r\n",
        id="a strange charset",
    ),
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN)
async def test_a_broken_form_is_refused_in_words(sqlite_office: Office, body: bytes) -> None:
    browser, path = await opened(sqlite_office)
    answer = await _post(browser, path, body)
    assert answer.status in (400, 403)
    assert "nothing was done" in answer.seen.lower()


async def test_a_form_without_a_border_is_refused(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    answer = await _post(browser, path, b"", **{"Content-Type": "multipart/form-data"})
    assert answer.status == 400


async def test_a_form_of_too_many_words_is_refused(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    body = _multipart(("csrf", await browser.csrf()), ("key", KEY), ("text", "x" * 1_100_000))
    assert (await _post(browser, path, body)).status == 413
    many = b"".join(_part("a", "") for _ in range(11_000)) + END
    assert (await _post(browser, path, many)).status == 413


async def test_a_connection_that_breaks_off_leaves_no_trace(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    head = _part("csrf", await browser.csrf()) + _part("key", KEY) + _part("text", "half")
    file = _file("a.png", PNG)[:-200]

    async def half() -> AsyncIterator[bytes]:
        yield head + file
        raise asyncio.CancelledError

    with pytest.raises((aiohttp.ClientError, asyncio.CancelledError)):
        await _post(browser, path, half())
    await browser.get("/inbox")
    assert (await answers(sqlite_office), await stored(sqlite_office)) == ([], [])


@pytest.mark.parametrize(
    ("mime", "size", "kind"),
    [
        pytest.param("image/webp", 10, MediaKind.PHOTO, id="a picture"),
        pytest.param("image/png", 10_000_001, MediaKind.DOCUMENT, id="too large a picture"),
        pytest.param("video/mp4", 10, MediaKind.VIDEO, id="a film"),
        pytest.param("video/webm", 10, MediaKind.DOCUMENT, id="a film that few show"),
        pytest.param("audio/ogg", 10, MediaKind.VOICE, id="a recorded voice"),
        pytest.param("audio/mpeg", 10, MediaKind.AUDIO, id="music"),
        pytest.param("audio/wav", 10, MediaKind.DOCUMENT, id="a sound that few play"),
        pytest.param(OTHER, 10, MediaKind.DOCUMENT, id="anything else"),
    ],
)
def test_the_type_tells_as_what_it_is_sent(mime: str, size: int, kind: MediaKind) -> None:
    assert sent_as(mime, size) is kind


async def test_the_bytes_decide_and_not_the_name(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    files = [("x.exe", sample("video").content), ("photo.png", b"<svg onload='alert(1)'>")]
    await send(browser, path, *files)
    [message] = await answers(sqlite_office)
    kinds = [one.kind for one in message.content.attachments if isinstance(one, Media)]
    assert kinds == [MediaKind.VIDEO, MediaKind.DOCUMENT]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        pytest.param("прайс лист.pdf", "прайс лист.pdf", id="a plain one"),
        pytest.param("../../etc/passwd", "_.._etc_passwd", id="one that climbs"),
        pytest.param("C:\\Temp\\a.png", "C__Temp_a.png", id="a path of Windows"),
        pytest.param("photo\u202egpj.exe", "photo_gpj.exe", id="one that is written backwards"),
        pytest.param("a\x00\ud800b", "a\ufffd\ufffdb", id="one that no database takes"),
        pytest.param("x" * 300 + ".pdf", "x" * 116 + ".pdf", id="a long one keeps its end"),
        pytest.param(" . ", "", id="nothing"),
    ],
)
def test_a_name_is_made_harmless(name: str, clean: str) -> None:
    assert harmless(name) == clean


async def _post(
    browser: Browser, path: str, body: bytes | AsyncIterator[bytes], **headers: str
) -> Answer:
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    given = {"Content-Type": KIND, "Accept": "text/html", **headers}
    return await browser._call("POST", f"{path}/messages", data=data, headers=given)
