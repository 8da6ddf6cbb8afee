"""Buttons → Viber's keyboard, a grid of six columns; and back, which button a text came from.

Viber brings a press as an ordinary message whose text is the button's ActionBody.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never

from bots.keyboard import rows_of
from bots.viber.limits import LIMITS
from core.content import AskContactButton, AskLocationButton, Button, PressButton, UrlButton

Key: TypeAlias = dict[str, str | int | bool]
Keyboard: TypeAlias = dict[str, str | bool | list[Key]]
START: Final = "parley/start"
"""The ActionBody of the button that starts."""
SILENT_VERSION: Final = 4
"""The first version of Viber's clients that can keep a pressed value out of the chat."""
_ASKING_VERSION = 3
_COLUMNS = 6
_MOST_ROWS = 12
# Nobody types this by chance; the values are ours, so the rest cannot be a word of STOP.
_PRESS = "parley:"
_PRESSED = re.compile(rf"{_PRESS}([A-Za-z0-9._-]{{1,64}})")


def keyboard_of(buttons: Sequence[Button]) -> Keyboard:
    """Rows of one, two or three, each of them filling the grid."""
    return _keyboard(
        [
            {"Columns": _COLUMNS // len(row), "Rows": 1, "Text": button.label, **_action(button)}
            for row in rows_of(buttons, LIMITS.buttons_in_row, _MOST_ROWS)
            for button in row
        ]
    )


def start_keyboard(label: str) -> Keyboard:
    """The one button of a welcome."""
    return _keyboard([{"Columns": _COLUMNS, "Rows": 1, "Text": label, **_reply(START)}])


def version_for(buttons: Sequence[Button]) -> int:
    """The oldest version of Viber's clients that shows these buttons as they are meant.

    Who has an older one does not get the message at all: no more is asked than is needed.
    """
    return max((_version(button) for button in buttons), default=1)


def value_of(text: str) -> str | None:
    """The value of the button whose ActionBody this text is, None for any other text."""
    found = _PRESSED.fullmatch(text)
    return found[1] if found else None


def _keyboard(keys: list[Key]) -> Keyboard:
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": keys}


def _action(button: Button) -> Key:
    match button:
        case PressButton(_, value):
            return _reply(_PRESS + value)
        case UrlButton(_, url):
            return {"ActionType": "open-url", "ActionBody": url}
        case AskContactButton():
            return {"ActionType": "share-phone", "ActionBody": "phone"}
        case AskLocationButton():
            return {"ActionType": "location-picker", "ActionBody": "location"}
        case _:
            assert_never(button)


def _reply(action: str) -> Key:
    return {"ActionType": "reply", "ActionBody": action, "Silent": True}


def _version(button: Button) -> int:
    match button:
        case PressButton():
            return SILENT_VERSION
        case AskContactButton() | AskLocationButton():
            return _ASKING_VERSION
        case UrlButton():
            return 1
        case _:
            assert_never(button)
