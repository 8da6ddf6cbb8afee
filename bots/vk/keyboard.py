"""Our buttons as a VK keyboard under the message."""

import json
from collections.abc import Iterator, Sequence
from typing import assert_never

from bots.keyboard import rows_of
from bots.vk.library import Callback, Keyboard, KeyboardButtonColor, OpenLink
from bots.vk.library import Location as AskPlace
from bots.vk.limits import KEYBOARD_ROWS, LIMITS
from bots.vk.payloads import payload_of
from core.content import (
    AskContactButton,
    AskLocationButton,
    Button,
    PressButton,
    UrlButton,
)

NO_KEYBOARD = json.dumps({"buttons": [], "one_time": True})
"""Takes away a keyboard that stands under the input field."""


def keyboard_of(buttons: Sequence[Button]) -> str:
    """The keyboard as JSON; "" without buttons. VK knows no button that shares a phone."""
    shown = [button for button in buttons if not isinstance(button, AskContactButton)]
    if not shown:
        return ""
    keyboard = Keyboard(inline=True)
    for row in _rows(shown):
        keyboard.row()
        for button in row:
            _add(keyboard, button)
    return keyboard.get_json()


def _rows(buttons: Sequence[Button]) -> Iterator[Sequence[Button]]:
    """A button that asks for a place takes a whole row; VK writes its label itself."""
    asking = [button for button in buttons if isinstance(button, AskLocationButton)]
    others = [button for button in buttons if not isinstance(button, AskLocationButton)]
    yield from rows_of(others, LIMITS.buttons_in_row, KEYBOARD_ROWS - len(asking))
    for button in asking:
        yield [button]


def _add(keyboard: Keyboard, button: Button) -> None:
    match button:
        case PressButton(label, value):
            # Not a button of type `text`: that one writes its label into the chat as if typed.
            keyboard.add(Callback(label, payload_of(value)), KeyboardButtonColor.SECONDARY)
        case UrlButton(label, url):
            keyboard.add(OpenLink(url, label))
        case AskLocationButton():
            keyboard.add(AskPlace())
        case AskContactButton():
            raise AssertionError("left out above")
        case _:
            assert_never(button)
