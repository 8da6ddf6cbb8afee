"""Errors of the bot API: an HTTP status, a code for programs and words for people."""

from __future__ import annotations

from typing import Final

# The code that goes with a status, where a call fails in no more particular way. The sheet of the
# platform names no codes for 405, 415 and above 499; these are the double's own.
CODES: Final = {
    400: "proto.payload",
    401: "verify.token",
    403: "chat.denied",
    404: "not.found",
    405: "method.not.allowed",
    413: "too.large",
    415: "unsupported.media.type",
    429: "too.many.requests",
    500: "internal.error",
    502: "bad.gateway",
    503: "service.unavailable",
    504: "gateway.timeout",
}
SUSPENDED: Final = "error.dialog.suspended"


class ApiError(Exception):
    """A call is refused; becomes {"code", "message"} with its status."""

    def __init__(self, status: int, words: str, code: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.code = code or CODES[status]


def invalid(words: str) -> ApiError:
    """The body or the query is wrong; to send it again is useless."""
    return ApiError(400, words)


def not_found(words: str) -> ApiError:
    return ApiError(404, words)


def no_chat() -> ApiError:
    """The person never started the bot, or is gone."""
    return ApiError(404, "Chat not found", "chat.not.found")


def suspended() -> ApiError:
    """The person stopped the bot."""
    return ApiError(403, f"Key: {SUSPENDED}")


def too_many() -> ApiError:
    """Too fast, in all or in one chat; the platform does not tell for how long."""
    return ApiError(429, "Too many requests")


def not_ready() -> ApiError:
    words = "Key: errors.process.attachment.file.not.processed"
    return ApiError(400, words, "attachment.not.ready")
