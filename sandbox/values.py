"""Names for the shapes that all parts of the sandbox pass around."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

# JSON as a messenger's API knows it: the double stores and sends what the platform would.
Json = dict[str, Any]
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
