"""Files both ways, through aiogram's real client."""

from __future__ import annotations

import struct
import zlib

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge
from aiogram.types import (
    BufferedInputFile,
    InputMediaDocument,
    InputMediaPhoto,
    URLInputFile,
)
from aiohttp import web

from sandbox.samples import sample
from sandbox.sniff import image_size, mime_of
from tests.sandbox.conftest import Serve
from tests.sandbox.world import Sandbox


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((width + 1) * min(height, 10)))
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def upload(content: bytes, name: str = "file.bin") -> BufferedInputFile:
    return BufferedInputFile(content, name)


async def test_an_uploaded_photo_has_its_sizes_and_can_be_sent_again_by_its_id(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    sent = await bot.send_photo(
        person, upload(png(300, 200), "a.png"), caption="<b>tea</b>", parse_mode="HTML"
    )
    assert sent.photo is not None
    assert [(size.width, size.height) for size in sent.photo] == [(90, 60), (300, 200)]
    assert (sent.caption, sent.html_text) == ("tea", "<b>tea</b>")
    again = await bot.send_photo(person, sent.photo[-1].file_id)
    assert again.photo is not None
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


async def test_what_a_person_sends_can_be_downloaded(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    for kind in ("photo", "video", "document", "voice", "audio", "video_note", "sticker"):
        message = await sandbox.act(person, "send", kind=kind)
        part = message[kind][-1] if kind == "photo" else message[kind]
        file = await bot.get_file(part["file_id"])
        assert file.file_path is not None
        stream = await bot.download_file(file.file_path.replace("\\", "/"))
        assert stream is not None
        assert stream.read() == sample(kind).content


async def test_files_by_address_are_fetched(bot: Bot, sandbox: Sandbox, serve: Serve) -> None:
    async def photo(_: web.Request) -> web.Response:
        return web.Response(body=png(10, 10), content_type="image/png")

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<p>no photo</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/a.png", photo)
    app.router.add_get("/page", page)
    site = await serve(app)
    person = await sandbox.started()
    sent = await bot.send_photo(person, f"{site}/a.png")
    assert sent.photo is not None
    assert sent.photo[-1].width == 10
    with pytest.raises(TelegramBadRequest, match="wrong type of the web page content"):
        await bot.send_photo(person, f"{site}/page")
    with pytest.raises(TelegramBadRequest, match="failed to get HTTP URL content"):
        await bot.send_photo(person, f"{site}/absent.png")
    with pytest.raises(TelegramBadRequest, match="failed to get HTTP URL content"):
        await bot.send_photo(person, "http://127.0.0.1:1/a.png")
    assert await bot.send_document(person, URLInputFile(f"{site}/a.png", filename="b.png"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "file must be non-empty", id="nothing"),
        pytest.param(b"no picture", "IMAGE_PROCESS_FAILED", id="no picture"),
        pytest.param(png(9000, 1001), "PHOTO_INVALID_DIMENSIONS", id="sides over 10000 together"),
        pytest.param(png(210, 10), "PHOTO_INVALID_DIMENSIONS", id="21 times as wide as high"),
        pytest.param(png(10, 10) + bytes(10 << 20), "too big for a photo", id="over 10 MB"),
    ],
)
async def test_a_photo_beyond_the_limits_is_refused(
    bot: Bot, sandbox: Sandbox, content: bytes, words: str
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramBadRequest, match=words):
        await bot.send_photo(person, upload(content))


async def test_a_file_over_50_mb_is_413_and_one_over_20_mb_cannot_be_downloaded(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramEntityTooLarge):
        await bot.send_document(person, upload(bytes((50 << 20) + 1)))
    sent = await bot.send_document(person, upload(bytes((20 << 20) + 1)))
    assert sent.document is not None
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await bot.get_file(sent.document.file_id)


async def test_ids_that_are_unknown_or_another_bots_are_refused(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    sent = await bot.send_document(person, upload(b"x"))
    assert sent.document is not None
    with pytest.raises(TelegramBadRequest, match="wrong file_id"):
        await bot.send_document(person, "BQAC" + "x" * 40)
    with pytest.raises(TelegramBadRequest, match="wrong file identifier/HTTP URL specified"):
        await bot.send_document(person, "what?")
    other = Bot("701:other-token", session=bot.session)
    await sandbox.act(person, "start", bot="other_bot")
    with pytest.raises(TelegramBadRequest, match="wrong file_id"):
        await other.send_document(person, sent.document.file_id)


async def test_a_caption_of_more_than_1024_characters_is_refused(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()
    with pytest.raises(TelegramBadRequest, match="message caption is too long"):
        await bot.send_document(person, upload(b"x"), caption="x" * 1025)


async def test_an_album_is_several_messages_of_one_group(bot: Bot, sandbox: Sandbox) -> None:
    person = await sandbox.started()
    album = await bot.send_media_group(
        person,
        [
            InputMediaPhoto(media=upload(png(10, 10)), caption="one"),
            InputMediaPhoto(media=upload(png(20, 20))),
        ],
    )
    assert [message.message_id for message in album] == [2, 3]
    assert len({message.media_group_id for message in album}) == 1
    with pytest.raises(TelegramBadRequest, match="2-10 items"):
        await bot.send_media_group(person, [InputMediaPhoto(media=upload(png(10, 10)))])
    with pytest.raises(TelegramBadRequest, match="can't be mixed"):
        await bot.send_media_group(
            person,
            [
                InputMediaPhoto(media=upload(png(10, 10))),
                InputMediaDocument(media=upload(b"x")),
            ],
        )


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        pytest.param("photo", "image/jpeg", id="a photo"),
        pytest.param("sticker", "image/webp", id="a sticker"),
        pytest.param("video", "video/mp4", id="a film"),
        pytest.param("voice", "audio/ogg", id="a voice message"),
        pytest.param("audio", "audio/mpeg", id="a song"),
        pytest.param("document", "application/pdf", id="a document"),
    ],
)
def test_samples_are_what_they_say(kind: str, mime: str) -> None:
    assert mime_of(sample(kind).content) == sample(kind).mime == mime


def test_pictures_are_measured() -> None:
    assert image_size(sample("photo").content) == (640, 480)
    assert image_size(sample("sticker").content) == (512, 512)
    assert image_size(b"\xff\xd8\xff\xe0\x00\x00") is None
