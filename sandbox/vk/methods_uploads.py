"""Photos, documents and voice messages: an upload server, the upload, then saving it."""

from __future__ import annotations

import json
import secrets
from pathlib import PurePosixPath
from typing import Any, Final

from aiohttp import web

from sandbox.bodies import BadBody, BodyTooLarge, Upload, read_form
from sandbox.files import StoredFile
from sandbox.sniff import image_size, mime_of
from sandbox.values import Json
from sandbox.vk.call import Call
from sandbox.vk.errors import invalid
from sandbox.vk.group import Group

_MOST_UPLOAD: Final = 50 * 1024 * 1024
_MOST_SIDES: Final = 14_000
_DOC_KINDS: Final = {"doc", "audio_message"}
_VOICE: Final = {"audio/ogg"}


async def get_photo_server(group: Group, call: Call) -> Any:
    return {"upload_url": _address(group, "photo"), "album_id": -64, "group_id": group.id}


async def get_doc_server(group: Group, call: Call) -> Any:
    kind = call.text("type") or "doc"
    if kind not in _DOC_KINDS:
        raise invalid("type is unknown")
    return {"upload_url": _address(group, kind)}


async def save_photo(group: Group, call: Call) -> Any:
    photo = call.nested("photo")
    # An upload that failed gives "[]", and saving it fails in these words.
    if not photo:
        raise invalid("photo is undefined")
    ticket = photo[0].get("photo") if isinstance(photo, list) and len(photo) == 1 else None
    file = _uploaded(group, str(ticket), "photo")
    if call.text("hash") != _hash(str(ticket)):
        raise invalid("hash is invalid")
    photo = photo_of(group, file)
    return [group.keep_attachment("photo", photo)["photo"]]


async def save_doc(group: Group, call: Call) -> Any:
    file = _uploaded(group, call.needed("file"), "doc", "audio_message")
    if file.kind == "audio_message":
        return group.keep_attachment("audio_message", voice_of(group, file))
    return group.keep_attachment("doc", doc_of(group, file, call.text("title")))


async def receive(request: web.Request, group: Group, kind: str) -> Json:
    """What the upload server answers to the multipart form."""
    try:
        form = await read_form(request, _MOST_UPLOAD)
    except BodyTooLarge:
        return {"error": "file is too large"}
    except BadBody:
        return {"error": "bad form"}
    upload = form.uploads.get("photo" if kind == "photo" else "file")
    if upload is None or not upload.content:
        return _failed(kind)
    mime, size = mime_of(upload.content, upload.mime), image_size(upload.content)
    if kind == "photo" and (size is None or sum(size) > _MOST_SIDES):
        return _failed(kind)
    if kind == "audio_message" and mime not in _VOICE:
        return {"error": "unsupported_format"}
    file = await _store(group, kind, upload, mime, size or (0, 0))
    ticket = group.keep_upload(file.file_id)
    if kind == "photo":
        return {"server": 1, "photo": json.dumps([{"photo": ticket}]), "hash": _hash(ticket)}
    return {"file": ticket}


def photo_of(group: Group, file: StoredFile) -> Json:
    url, width, height = address_of(group, file), file.width, file.height
    scale = min(1.0, 75 / max(width, height, 1))
    small = {"width": max(1, int(width * scale)), "height": max(1, int(height * scale))}
    sizes = [
        {"type": "s", "url": url, **small},
        {"type": "w", "url": url, "width": width, "height": height},
    ]
    return {"date": int(group.now()), "album_id": -3, "text": "", "sizes": sizes}


def doc_of(group: Group, file: StoredFile, title: str = "") -> Json:
    title = title or file.name
    return {
        "title": title,
        "ext": PurePosixPath(file.name).suffix.removeprefix("."),
        "size": file.size,
        "date": int(group.now()),
        "type": 1,
        "url": address_of(group, file),
    }


def voice_of(group: Group, file: StoredFile, seconds: int = 3) -> Json:
    url = address_of(group, file)
    return {"duration": seconds, "link_ogg": url, "link_mp3": url, "waveform": []}


def address_of(group: Group, file: StoredFile) -> str:
    """Where the file can be loaded; its last part is the id of the stored file."""
    return f"{group.settings.base_url}/vk/file/{file.file_id}"


def _address(group: Group, kind: str) -> str:
    return f"{group.settings.base_url}/vk/upload/{group.id}/{kind}"


def _uploaded(group: Group, ticket: str, *kinds: str) -> StoredFile:
    """The file behind a ticket, which is used up."""
    file = group.files.find(group.uploads.pop(ticket, ""))
    if file is None or file.kind not in kinds:
        raise invalid("the file is not uploaded")
    return file


async def _store(
    group: Group, kind: str, upload: Upload, mime: str, size: tuple[int, int]
) -> StoredFile:
    name = upload.name[-120:] or "file"
    return await group.files.add(
        group.key, kind, name=name, mime=mime, content=upload.content, size=size
    )


def _failed(kind: str) -> Json:
    if kind == "photo":
        return {"server": 1, "photo": "[]", "hash": secrets.token_hex(16)}
    return {"error": "no_file"}


def _hash(ticket: str) -> str:
    # No secret: it only shows that the caller hands the whole answer on.
    return ticket[::-1][:32]
