"""What is wrong with a flow, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    """It works, though not as well as it could."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1. `key` is the path to the place: `steps.hello.next[0].to`."""

    file: str
    line: int
    key: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file or 'flow'}:{self.line}"
        said = f"{self.key}: {self.message}" if self.key else self.message
        return f"{place}: {self.severity}: {said}"


class FlowProblems(ValueError):
    """A flow file that cannot be used; `problems` are all of its problems, in order of lines."""

    code = "flow_problems"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.key)))
        super().__init__("\n".join(map(str, self.problems)))


class Unsound(ValueError):
    """A template or an expression cannot be used. `line` counts from 1 inside of it."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def key_of(path: Iterable[str | int]) -> str:
    """The path as people read it."""
    key = ""
    for part in path:
        if isinstance(part, int):
            key += f"[{part}]"
        else:
            key += f".{part}" if key else part
    return key
