"""Reading what VK's servers answer; pure."""

import json
from typing import Any

from bots.vk.errors import Refusal


def object_in(body: bytes) -> dict[str, Any] | None:
    """The JSON object of an answer, None where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def refusal_in(error: Any) -> Refusal | None:
    """The refusal that this object tells, in either of VK's ways of writing it.

    A whole answer and `execute_errors` say error_code and error_msg, a receiver's row says code
    and description, the code now as a number and now as a string.
    """
    if not isinstance(error, dict):
        return None
    code = error.get("error_code", error.get("code"))
    text = str(error.get("error_msg", error.get("description", "")))[:300]
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 6:
        code = int(code)
    return Refusal(code, text) if type(code) is int else None
