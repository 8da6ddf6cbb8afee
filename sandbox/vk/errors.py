"""Errors in the words of the VK schema 5.199; they ride in HTTP 200."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed: invalid access_token (4).",
    6: "Too many requests per second",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    12: "Unable to compile code",
    13: "Runtime error occurred during code invocation",
    14: "Captcha needed",
    15: "Access denied",
    18: "User was deleted or banned",
    27: "Group authorization failed",
    29: "Rate limit reached",
    100: "One of the parameters specified was missing or invalid",
    104: "Not found",
    113: "Invalid user id",
    900: "Can't send messages for users from blacklist",
    901: "Can't send messages for users without permission",
    909: "Can't edit this message, because it's too old",
    911: "Keyboard format is invalid",
    914: "Message is too long",
    917: "You don't have access to this chat",
    920: "Can't edit this kind of message",
    924: "Can't delete this message for everybody",
    936: "Contact not found",
    943: "Cannot use this intent",
    2000: "Servers number limit is reached",
}


class ApiError(Exception):
    """A call is refused; becomes the platform's error object."""

    def __init__(self, code: int, more: str = "") -> None:
        words = WORDS.get(code, "Unknown error occurred")
        super().__init__(f"{words}: {more}" if more else words)
        self.code = code


def invalid(more: str) -> ApiError:
    return ApiError(100, more)
