"""Faults on demand: the next calls fail in a chosen way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from sandbox.values import Json

_MOST_PLANNED = 1000


class FaultKind(StrEnum):
    ANSWER = "answer"
    HANG = "hang"
    CUT = "cut"
    CUT_BEFORE = "cut_before"


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the next `count` calls that fit `method` ("" any) and `chat_id` ("" any).

    answer: the error is answered and nothing done. hang: nothing is done and no answer comes.
    cut: the thing is done, then the connection is closed without an answer. cut_before: the
    connection is closed and nothing done. `error_code` and `description` are the platform's, None
    and "" its plain internal error; an `http_status` stands for a proxy that answers with a page.
    """

    kind: FaultKind
    count: int = 1
    method: str = ""
    chat_id: str = ""
    error_code: int | None = None
    description: str = ""
    parameters: Json | None = None
    http_status: int = 0

    def fits(self, method: str, chat_id: str) -> bool:
        return self.method.lower() in {"", method.lower()} and self.chat_id in {"", chat_id}


class Faults:
    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        if len(self._planned) >= _MOST_PLANNED:
            raise ValueError(f"at most {_MOST_PLANNED} faults can wait")
        self._planned.append(fault)

    def take(self, method: str, chat_id: str, *, only: FaultKind | None = None) -> Fault | None:
        """The first planned fault that fits, used up by one; `only` of one kind."""
        for place, fault in enumerate(self._planned):
            if fault.fits(method, chat_id) and only in {None, fault.kind}:
                if fault.count > 1:
                    self._planned[place] = replace(fault, count=fault.count - 1)
                else:
                    del self._planned[place]
                return fault
        return None

    def clear(self) -> None:
        self._planned.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._planned)
