"""Files that leave with the message itself, and what Telegram calls them from then on."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import FormData

from bots.contract import File, Part
from bots.transport import form_of
from core.content import Content, Media

_FIELD = "attached"
_KINDS = ("video", "document", "voice", "audio", "sticker", "animation")
"""Under which names a `Message` holds its file; a photo comes in several sizes."""


def attached(part: Part) -> tuple[Content, File | None]:
    """The content as the request names it, and the file that goes with it; a part has one."""
    for position, one in enumerate(part.content.attachments):
        file = part.files.get(one.ref) if isinstance(one, Media) else None
        if file is not None and isinstance(one, Media):
            attachments = list(part.content.attachments)
            attachments[position] = replace(one, ref=f"attach://{_FIELD}")
            return replace(part.content, attachments=tuple(attachments)), file
    return part.content, None


def form(fields: Mapping[str, Any], file: File) -> FormData:
    """The multipart form of a method with a file; nested values are JSON, as Telegram wants."""
    made = form_of(_FIELD, file)
    for name, value in fields.items():
        made.add_field(name, value if isinstance(value, str) else json.dumps(value))
    return made


def names_of(result: Any, part: Part) -> dict[str, str]:
    """Our ref → the file id by which it can be sent again."""
    if not part.files or not isinstance(result, dict):
        return {}
    found = result.get("photo")
    sizes = found if isinstance(found, list) else [result.get(kind) for kind in _KINDS]
    ids = [size.get("file_id") for size in sizes if isinstance(size, dict)]
    if not ids or not isinstance(ids[-1], str):
        return {}
    # The sizes of a photo come from the smallest to the largest.
    return dict.fromkeys(part.files, ids[-1])
