"""Checks of an inline keyboard, the only kind that dialogs of MAX have."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.max.call import text_in
from sandbox.max.errors import ApiError, invalid
from sandbox.values import Json

MOST_BUTTONS: Final = 210
MOST_ROWS: Final = 30
MOST_COLUMNS: Final = 7
# A row that holds one of these is a short one.
MOST_WIDE_COLUMNS: Final = 3
_WIDE: Final = {"link", "open_app", "request_geo_location", "request_contact"}
MOST_LABEL: Final = 128
MOST_PAYLOAD: Final = 1024
MOST_URL: Final = 2048
LOCAL: Final = {"localhost", "127.0.0.1", "::1"}


def check_keyboard(payload: object, *, local: bool) -> list[list[Json]]:
    """The rows as given; `local` lets links lead to this machine. Raises ApiError."""
    rows = payload.get("buttons") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise _wrong("buttons is an array of rows")
    if len(rows) > MOST_ROWS:
        raise _wrong(f"at most {MOST_ROWS} rows")
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise _wrong(f"at most {MOST_BUTTONS} buttons")
    for row in rows:
        _check_row(row, local)
    return rows


def check_url(url: str, *, local: bool) -> str:
    """A web address. Raises ApiError."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise invalid("url: is no address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in url:
        raise invalid("url: must begin with http:// or https://")
    if parts.hostname in LOCAL and not local:
        raise invalid("url: the host is not public")
    return url


def _check_row(row: list[Any], local: bool) -> None:
    for button in row:
        if not isinstance(button, dict):
            raise _wrong("a button is an object")
        _check_button(button, local)
    is_wide = any(button["type"] in _WIDE for button in row)
    most = MOST_WIDE_COLUMNS if is_wide else MOST_COLUMNS
    if not 1 <= len(row) <= most:
        raise _wrong(f"this row has 1 to {most} buttons")


def _check_button(button: Json, local: bool) -> None:
    if not text_in(button, "text", MOST_LABEL):
        raise _wrong(f"text of a button has 1 to {MOST_LABEL} characters")
    match button.get("type"):
        case "callback" | "clipboard":
            if not text_in(button, "payload", MOST_PAYLOAD):
                raise _wrong(f"payload of this button has 1 to {MOST_PAYLOAD} characters")
        case "link":
            check_url(text_in(button, "url", MOST_URL) or "", local=local)
        case "request_geo_location":
            if not isinstance(button.get("quick", False), bool):
                raise _wrong("quick is true or false")
        case "open_app":
            if not text_in(button, "web_app", MOST_URL):
                raise _wrong("open_app has a web_app")
        case "request_contact" | "message":
            pass
        case kind:
            raise _wrong(f"unknown type of button: {str(kind)[:40]}")


def _wrong(words: str) -> ApiError:
    return invalid(f"inline_keyboard: {words}")
