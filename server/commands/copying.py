"""parley export, parley import: the whole database, in or out."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from server.commands.loop import run_async
from server.commands.opened import opened
from server.commands.terminal import Refused, load, say
from server.config import Config
from storage.copying import NotCopied, lines, take
from storage.errors import BadData, WrongSchema
from storage.open import open_database


def export(file: Path, place: Path | None) -> None:
    """Write everything to a file that is not there yet, or to stdout. Raises Refused."""
    config = load(file)
    if place is None:
        many = run_async(_export(config, sys.stdout))
    else:
        try:
            with open(place, "x", encoding="utf-8", opener=_for_us_alone) as out:
                many = run_async(_export(config, out))
        except FileExistsError as error:
            raise Refused(f"{place} is there already; name another file") from error
    say(f"{many} rows. It holds people's data and digests of passwords: keep it like the database.")


def _for_us_alone(place: str, flags: int) -> int:
    """What it holds is nobody else's to read."""
    return os.open(place, flags, 0o600)


async def _export(config: Config, out: TextIO) -> int:
    many = -1  # The first line is no row.
    async with opened(config) as here, here.database.read() as tx:
        async for line in lines(tx, here.now()):
            out.write(line + "\n")
            many += 1
    out.flush()
    return many


def import_(file: Path, place: Path | None) -> None:
    """Read everything into an empty database, all of it or nothing. Raises Refused."""
    config = load(file)
    with _reading(place) as given:
        many = run_async(_import(config, given))
    say(f"{many} rows. Files are not among them: copy the media store's folder or bucket too.")


async def _import(config: Config, given: Iterator[str]) -> int:
    try:
        database = await open_database(config.database, migrates=True)
    except WrongSchema as error:
        raise Refused(str(error)) from error
    try:
        async with database.write() as tx:
            return await take(tx, given)
    except NotCopied as error:
        raise Refused(f"nothing was imported: {error}") from error
    except BadData as error:
        raise Refused(f"nothing was imported: the database refused a row: {error}") from error
    finally:
        await database.close()


@contextmanager
def _reading(place: Path | None) -> Iterator[TextIO]:
    if place is None:
        yield sys.stdin
    else:
        with place.open(encoding="utf-8", errors="replace") as given:
            yield given
