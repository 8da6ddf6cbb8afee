"""The hidden word of a button, there and back. Whoever presses may forge it."""

import json
from typing import Any, Final

from bots.fields import Fields, hint, object_of

MOST: Final = 255
_KEY = "press"
_MOST_READ = 1000
_MOST_VALUE = 256


def payload_of(value: str) -> str:
    """The payload of a button of ours: JSON, as VK wants it."""
    return json.dumps({_KEY: value}, separators=(",", ":"))


def pressed_value(fields: Fields) -> str:
    """The value of the button of ours that this payload belongs to, else ""."""
    return hint(_payload(fields), _KEY, _MOST_VALUE)


def is_start(message: Fields) -> bool:
    """Whether VK's own Start button wrote this message."""
    return _payload(message).get("command") == "start"


def _payload(fields: Fields) -> dict[str, Any]:
    """Documented as a string of JSON; that of a press comes as the object itself."""
    payload = fields.get("payload")
    if type(payload) is str and len(payload) <= _MOST_READ:
        try:
            return object_of(payload.encode())
        except (ValueError, RecursionError):
            return {}
    return payload if type(payload) is dict else {}
