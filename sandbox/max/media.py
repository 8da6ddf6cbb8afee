"""Files as attachments: what bots upload and persons send, in the platform's shape."""

from __future__ import annotations

from typing import Final

from sandbox.files import StoredFile
from sandbox.max.bot import Bot
from sandbox.sniff import image_size, mime_of
from sandbox.values import Json

MB: Final = 1024 * 1024
MOST_SIDE: Final = 7680
# The docs: images to 50 MB, video to 250 MB, audio to 256 MB, files to 4 GB. The double keeps
# files in memory while they come in, so that its own limit is lower.
MOST_BYTES: Final = {"image": 50 * MB, "video": 100 * MB, "audio": 100 * MB, "file": 100 * MB}
_BEGINS: Final = {"image": "image/", "video": "video/", "audio": "audio/", "file": ""}


def is_of_kind(kind: str, content: bytes) -> bool:
    """Whether the bytes are what an upload of this kind says; anything is a file."""
    if kind == "image":
        size = image_size(content)
        return size is not None and max(size) <= MOST_SIDE
    return mime_of(content).startswith(_BEGINS[kind])


async def store(bot: Bot, kind: str, name: str, content: bytes, mime: str = "") -> StoredFile:
    return await bot.files.add(
        bot.key,
        kind,
        name=name[-120:] or "file",
        mime=mime_of(content, mime or "application/octet-stream"),
        content=content,
        size=image_size(content) or (0, 0),
    )


def attachment_of(bot: Bot, kind: str, file: StoredFile, token: str, seconds: int = 0) -> Json:
    """The attachment that a message with this file has."""
    url = f"{bot.settings.base_url}/max/file/{file.file_id}"
    payload: Json = {"url": url, "token": token}
    match kind:
        case "image":
            number, bot.next_photo_id = bot.next_photo_id, bot.next_photo_id + 1
            return {"type": "image", "payload": {"photo_id": number, **payload}}
        case "video":
            shown = {"thumbnail": None, "width": 320, "height": 240, "duration": seconds}
            return {"type": "video", "payload": payload, **shown}
        case "audio":
            return {"type": "audio", "payload": payload, "transcription": None}
        case "sticker":
            shown = {"width": file.width, "height": file.height}
            return {"type": "sticker", "payload": {"code": token, "url": url}, **shown}
        case _:
            return {"type": "file", "payload": payload, "filename": file.name, "size": file.size}
