"""What a message of a bot may contain, by the limits of the Viber REST docs.

Where the docs disagree with themselves the smaller number holds: a caption has 512 characters, not
768, and tracking_data 4000, not 4096. Sizes are decimal: 1 MB is 1 000 000 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from sandbox.bodies import Upload
from sandbox.fetching import CannotFetch, fetch
from sandbox.files import StoredFile
from sandbox.sniff import image_size, mime_of
from sandbox.values import Json
from sandbox.viber.bot import Bot
from sandbox.viber.errors import ApiError, bad, missing
from sandbox.viber.keyboard import check_keyboard, check_rich_media
from sandbox.viber.people import API_VERSION

MOST_JSON: Final = 30_000
MOST_TEXT: Final = 7000
_MOST_SENDER: Final = 28
_MOST_TRACKING: Final = 4000
_MOST_CAPTION: Final = 512
_MOST_URL: Final = 2000
_MOST_CONTACT: Final = {"name": 28, "phone_number": 18}
_MOST_FILE_NAME: Final = 256
_MOST_SECONDS: Final = 180
_MOST_BYTES: Final = {"picture": 1_000_000, "video": 26_000_000, "file": 50_000_000}
_PICTURES: Final = {"image/jpeg", "image/png", "image/gif"}
_LOCAL: Final = {"localhost", "127.0.0.1", "::1"}
# Whom it goes to, and with which right, is no part of a message.
_ENVELOPE: Final = {"auth_token", "receiver", "broadcast_list"}


@dataclass(frozen=True, slots=True)
class Content:
    """A checked message, and the file that its `media` led to."""

    message: Json
    file: StoredFile | None = None


async def content_of(bot: Bot, params: Json, http: aiohttp.ClientSession) -> Content:
    """The message that a call describes, its media fetched. Raises ApiError."""
    message = {key: each for key, each in params.items() if key not in _ENVELOPE}
    version = _version(params)
    _check_sender(params)
    _text(params, "tracking_data", _MOST_TRACKING, needed=False)
    _check_body(bot, params, version)
    if params.get("keyboard") is not None:
        check_keyboard(params["keyboard"], version)
    if params["type"] not in _MOST_BYTES:
        return Content(message)
    return Content(message, await _fetch(bot, params, http))


def check_address(bot: Bot, url: str) -> None:
    """Raises ValueError unless the platform would call this address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address begins with https://")
    if not bot.settings.allow_local_urls and (parts.scheme != "https" or parts.hostname in _LOCAL):
        raise ValueError("an address is a public one and begins with https://")


def _version(params: Json) -> int:
    version = params.get("min_api_version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise bad("min_api_version is a whole number from 1 on")
    if version > API_VERSION:
        raise ApiError(13, f"the receiver's phone knows version {API_VERSION}")
    return version


def _check_sender(params: Json) -> None:
    sender = params.get("sender")
    if sender is None:
        raise missing("sender")
    if not isinstance(sender, dict):
        raise bad("sender is an object")
    _text(sender, "name", _MOST_SENDER)


def _check_body(bot: Bot, params: Json, version: int) -> None:
    """What the type of the message asks for."""
    match params.get("type"):
        case None:
            raise missing("type")
        case "text":
            _text(params, "text", MOST_TEXT)
        case "picture":
            _address(bot, params, "media")
            _text(params, "text", _MOST_CAPTION, needed=False)
        case "video":
            _address(bot, params, "media")
            _size(params)
            _check_seconds(params)
        case "file":
            _address(bot, params, "media")
            _size(params)
            if not PurePosixPath(_text(params, "file_name", _MOST_FILE_NAME)).suffix:
                raise bad("file_name has an extension")
        case "url":
            _address(bot, params, "media")
        case "contact":
            contact = _object(params, "contact")
            for name, most in _MOST_CONTACT.items():
                _text(contact, name, most)
        case "location":
            place = _object(params, "location")
            _degrees(place, "lat", 90)
            _degrees(place, "lon", 180)
        case "sticker":
            _whole(params, "sticker_id")
        case "rich_media":
            check_rich_media(params.get("rich_media"), version)
        case _:
            raise bad("type is unknown")


async def _fetch(bot: Bot, params: Json, http: aiohttp.ClientSession) -> StoredFile:
    kind, most = params["type"], _MOST_BYTES[params["type"]]
    try:
        upload = await fetch(http, params["media"], most=most)
    except CannotFetch:
        raise bad(f"media cannot be fetched, or is over {most} bytes") from None
    mime = mime_of(upload.content, upload.mime)
    if kind == "picture" and mime not in _PICTURES:
        raise bad("media is no JPEG, PNG or GIF")
    if kind == "video" and mime != "video/mp4":
        raise bad("media is no MP4")
    if kind != "picture" and params["size"] != len(upload.content):
        # Viber believes the number; a phone then shows a download of the wrong size.
        raise bad("size is not that of the media")
    return await _store(bot, kind, params.get("file_name") or upload.name[-120:], upload, mime)


async def _store(bot: Bot, kind: str, name: str, upload: Upload, mime: str) -> StoredFile:
    size = image_size(upload.content) or (0, 0)
    return await bot.files.add(
        bot.key, kind, name=name, mime=mime, content=upload.content, size=size
    )


def _text(params: Json, name: str, most: int, *, needed: bool = True) -> str:
    value = params.get(name)
    if value is None or value == "":
        if needed:
            raise missing(name)
        return ""
    if not isinstance(value, str):
        raise bad(f"{name} is text")
    if len(value) > most:
        raise bad(f"{name} has at most {most} characters")
    return value


def _address(bot: Bot, params: Json, name: str) -> None:
    url = _text(params, name, _MOST_URL)
    try:
        check_address(bot, url)
    except ValueError as error:
        raise bad(f"{name}: {error}") from None


def _size(params: Json) -> None:
    most = _MOST_BYTES[params["type"]]
    if not 1 <= _whole(params, "size") <= most:
        raise bad(f"size is from 1 to {most} bytes")


def _check_seconds(params: Json) -> None:
    if params.get("duration") is None:
        return
    if not 1 <= _whole(params, "duration") <= _MOST_SECONDS:
        raise bad(f"duration is from 1 to {_MOST_SECONDS} seconds")


def _whole(params: Json, name: str) -> int:
    value = params.get(name)
    if value is None:
        raise missing(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad(f"{name} is a whole number")
    return value


def _object(params: Json, name: str) -> Json:
    value: Any = params.get(name)
    if value is None:
        raise missing(name)
    if not isinstance(value, dict):
        raise bad(f"{name} is an object")
    return value


def _degrees(place: Json, name: str, most: int) -> None:
    value = place.get(name)
    if value is None:
        raise missing(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= most:
        raise bad(f"{name} is from -{most} to {most}")
