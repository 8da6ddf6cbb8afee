"""Media of a call: an upload, an address to fetch, or a file id; with the platform's limits."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp

from sandbox.bodies import Upload
from sandbox.fetching import CannotFetch, fetch
from sandbox.files import StoredFile
from sandbox.sniff import image_size, mime_of
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import MOST_UPLOAD, TOO_LARGE, Call
from sandbox.telegram.errors import bad_request
from sandbox.values import Json

MOST_PHOTO = 10 * 1024 * 1024
# Sizes of what the platform fetches by itself.
_MOST_PHOTO_BY_URL = 5 * 1024 * 1024
_MOST_BY_URL = 20 * 1024 * 1024
# The beginnings of real file ids, by kind.
ID_PREFIX = {
    "photo": "AgAC",
    "video": "BAAC",
    "document": "BQAC",
    "voice": "AwAC",
    "audio": "CQAC",
    "video_note": "DQAC",
    "animation": "CgAC",
    "sticker": "CAAC",
    "live_photo": "BQAC",
}
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{20,}")


async def take_media(
    bot: Bot, http: aiohttp.ClientSession, call: Call, kind: str, value: str
) -> StoredFile:
    """The stored file that `value` (or the upload named like the field) means. Raises ApiError."""
    upload = _attached(call, kind, value)
    if upload is None and not value:
        raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
    if upload is None and re.match(r"(?i)[a-z][a-z0-9+.-]*://", value):
        upload = await _fetched(http, value, kind)
    if upload is None:
        return _known(bot, value, kind)
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > MOST_UPLOAD:
        raise TOO_LARGE
    size = _check_picture(upload.content, kind)
    return await bot.files.add(
        bot.key,
        kind,
        name=_clean_name(upload.name),
        mime=mime_of(upload.content, upload.mime),
        content=upload.content,
        size=size,
        id_prefix=ID_PREFIX[kind],
    )


def media_fields(kind: str, file: StoredFile, call_fields: Json) -> Json:
    """The part of a `Message` that holds the media; `call_fields` are duration, title and so on."""
    one: Json = {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}
    named = {"file_name": file.name, "mime_type": file.mime}
    size = {"width": file.width or 640, "height": file.height or 360}
    match kind:
        case "photo":
            return {"photo": _photo_sizes(one, file)}
        case "document":
            return {"document": {**one, **named}}
        case "voice":
            duration = call_fields.get("duration", 1)
            return {"voice": {**one, "mime_type": file.mime, "duration": duration}}
        case "audio":
            return {"audio": {**one, **named, "duration": 1, **call_fields}}
        case "video_note":
            return {
                "video_note": {**one, "length": 240, "duration": call_fields.get("duration", 1)}
            }
        case "sticker":
            emoji = call_fields.get("emoji", "👍")
            size = {"width": file.width or 512, "height": file.height or 512}
            flags = {"is_animated": False, "is_video": False}
            return {"sticker": {**one, **size, **flags, "type": "regular", "emoji": emoji}}
        case "animation":
            # Documents of old clients: the platform sends both.
            return {
                "animation": {**one, **named, **size, "duration": 1, **call_fields},
                "document": {**one, **named},
            }
        case _:
            return {kind: {**one, **named, **size, "duration": 1, **call_fields}}


def _photo_sizes(one: Json, file: StoredFile) -> list[Json]:
    width, height = file.width or 1, file.height or 1
    scale = min(1.0, 90 / max(width, height))
    small = {**one, "width": max(1, int(width * scale)), "height": max(1, int(height * scale))}
    return [small, {**one, "width": width, "height": height}]


def _attached(call: Call, kind: str, value: str) -> Upload | None:
    if value.startswith("attach://"):
        upload = call.uploads.get(value.removeprefix("attach://"))
        if upload is None:
            raise bad_request("can't find attached file")
        return upload
    return call.uploads.get(kind) if not value else None


async def _fetched(http: aiohttp.ClientSession, url: str, kind: str) -> Upload:
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise bad_request("wrong HTTP URL specified")
    most = _MOST_PHOTO_BY_URL if kind == "photo" else _MOST_BY_URL
    try:
        upload = await fetch(http, url, most=most)
    except CannotFetch:
        raise bad_request("failed to get HTTP URL content") from None
    if kind != "document" and upload.mime.startswith("text/"):
        raise bad_request("wrong type of the web page content")
    return upload


def _known(bot: Bot, file_id: str, kind: str) -> StoredFile:
    if not _FILE_ID.fullmatch(file_id):
        raise bad_request("wrong file identifier/HTTP URL specified")
    file = bot.files.get(file_id, bot.key)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.kind != kind and "photo" in {file.kind, kind}:
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def _check_picture(content: bytes, kind: str) -> tuple[int, int]:
    size = image_size(content)
    if kind != "photo":
        return size or (0, 0)
    if len(content) > MOST_PHOTO:
        raise bad_request(
            f"file of size {len(content)} bytes is too big for a photo; "
            f"the maximum size is {MOST_PHOTO} bytes"
        )
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size


def _clean_name(name: str) -> str:
    return re.sub(r"[\x00-\x1f/\\]", "_", name)[-120:] or "file"
