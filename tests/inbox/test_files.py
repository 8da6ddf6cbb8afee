"""Files that contacts sent: shown as what their bytes are, to those who may see them."""

import pytest

from api.openapi import openapi
from core.content import Content, Location, Media, MediaKind
from core.ids import MessageId
from core.inbound import OperatorSaid, Said
from inbox.attachments_api import document_attachments
from media.kinds import OTHER, kind_of
from sandbox.samples import sample
from tests.inbox.office import Browser, Office

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 3000


async def sent(office: Office, content: bytes, name: str = "", mime: str = "") -> str:
    """The path of a file that Anna sent."""
    office.files["ref"] = content
    media = Media(MediaKind.DOCUMENT, "ref", name, mime, len(content))
    await office.tell(Said(Content("", attachments=(Location(1, 2), media)), "f1"))
    return f"{(await office.world.messages())[-1].id}/1"


async def fetched(office: Office, *args: str, content: bytes = PNG) -> tuple[Browser, str]:
    path = await sent(office, content, *args)
    return await office.signed_in(), f"/inbox/files/{path}"


async def test_a_picture_is_shown_in_place(office: Office) -> None:
    browser, path = await fetched(office, "photo.png")
    answer = await browser.get(path)
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", id="SVG"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="HTML"),
        pytest.param(b"%PDF-1.4 ...", id="PDF"),
        pytest.param(b"PK\x03\x04....", id="an archive"),
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"GIF8", id="half a signature"),
    ],
)
@pytest.mark.parametrize("mime", ["image/png", "text/html", "image/svg+xml", ""])
async def test_anything_else_is_only_downloaded(
    sqlite_office: Office, content: bytes, mime: str
) -> None:
    browser, path = await fetched(sqlite_office, "photo.png", mime, content=content)
    answer = await browser.get(path)
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        pytest.param("list.pdf", "list.pdf", id="a plain name"),
        pytest.param("прайс.pdf", "%D0%BF%D1%80%D0%B0%D0%B9%D1%81.pdf", id="a Russian one"),
        pytest.param('a"b\r\nX: y.pdf', "a_b__X_%20y.pdf", id="one that breaks out of headers"),
        pytest.param("../../etc/passwd", "_.._etc_passwd", id="one that climbs"),
        pytest.param("photo\u202egpj.exe", "photo_gpj.exe", id="one that is written backwards"),
    ],
)
async def test_the_name_of_a_file_is_made_harmless(
    sqlite_office: Office, name: str, disposition: str
) -> None:
    browser, path = await fetched(sqlite_office, name, content=b"%PDF")
    answer = await browser.get(path)
    assert answer.headers["Content-Disposition"].endswith(f"filename*=UTF-8''{disposition}")


async def test_a_large_file_streams_whole(sqlite_office: Office) -> None:
    content = PNG + bytes(range(256)) * 4000
    browser, path = await fetched(sqlite_office, content=content)
    assert (await browser.get(path)).body == content


MUSIC = b"ID3" + bytes(range(256)) * 4
WHOLE = len(MUSIC)


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        pytest.param({"Range": "bytes=0-"}, 206, range(WHOLE), id="from the beginning"),
        pytest.param({"Range": "bytes=5-9"}, 206, range(5, 10), id="some in the middle"),
        pytest.param({"Range": "bytes=-4"}, 206, range(WHOLE - 4, WHOLE), id="the last ones"),
        pytest.param({"Range": "bytes=9-9999"}, 206, range(9, WHOLE), id="to beyond the end"),
        pytest.param({"Range": "bytes=9999-"}, 416, range(0), id="behind the end"),
        pytest.param({"Range": "bytes=0-1,5-6"}, 200, range(WHOLE), id="two parts"),
        pytest.param({"Range": "lines=1-2"}, 200, range(WHOLE), id="something else"),
        pytest.param(
            {"Range": "bytes=5-9", "If-Range": '"other"'}, 200, range(WHOLE), id="of another file"
        ),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    sqlite_office: Office, asked: dict[str, str], status: int, part: range
) -> None:
    browser, path = await fetched(sqlite_office, "song.mp3", content=MUSIC)
    await sqlite_office.collect()
    answer = await browser.get(path, **asked)
    assert (answer.status, answer.body) == (status, MUSIC[part.start : part.stop])
    assert answer.headers["Accept-Ranges"] == "bytes"
    told = {206: f"bytes {part.start}-{part.stop - 1}/{WHOLE}", 416: f"bytes */{WHOLE}"}
    assert answer.headers.get("Content-Range") == told.get(status)
    etag = answer.headers["ETag"]
    again = await browser.get(path, **{"Range": "bytes=1-2", "If-Range": etag})
    assert (again.status, again.body) == (206, MUSIC[1:3])


