"""Methods that send media and serve files."""

from __future__ import annotations

import secrets
from typing import Any

import aiohttp

from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call
from sandbox.telegram.errors import bad_request
from sandbox.telegram.media import media_fields, take_media
from sandbox.telegram.sending import open_chat, send
from sandbox.telegram.text import caption_fields
from sandbox.values import Json

# Bot API 10.3: getFile serves files up to 20 MB.
MOST_DOWNLOAD = 20 * 1024 * 1024
_ALBUM_KINDS = {"photo", "video", "document", "audio", "live_photo"}
_NUMBERS = ("duration", "width", "height")
_WORDS = ("performer", "title", "emoji")


async def send_one(bot: Bot, call: Call, kind: str, http: aiohttp.ClientSession) -> Any:
    """sendPhoto, sendVideo and the others that carry one file."""
    open_chat(bot, call)
    caption: Json = {}
    if kind not in {"sticker", "video_note"}:
        caption = caption_fields(
            call.text("caption"), call.text("parse_mode"), call.nested("caption_entities")
        )
    file = await take_media(bot, http, call, kind, call.text(kind))
    content = {**media_fields(kind, file, _extras(dict(call.params))), **caption}
    if call.flag("has_spoiler") and kind in {"photo", "video", "animation"}:
        content["has_media_spoiler"] = True
    return send(bot, call, [content])[0]


async def send_media_group(bot: Bot, call: Call, http: aiohttp.ClientSession) -> Any:
    open_chat(bot, call)
    items = call.nested("media")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise bad_request("can't parse media JSON object")
    if not 2 <= len(items) <= 10:
        raise bad_request("there must be 2-10 items to send as an album")
    kinds = {item.get("type") for item in items}
    if not kinds <= _ALBUM_KINDS:
        raise bad_request("type of file mismatch")
    if len(kinds) > 1 and kinds & {"document", "audio"}:
        raise bad_request("documents and audio can't be mixed with other media types")
    if call.nested("reply_markup"):
        raise bad_request("reply markup is not supported for albums")
    group = str(secrets.randbelow(10**17))
    contents = [{"media_group_id": group, **await _item(bot, call, http, i)} for i in items]
    return send(bot, call, contents)


async def get_file(bot: Bot, call: Call) -> Any:
    file_id = call.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    file = bot.files.get(file_id, bot.key)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > MOST_DOWNLOAD:
        raise bad_request("file is too big")
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


async def _item(bot: Bot, call: Call, http: aiohttp.ClientSession, item: Json) -> Json:
    kind, value = str(item["type"]), item.get("media")
    if not isinstance(value, str) or not value:
        raise bad_request("media not found in InputMedia")
    given = item.get("caption") or "", item.get("parse_mode") or "", item.get("caption_entities")
    if not isinstance(given[0], str) or not isinstance(given[1], str):
        raise bad_request("can't parse InputMedia: caption must be of type String")
    caption = caption_fields(*given)
    file = await take_media(bot, http, call, kind, value)
    return {**media_fields(kind, file, _extras(item)), **caption}


def _extras(given: Json) -> Json:
    extras: Json = {}
    for name in _NUMBERS:
        value = str(given.get(name, ""))
        if value.isdecimal():
            extras[name] = int(value)
    for name in _WORDS:
        if isinstance(given.get(name), str) and given[name]:
            extras[name] = given[name]
    return extras
