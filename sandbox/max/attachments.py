"""What a bot may attach: checked as given, then resolved to what the message will have."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

import aiohttp

from sandbox.fetching import CannotFetch, fetch
from sandbox.max.bot import Bot
from sandbox.max.call import text_in
from sandbox.max.errors import invalid, not_ready
from sandbox.max.keyboard import MOST_URL, check_keyboard, check_url
from sandbox.max.media import MOST_BYTES, attachment_of, is_of_kind, store
from sandbox.samples import sample
from sandbox.values import Json

MOST_MEDIA: Final = 12
_MEDIA: Final = {"image", "video"}
# Bots that run on MAX have seen: these go alone, and a file with nothing but a keyboard.
_ALONE: Final = {"audio", "sticker", "contact"}
_KNOWN: Final = _MEDIA | _ALONE | {"file", "location", "share", "inline_keyboard"}
_MOST_NAME: Final = 128
_MOST_CARD: Final = 4096


def check_attachments(bot: Bot, given: object) -> list[Json]:
    """The attachments as given, in combinations that the platform takes. Raises ApiError."""
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise invalid("attachments: must be an array of objects")
    kinds = Counter(str(each.get("type")) for each in given)
    for kind in kinds:
        if kind not in _KNOWN:
            raise invalid(f"attachments: unknown type {kind[:40]}")
    if kinds["inline_keyboard"] > 1:
        raise invalid("attachments: a message has one keyboard")
    if sum(kinds[kind] for kind in _MEDIA) > MOST_MEDIA:
        raise invalid(f"attachments: at most {MOST_MEDIA} media")
    alone = next((kind for kind in kinds if kind in _ALONE), "")
    if alone and len(given) > 1:
        raise invalid(f"attachments: {alone} must be the only attachment")
    if kinds["file"] and len(given) - kinds["inline_keyboard"] > 1:
        raise invalid("attachments: file goes with a keyboard only")
    for each in given:
        if each["type"] == "inline_keyboard":
            check_keyboard(each.get("payload"), local=bot.settings.allow_local_urls)
    return given


async def resolve(bot: Bot, given: list[Json], http: aiohttp.ClientSession) -> list[Json]:
    """The attachments of the message: tokens looked up, addresses fetched. Raises ApiError."""
    return [await _resolve_one(bot, each, http) for each in given]


async def _resolve_one(bot: Bot, given: Json, http: aiohttp.ClientSession) -> Json:
    kind, payload = given["type"], given.get("payload")
    if kind == "location":
        return {"type": kind, **_place(given)}
    if not isinstance(payload, dict):
        raise invalid(f"{kind}: payload must not be null")
    match kind:
        case "image":
            return await _image(bot, payload, http)
        case "video" | "audio" | "file":
            # The platform's own slip: it says video whatever the type is.
            return _uploaded(bot, kind, payload.get("token"), "Missing `token` in video attachment")
        case "sticker":
            return await _sticker(bot, payload)
        case "contact":
            return _contact(payload)
        case "share":
            url = check_url(text_in(payload, "url", MOST_URL) or "", local=True)
            return {"type": kind, "payload": {"url": url, "token": ""}, "title": url}
        case _:
            return {"type": kind, "payload": {"buttons": payload["buttons"]}}


async def _image(bot: Bot, payload: Json, http: aiohttp.ClientSession) -> Json:
    token = payload.get("token") or _token_in(payload.get("photos"))
    url = text_in(payload, "url", MOST_URL)
    if token or not url:
        words = "No `photos`, `url` or `token` provided. Check payload."
        return _uploaded(bot, "image", token, words)
    check_url(url, local=bot.settings.allow_local_urls)
    try:
        fetched = await fetch(http, url, most=MOST_BYTES["image"])
    except CannotFetch:
        raise invalid("image: the url cannot be fetched") from None
    if not is_of_kind("image", fetched.content):
        raise invalid("image: the url leads to no image")
    file = await store(bot, "image", fetched.name, fetched.content)
    return attachment_of(bot, "image", file, bot.keep_file("image", file.file_id))


def _token_in(photos: Any) -> object:
    """The token of the first photo, in the shape that the upload's answer has."""
    first = next(iter(photos.values()), None) if isinstance(photos, dict) else None
    return first.get("token") if isinstance(first, dict) else None


def _uploaded(bot: Bot, kind: str, token: object, missing: str) -> Json:
    if not isinstance(token, str) or not token:
        raise invalid(missing)
    upload = bot.uploads.get(token)
    if upload is None or upload.kind != kind:
        raise invalid(f"{kind}: the token is unknown")
    if not upload.file_id:
        raise not_ready()
    if not upload.is_processed:
        bot.uploads[token] = replace(upload, is_processed=True)
        raise not_ready()
    file = bot.files.find(upload.file_id)
    if file is None:
        raise invalid(f"{kind}: the file is gone")
    return attachment_of(bot, kind, file, token)


async def _sticker(bot: Bot, payload: Json) -> Json:
    code = text_in(payload, "code", _MOST_NAME)
    if not code:
        raise invalid("sticker: code must not be null")
    shown = sample("sticker")
    return attachment_of(bot, "sticker", await store(bot, "sticker", code, shown.content), code)


def _contact(payload: Json) -> Json:
    name, card = text_in(payload, "name", _MOST_NAME), text_in(payload, "vcf_info", _MOST_CARD)
    phone = text_in(payload, "vcf_phone", _MOST_NAME)
    if not (name or card or payload.get("contact_id")):
        raise invalid("contact: name must not be null")
    made = f"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:{phone or ''}\r\nFN:{name or ''}\r\nEND:VCARD\r\n"
    return {"type": "contact", "payload": {"vcf_info": card or made, "max_info": None}}


def _place(given: Json) -> Json:
    latitude, longitude = given.get("latitude"), given.get("longitude")
    for each, most in ((latitude, 90), (longitude, 180)):
        # So written, NaN is no place either.
        if not isinstance(each, int | float) or isinstance(each, bool) or not abs(each) <= most:
            raise invalid("location: latitude and longitude are a place on Earth")
    return {"latitude": latitude, "longitude": longitude}
