"""parley db."""

from pathlib import Path

from server.commands.loop import run_async
from server.commands.opened import opened
from server.commands.terminal import load, say
from server.config import Config


def upgrade(file: Path) -> None:
    """Bring the database up to this version. Doing it twice is harmless. Raises Refused."""
    run_async(_open(load(file), migrates=True))
    say("the database is at this Parley's version")


def status(file: Path) -> None:
    """Raises Refused, with the command to run, where the database is of another version."""
    run_async(_open(load(file), migrates=False))
    say("the database is at this Parley's version")


async def _open(config: Config, *, migrates: bool) -> None:
    async with opened(config, migrates=migrates):
        pass
