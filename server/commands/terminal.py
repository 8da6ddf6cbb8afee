"""How commands speak: what a script reads to stdout, what a person reads to stderr."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from server.config import Config
from server.config_read import BadConfig, read_config

T = TypeVar("T")


class Refused(Exception):
    """The command cannot be done; the text says what is wrong and what to do."""

    code = "refused"


def out(text: str) -> None:
    """For scripts."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """For people."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def give_up(text: str, code: int = 1) -> NoReturn:
    say(text)
    raise SystemExit(code)


def load(file: Path) -> Config:
    """The configuration, or an exit with all that is wrong with it."""
    try:
        return read_config(file)
    except BadConfig as error:
        give_up(str(error))


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run it on uvloop where that exists."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    except ImportError:  # There is none for Windows.
        return asyncio.new_event_loop
    return factory
