"""How buttons stand side by side."""

from collections.abc import Sequence
from typing import Final

from core.content import Button

_ROW_WIDTH: Final = 32
"""Signs that a phone shows in one row of buttons, their borders counted as two signs each."""


def rows_of(
    buttons: Sequence[Button], most_in_row: int, most_rows: int = 100
) -> list[Sequence[Button]]:
    """Rows of even length, as many in each as the longest label leaves room for.

    Messengers give all buttons of a row the same width: 1 to 5 fit side by side, sentences do not.
    Where there would be more than `most_rows`, labels are rather cut by the phone.
    """
    if not buttons:
        return []
    widest = max(len(button.label) for button in buttons) + 2
    in_row = min(max(_ROW_WIDTH // widest, 1), most_in_row)
    rows = min(-(-len(buttons) // in_row), most_rows)
    in_row = -(-len(buttons) // rows)
    return [buttons[start : start + in_row] for start in range(0, len(buttons), in_row)]
