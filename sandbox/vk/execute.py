"""execute: enough of VKScript for one expression of literals and calls of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from sandbox.values import Json
from sandbox.vk.errors import ApiError

MOST_CALLS: Final = 25
_MOST_CODE: Final = 64 * 1024
_MOST_DEPTH: Final = 20
_WORD = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>[\[\]{}():,;.]))",
    re.DOTALL,
)
_NAMED: Final = {"true": True, "false": False, "null": None}
Run = Callable[[str, dict[str, str]], Awaitable[Any]]


async def execute(code: str, run: Run) -> Json:
    """`response`, and `execute_errors` when calls failed: those give false where they stand.

    Raises: ApiError 12 for code that cannot be read, 13 for too many calls.
    """
    script = _Script(code, run)
    response = await script.value_of_return()
    errors = script.errors
    return {"response": response, **({"execute_errors": errors} if errors else {})}


class _Script:
    """Reads and runs in one go: `return <expression>;` and nothing else."""

    def __init__(self, code: str, run: Run) -> None:
        if len(code) > _MOST_CODE:
            raise ApiError(12, "the code is too long")
        self._words = list(_words(code))
        self._place = 0
        self._run = run
        self._calls = 0
        self.errors: list[Json] = []

    async def value_of_return(self) -> Any:
        self._expect("return")
        value = await self._value(0)
        if self._next() == ";":
            self._expect(";")
        if self._place < len(self._words):
            raise self._unreadable()
        return value

    async def _value(self, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise ApiError(12, "the code is nested too deeply")
        word = self._take()
        if word == "[":
            return await self._list(depth)
        if word == "{":
            return await self._object(depth)
        if word == "API":
            return await self._call(depth)
        if word in _NAMED:
            return _NAMED[word]
        if word[:1] == '"' or word[:1] == "-" or word[:1].isdigit():
            try:
                return json.loads(word, strict=False)
            except ValueError:
                raise self._unreadable() from None
        raise self._unreadable()

    async def _list(self, depth: int) -> list[Any]:
        items = []
        while self._next() != "]":
            items.append(await self._value(depth + 1))
            if self._next() != "]":
                self._expect(",")
        self._expect("]")
        return items

    async def _object(self, depth: int) -> Json:
        found = {}
        while self._next() != "}":
            name = self._take()
            name = json.loads(name, strict=False) if name.startswith('"') else name
            self._expect(":")
            found[name] = await self._value(depth + 1)
            if self._next() != "}":
                self._expect(",")
        self._expect("}")
        return found

    async def _call(self, depth: int) -> Any:
        """API.section.method({…})"""
        self._expect(".")
        section = self._take()
        self._expect(".")
        name = f"{section}.{self._take()}"
        self._expect("(")
        given = {} if self._next() == ")" else await self._value(depth + 1)
        self._expect(")")
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise ApiError(13, "Too many api calls")
        if not isinstance(given, dict):
            raise ApiError(13, "the parameters of a method are an object")
        try:
            return await self._run(name, {key: _as_text(value) for key, value in given.items()})
        except ApiError as error:
            self.errors.append({"method": name, "error_code": error.code, "error_msg": str(error)})
            return False

    def _next(self) -> str:
        return self._words[self._place] if self._place < len(self._words) else ""

    def _take(self) -> str:
        word = self._next()
        if not word:
            raise self._unreadable()
        self._place += 1
        return word

    def _expect(self, word: str) -> None:
        if self._take() != word:
            self._place -= 1
            raise self._unreadable()

    def _unreadable(self) -> ApiError:
        return ApiError(12, f"unexpected word number {self._place + 1}")


def _words(code: str) -> list[str]:
    found, place, code = [], 0, code.rstrip()
    while place < len(code):
        match = _WORD.match(code, place)
        if match is None:
            raise ApiError(12, f"unexpected character at {place}")
        found.append(match[0].strip())
        place = match.end()
    return found


def _as_text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(int(value))
        case None:
            return ""
        case list() if not any(isinstance(each, list | dict) for each in value):
            return ",".join(_as_text(each) for each in value)
        case _:
            return json.dumps(value, ensure_ascii=False)
