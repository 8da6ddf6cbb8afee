"""Uploads: an address for the bytes, then a token that messages name."""

from __future__ import annotations

import secrets
from dataclasses import replace

from aiohttp import web

from sandbox.bodies import BadBody, BodyTooLarge, read_form
from sandbox.max.bot import Bot
from sandbox.max.call import Call
from sandbox.max.errors import ApiError, invalid, not_found
from sandbox.max.media import MOST_BYTES, is_of_kind, store
from sandbox.values import Json


async def get_address(bot: Bot, call: Call) -> Json:
    """Where to post the file; of video and audio also the token, which the upload will not tell."""
    kind = call.needed("type")
    if kind not in MOST_BYTES:
        raise invalid("type: must be image, video, audio or file")
    ticket, token = bot.new_upload(kind)
    url = f"{bot.settings.base_url}/max/upload/{ticket}"
    return {"url": url, "token": token} if kind in {"video", "audio"} else {"url": url}


async def receive(request: web.Request, bot: Bot, ticket: str) -> web.Response:
    """Take the multipart field `data`. Raises ApiError."""
    token = bot.tickets.get(ticket, "")
    upload = bot.uploads.get(token)
    if upload is None:
        raise not_found("the address of an upload works once")
    try:
        form = await read_form(request, MOST_BYTES[upload.kind])
    except BodyTooLarge:
        raise ApiError(413, "the file is too large") from None
    except BadBody as error:
        raise invalid(str(error)) from None
    given = form.uploads.get("data")
    if given is None or not given.content or not is_of_kind(upload.kind, given.content):
        raise invalid(f"data: is no {upload.kind}")
    file = await store(bot, upload.kind, given.name, given.content, given.mime)
    bot.tickets.pop(ticket, None)
    bot.uploads[token] = replace(upload, file_id=file.file_id, is_processed=upload.kind == "image")
    match upload.kind:
        case "image":
            # Not as the docs have it: the token is not at the top. Many have seen it so.
            return web.json_response({"photos": {secrets.token_urlsafe(30): {"token": token}}})
        case "file":
            return web.json_response({"fileId": bot.now_ms, "token": token})
        case _:
            return web.Response(text="<retval>1</retval>")
