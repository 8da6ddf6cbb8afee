"""The value behind a flow's button: which session, which question of it, which option."""

import string
from dataclasses import dataclass

from core.content import PressButton
from core.ids import SessionId
from flows.session import Session

_DIGITS = string.digits + string.ascii_lowercase
_PREFIX = "f"


@dataclass(frozen=True, slots=True)
class FlowButton:
    session: SessionId
    generation: int
    option: int


def encode(button: FlowButton) -> str:
    """At most 30 ASCII characters, so that it fits every messenger."""
    numbers = (button.session, button.generation, button.option)
    return ".".join((_PREFIX, *map(_base36, numbers)))


def option_buttons(session: Session) -> tuple[PressButton, ...]:
    """The buttons of the question that this session asks."""
    return tuple(
        PressButton(option.label, encode(FlowButton(session.id, session.generation, index)))
        for index, option in enumerate(session.options)
    )


def decode(value: str) -> FlowButton | None:
    """None for anything that is not a flow's button; the value may be forged."""
    parts = value.split(".")
    if len(value) > 48 or len(parts) != 4 or parts[0] != _PREFIX:
        return None
    try:
        session, generation, option = (int(part, 36) for part in parts[1:])
    except ValueError:
        return None
    if min(session, generation, option) < 0 or max(session, generation) >= 2**63:
        return None
    return FlowButton(SessionId(session), generation, option)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
