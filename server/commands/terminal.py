"""How commands speak: what a script reads to stdout, what a person reads to stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import NoReturn

from server.config import Config
from server.config_read import BadConfig, read_config

_INTERRUPTED = 130


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


@contextmanager
def guard() -> Iterator[None]:
    """Around a whole command: what a person could cause ends in words, never in a traceback."""
    try:
        yield
    except (Refused, BadConfig) as error:
        give_up(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        give_up("stopped", _INTERRUPTED)
    except OSError as error:
        give_up(f"{error.filename or 'the system'}: {error.strerror or error}")


def load(file: Path) -> Config:
    """The configuration. Raises BadConfig with all that is wrong with it."""
    return read_config(file)


def table(rows: list[tuple[str, ...]]) -> None:
    """Rows for scripts: one a line, tabs between; control characters would break both."""
    for row in rows:
        out("\t".join("".join(c if c.isprintable() else " " for c in cell) for cell in row))


def ask_secret(question: str) -> str:
    """A secret typed without an echo, or the first line of a pipe. Raises Refused for none."""
    if sys.stdin is not None and sys.stdin.isatty():
        try:
            answer = getpass(f"{question}: ", stream=sys.stderr)
        except EOFError:
            answer = ""
    else:
        answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer.strip():
        raise Refused(f"{question}: nothing was given")
    return answer.strip()
