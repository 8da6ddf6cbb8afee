"""POST /api/v1/files: files that a program is about to send.

It takes bytes, so it stands beside the table of JSON routes, and adds itself to the document.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from api.admission import Admission
from api.errors import ApiError, busy
from api.keys import Scope
from api.openapi import ERROR_TEXTS
from inbox.files import EmptyFile, Files
from media.library import TooLarge
from media.store import StoreFailed

_PATH = "/api/v1/files"
_PATIENCE = 30.0
"""Seconds without a byte, after which the caller is taken for gone."""


class UploadsApi:
    def __init__(self, admission: Admission, files: Files) -> None:
        self._admission = admission
        self._files = files

    def routes(self) -> list[web.RouteDef]:
        return [web.post(_PATH, self.keep)]

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """201 with {ref, name, kind, mime, size}; the same bytes again have the same ref."""
        await self._admission.admit(request, Scope.INBOX)
        try:
            media = await self._files.keep(_chunks(request), request.query.get("name", ""))
        except EmptyFile as error:
            raise ApiError(422, error.code, "there is not one byte in it") from error
        except TooLarge as error:
            message = f"more than {self._files.most_bytes} bytes"
            raise ApiError(413, error.code, message) from error
        except (TimeoutError, ConnectionError, web.RequestPayloadError) as error:
            raise ApiError(400, "broken_off", "the body did not come whole") from error
        except StoreFailed as error:
            raise busy() from error
        told = {
            "ref": media.ref,
            "name": media.name,
            "kind": media.kind,
            "mime": media.mime,
            "size": media.size,
        }
        return web.json_response(told, status=201, headers={"Cache-Control": "no-store"})


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    while True:
        async with asyncio.timeout(_PATIENCE):
            chunk = await request.content.readany()
        if not chunk:
            return
        yield chunk


def document_uploads(document: dict[str, Any], most_bytes: int) -> None:
    """Add the route to an OpenAPI document."""
    errors = {
        "400": "The body did not come whole",
        **{str(status): ERROR_TEXTS[status] for status in (401, 403, 429, 503)},
        "413": f"More than {most_bytes} bytes",
        "422": "There is not one byte in it",
    }
    error = {"schema": {"$ref": "#/components/schemas/Error"}}
    document["paths"][_PATH] = {
        "post": {
            "operationId": "post_api_v1_files",
            "summary": "Keep a file that is to be sent",
            "description": f"Scope: `{Scope.INBOX}`. The type is told from the bytes, whatever "
            "Content-Type says. A file that no message took within two days is dropped.",
            "tags": ["conversations"],
            "parameters": [
                {"name": "name", "in": "query", "required": False, "schema": {"type": "string"}}
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            },
            "responses": {
                "201": {
                    "description": "`ref` and `name` go into a message's attachments",
                    "content": {"application/json": {"schema": _KEPT}},
                },
                **{
                    status: {"description": text, "content": {"application/json": error}}
                    for status, text in errors.items()
                },
            },
        }
    }


_KEPT: Mapping[str, Any] = {
    "type": "object",
    "required": ["ref", "name", "kind", "mime", "size"],
    "properties": {
        "ref": {"type": "string"},
        "name": {"type": "string"},
        "kind": {"enum": ["photo", "video", "document", "voice", "audio"]},
        "mime": {"type": "string"},
        "size": {"type": "integer"},
    },
}
