"""Checks of `keyboard` and of a carousel (`rich_media`): buttons in a grid of cells.

The REST docs: a keyboard is 6 columns wide and up to 24 rows high, and a button fills 1-6 columns
and 1-2 rows; a carousel shows groups of up to 6 columns and 7 rows side by side. Share-phone and
location-picker need min_api_version 3, Silent and InputFieldState 4, a carousel 2.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.values import Json
from sandbox.viber.errors import ApiError, bad, missing

COLUMNS: Final = 6
_MOST_ROWS: Final = 24
_MOST_GROUP_ROWS: Final = 7
_MOST_GROUPS: Final = 6
_MOST_BUTTON_TEXT: Final = 250
_ACTIONS: Final = {"reply", "open-url", "share-phone", "location-picker", "none"}
_CHOICES: Final = {
    "TextSize": {"small", "regular", "large"},
    "TextHAlign": {"left", "center", "right"},
    "TextVAlign": {"top", "middle", "bottom"},
}
_SCHEMES: Final = {"http", "https", "viber", "tel", "mailto"}
_STATES: Final = {"regular", "minimized", "hidden"}


def check_keyboard(value: object, version: int) -> Json:
    """The keyboard as given. Raises ApiError."""
    if not isinstance(value, dict):
        raise bad("keyboard is an object")
    if value.get("Type") != "keyboard":
        raise bad('keyboard has Type "keyboard"')
    buttons = _buttons_of(value, _MOST_ROWS * COLUMNS)
    for each in buttons:
        _check_button(each, (COLUMNS, 2), version)
    if _height(value) > _MOST_ROWS:
        raise bad(f"a keyboard has at most {_MOST_ROWS} rows")
    if "InputFieldState" in value:
        _choice(value, "InputFieldState", _STATES)
        _need(version, 4, "InputFieldState")
    return value


def check_rich_media(value: object, version: int) -> Json:
    """The carousel as given. Raises ApiError."""
    if value is None:
        raise missing("rich_media")
    if not isinstance(value, dict) or value.get("Type") != "rich_media":
        raise bad('rich_media is an object of Type "rich_media"')
    _need(version, 2, "rich_media")
    columns, rows = _whole(value)
    for each in _buttons_of(value, _MOST_GROUPS * columns * rows):
        _check_button(each, (columns, rows), version)
        if each.get("ActionType") == "location-picker":
            raise bad("location-picker stands in keyboards only")
    if _height(value) > _MOST_GROUPS * rows:
        raise bad(f"rich_media has at most {_MOST_GROUPS} groups of buttons")
    return value


def grid(value: Json) -> list[list[Json]]:
    """The buttons of a checked keyboard or carousel in rows, by their upper edge."""
    rows: dict[int, dict[int, Json]] = {}
    for (row, column), button in zip(_places(value), value.get("Buttons", []), strict=True):
        rows.setdefault(row, {})[column] = button
    return [[each[column] for column in sorted(each)] for _, each in sorted(rows.items())]


def _places(value: Json) -> list[tuple[int, int]]:
    """Row and column of each button's upper left cell: the first place where it fits."""
    width, _ = _whole(value)
    taken: set[tuple[int, int]] = set()
    places = []
    for button in value.get("Buttons", []):
        columns, rows = _size(value, button)
        anywhere = ((row, column) for row in count() for column in range(width - columns + 1))
        for place in anywhere:
            cells = {(place[0] + y, place[1] + x) for y in range(rows) for x in range(columns)}
            if taken.isdisjoint(cells):
                taken |= cells
                places.append(place)
                break
    return places


def _height(value: Json) -> int:
    pairs = zip(_places(value), value["Buttons"], strict=True)
    return max(row + _size(value, button)[1] for (row, _), button in pairs)


def _size(value: Json, button: Json) -> tuple[int, int]:
    columns, rows = _whole(value)
    return int(button.get("Columns", columns)), int(button.get("Rows", rows))


def _whole(value: Json) -> tuple[int, int]:
    """Columns and rows of a button that tells none: one line, or a carousel's whole group."""
    if value.get("Type") != "rich_media":
        return COLUMNS, 1
    columns = _number(value, "ButtonsGroupColumns", COLUMNS, COLUMNS)
    return columns, _number(value, "ButtonsGroupRows", _MOST_GROUP_ROWS, _MOST_GROUP_ROWS)


def _buttons_of(value: Json, most: int) -> list[Any]:
    buttons = value.get("Buttons")
    if buttons is None:
        raise missing("Buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise bad(f"Buttons is an array of 1 to {most}")
    return buttons


def _check_button(button: object, most: tuple[int, int], version: int) -> None:
    if not isinstance(button, dict):
        raise bad("a button is an object")
    _number(button, "Columns", most[0], most[0])
    _number(button, "Rows", 1, most[1])
    _check_action(button, version)
    text = button.get("Text", "")
    if not isinstance(text, str) or len(text) > _MOST_BUTTON_TEXT:
        raise bad(f"Text of a button has at most {_MOST_BUTTON_TEXT} characters")
    for name, choices in _CHOICES.items():
        if name in button:
            _choice(button, name, choices)
    if not isinstance(button.get("Silent", False), bool):
        raise bad("Silent is true or false")
    if button.get("Silent"):
        _need(version, 4, "Silent")


def _check_action(button: Json, version: int) -> None:
    if "ActionType" in button:
        _choice(button, "ActionType", _ACTIONS)
    action, body = button.get("ActionType", "reply"), button.get("ActionBody", "")
    if not isinstance(body, str):
        raise bad("ActionBody is text")
    if not body and action != "none":
        # Also those that share something: the docs ask for any text there.
        raise missing("ActionBody")
    if action == "open-url" and not _is_address(body):
        raise bad("ActionBody of open-url is an address")
    if action in {"share-phone", "location-picker"}:
        _need(version, 3, action)


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in _SCHEMES
    except ValueError:
        return False


def _choice(value: Json, name: str, choices: set[str]) -> None:
    if not isinstance(value[name], str) or value[name] not in choices:
        raise bad(f"{name} is one of {', '.join(sorted(choices))}")


def _number(value: Json, name: str, otherwise: int, most: int) -> int:
    number = value.get(name, otherwise)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise bad(f"{name} is from 1 to {most}")
    return number


def _need(version: int, needed: int, what: str) -> None:
    if version < needed:
        raise ApiError(14, f"{what} needs min_api_version {needed}")
