"""What can go wrong, told apart by what to do about it."""

from collections.abc import Sequence
from typing import Any


class ParleyError(Exception):
    """Any of them."""


class Unreachable(ParleyError):
    """No good answer after all tries: the server is down, busy or far. Try again later."""


class Refused(ParleyError):
    """The server understood and said no; the same call will be refused again.

    `code` is for programs ("not_found", "invalid_claim", …), the text for people.
    """

    def __init__(self, status: int, code: str, message: str, details: Sequence[Any] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)
