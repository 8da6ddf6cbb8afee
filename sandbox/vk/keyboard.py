"""Checks of `keyboard`, as dev.vk.com documents it; whatever is wrong is error 911."""

from __future__ import annotations

import json
from typing import Final

from sandbox.values import Json
from sandbox.vk.errors import ApiError

MOST_LABEL: Final = 40
MOST_PAYLOAD: Final = 255
_MOST_COLUMNS: Final = 5
# Rows and buttons in all, below the dialogue and inside a message.
_MOST_BELOW: Final = (10, 40)
_MOST_INLINE: Final = (6, 10)
_COLOURED: Final = {"text", "callback"}
_LABELLED: Final = {"text", "callback", "open_link", "open_app"}
_KINDS: Final = _LABELLED | {"location", "vkpay"}
_COLOURS: Final = {"primary", "secondary", "positive", "negative"}


def check_keyboard(value: object) -> Json:
    """The keyboard as given. Raises ApiError 911."""
    if not isinstance(value, dict):
        raise _wrong("object expected")
    rows = value.get("buttons")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _wrong("buttons is an array of arrays")
    inline = value.get("inline", False)
    if inline and value.get("one_time"):
        raise _wrong("an inline keyboard cannot be one_time")
    most_rows, most_buttons = _MOST_INLINE if inline else _MOST_BELOW
    if len(rows) > most_rows:
        raise _wrong(f"too many rows, at most {most_rows}")
    if sum(map(len, rows)) > most_buttons:
        raise _wrong(f"too many buttons, at most {most_buttons}")
    if any(not 1 <= len(row) <= _MOST_COLUMNS for row in rows):
        raise _wrong(f"a row has 1 to {_MOST_COLUMNS} buttons")
    for row in rows:
        for button in row:
            check_button(button)
    return value


def check_button(button: object) -> None:
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(button, dict) or not isinstance(action, dict):
        raise _wrong("a button has an action")
    kind = action.get("type")
    if kind not in _KINDS:
        raise _wrong("unknown type of button")
    _check_payload(action.get("payload", ""))
    if kind in _LABELLED:
        label = action.get("label")
        if not isinstance(label, str) or not 1 <= len(label) <= MOST_LABEL:
            raise _wrong(f"a label has 1 to {MOST_LABEL} characters")
    if kind == "open_link" and not str(action.get("link", "")).startswith(("http://", "https://")):
        raise _wrong("open_link has a link")
    if "color" in button and (kind not in _COLOURED or button["color"] not in _COLOURS):
        raise _wrong("this button cannot have this color")


def _check_payload(payload: object) -> None:
    if isinstance(payload, dict | list):
        payload = json.dumps(payload, ensure_ascii=False)
    if not isinstance(payload, str) or len(payload) > MOST_PAYLOAD:
        raise _wrong(f"a payload is JSON of at most {MOST_PAYLOAD} characters")
    try:
        json.loads(payload or "{}")
    except (ValueError, RecursionError):
        raise _wrong("a payload is JSON") from None


def _wrong(words: str) -> ApiError:
    return ApiError(911, words)
