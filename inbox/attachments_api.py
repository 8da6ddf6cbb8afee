"""GET /api/v1/messages/{id}/attachments/{number}: the files of messages, for programs.

It streams bytes, so it stands beside the table of JSON routes, and adds itself to the document.
"""

from typing import Any

from aiohttp import web

from api.admission import Admission
from api.errors import ApiError, not_found
from api.keys import Scope
from api.openapi import ERROR_TEXTS
from dialogues.catalog import Catalog
from inbox.files import Files, FileUnavailable, is_elsewhere

_PATH = "/api/v1/messages/{id}/attachments/{number}"


class AttachmentsApi:
    def __init__(self, admission: Admission, catalog: Catalog, files: Files) -> None:
        self._admission = admission
        self._catalog = catalog
        self._files = files

    def routes(self) -> list[web.RouteDef]:
        return [web.get(_PATH, self.show)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The bytes. What is at a URL of its own is redirected to; 502 where none come."""
        key = await self._admission.admit(request, Scope.INBOX)
        message, number = (_number(request.match_info[name]) for name in ("id", "number"))
        found = await self._files.find(message, number)
        if found is None:
            raise not_found("attachment")
        of, account, media = found
        known = self._catalog.accounts.get(account)
        if key.site is not None and (known is None or known.site != key.site):
            raise not_found("attachment")
        if is_elsewhere(of, media, await self._files.mark(of, media)):
            return web.Response(
                status=302, headers={"Location": media.ref, "Cache-Control": "no-store"}
            )
        try:
            return await self._files.send(request, *found)
        except FileUnavailable as error:
            message_ = "the messenger does not give this file (any more)"
            raise ApiError(502, error.code, message_) from error


def document_attachments(document: dict[str, Any]) -> None:
    """Add the route to an OpenAPI document."""
    reference = {"schema": {"$ref": "#/components/schemas/Error"}}
    errors = {
        **{str(status): ERROR_TEXTS[status] for status in (401, 403, 404, 429, 503)},
        "416": "The file has no such part",
        "502": "The messenger does not give this file (any more)",
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    document["paths"][_PATH] = {
        "get": {
            "operationId": "get_api_v1_messages_id_attachments_number",
            "summary": "A file of a message",
            "description": f"Scope: `{Scope.INBOX}`. The type is told from the bytes.",
            "tags": ["conversations"],
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in ("id", "number")
            ],
            "responses": {
                "200": {
                    "description": "Its bytes",
                    "content": {"application/octet-stream": binary},
                },
                "206": {
                    "description": "The part that the header Range asks for",
                    "content": {"application/octet-stream": binary},
                },
                "302": {"description": "The file is at a URL of its own"},
                **{
                    status: {"description": text, "content": {"application/json": reference}}
                    for status, text in errors.items()
                },
            },
        }
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise not_found("attachment")
    return int(text)