async def test_a_file_that_is_gone_is_said_in_words(office: Office) -> None:
    browser, path = await fetched(office)
    office.files.clear()
    answer = await browser.get(path)
    assert (answer.status, "not there any more" in answer.seen) == (502, True)


@pytest.mark.parametrize("path", ["1/0", "x/0", "{id}/0", "{id}/2", "{id}/-1", "{id}/" + "9" * 30])
async def test_what_is_no_file_is_not_found(sqlite_office: Office, path: str) -> None:
    browser, real = await fetched(sqlite_office)
    path = path.replace("{id}", real.split("/")[3])
    assert (await browser.get(f"/inbox/files/{path}")).status == 404


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("photo", "image/jpeg"),
        ("sticker", "image/webp"),
        ("video", "video/mp4"),
        ("voice", "audio/ogg"),
        ("audio", "audio/mpeg"),
        ("document", OTHER),
    ],
)
def test_the_bytes_tell_the_type(kind: str, type_: str) -> None:
    assert kind_of(sample(kind).content) == type_


async def test_the_api_gives_the_same_file(office: Office) -> None:
    path = await sent(office, PNG)
    message, _, number = path.partition("/")
    program = office.browser(**await office.key())
    listed = (await program.get(f"/api/v1/conversations/{await only(office)}/messages")).json
    url = listed["items"][-1]["attachments"][1]["url"]
    assert url == f"http://parley.test/api/v1/messages/{message}/attachments/{number}"
    answer = await program.get(url.removeprefix("http://parley.test"))
    assert (answer.status, answer.body) == (200, PNG)


async def test_the_api_refuses_what_is_not_ones_own(sqlite_office: Office) -> None:
    office = sqlite_office
    path = f"/api/v1/messages/{(await sent(office, PNG)).replace('/', '/attachments/')}"
    assert (await office.browser().get(path)).status == 401
    assert (await office.browser(**await office.key("read")).get(path)).status == 403
    other = await office.browser(**await office.key(site="other")).get(path)
    assert (other.status, other.json["error"]["code"]) == (404, "not_found")
    own = office.browser(**await office.key(site="shop"))
    assert (await own.get(path)).status == 200
    assert (await own.get("/api/v1/messages/7/attachments/0")).status == 404
    assert (await own.get("/api/v1/messages/x/attachments/0")).status == 404
    office.files.clear()
    gone = await own.get(path)
    assert (gone.status, gone.json["error"]["code"]) == (502, "file_unavailable")


async def test_the_api_leads_to_a_file_that_has_its_own_address(sqlite_office: Office) -> None:
    office = sqlite_office
    url = "https://cdn.example.com/a.jpg"
    await office.hear()
    photo = Content("", attachments=(Media(MediaKind.PHOTO, url),))
    await office.tell(OperatorSaid(None, photo, MessageId(9_000_000)))
    message: MessageId = (await office.world.messages())[-1].id
    program = office.browser(**await office.key())
    answer = await program.get(f"/api/v1/messages/{message}/attachments/0")
    assert (answer.status, answer.headers["Location"]) == (302, url)


def test_the_api_documents_its_files() -> None:
    document = openapi([], "1", "http://parley.test")
    document_attachments(document)
    [(path, told)] = document["paths"].items()
    assert path == "/api/v1/messages/{id}/attachments/{number}"
    assert {"200", "206", "302", "401", "403", "404", "502"} <= set(told["get"]["responses"])


async def only(office: Office) -> str:
    return str((await office.conversation()).id)


async def test_what_was_fetched_is_there_also_when_the_messenger_forgot_it(
    office: Office,
) -> None:
    browser, path = await fetched(office, "photo.png")
    await office.collect()
    office.files.clear()
    answer = await browser.get(path)
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(PNG))


async def test_a_file_of_a_contact_is_never_linked_to_where_it_lies(office: Office) -> None:
    url = "https://dl.messenger.example/secret"
    office.files[url] = PNG
    await office.tell(Said(Content("", attachments=(Media(MediaKind.PHOTO, url),)), "f2"))
    message: MessageId = (await office.world.messages())[-1].id
    browser = await office.signed_in()
    assert url not in (await browser.get(await office.path())).text
    assert (await browser.get(f"/inbox/files/{message}/0")).body == PNG
