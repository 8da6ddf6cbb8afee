"""Errors as callers see them: {"error": {"code", "message", "details"}} and the right status."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web


class ApiError(Exception):
    """Only routes raise it. `code` is stable, `message` for people, `details` for programs."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = list(details)
        self.headers = headers or {}

    def response(self) -> web.Response:
        error = {"code": self.code, "message": self.message, "details": self.details}
        return web.json_response(
            {"error": error},
            status=self.status,
            headers={"Cache-Control": "no-store", **self.headers},
        )


def not_found(what: str) -> ApiError:
    return ApiError(404, "not_found", f"there is no such {what}")


def busy() -> ApiError:
    message = "the server cannot take this now; send the same again in a moment"
    return ApiError(503, "unavailable", message, headers={"Retry-After": "2"})
