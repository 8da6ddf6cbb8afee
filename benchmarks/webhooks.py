"""From POST to 200: Parley beside what one would write instead, in one run on one machine.

python -m benchmarks.webhooks [--seconds 5] [--connections 64] [--only abcde]
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import uvloop

from benchmarks.rigs.load import Figures, Target, peak, steady
from benchmarks.rigs.parley import start_parley
from benchmarks.rigs.process import SECRET, ServerFailed, cpu_seconds, free_port, rig
from tests.databases import Databases, NoPostgresql, postgresql_server

USERS = 1_000
_HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@dataclass(frozen=True, slots=True)
class Variant:
    """`letter` for --only; the durable ones do the same work and answer after the commit."""

    letter: str
    name: str
    start: Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class Row:
    """`cpu` are milliseconds that the server's process computed for one update, at the peak."""

    variant: Variant
    peak: Figures
    half: Figures
    cpu: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default="", help="letters of the variants to run")
    arguments = parser.parse_args()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    rows = []
    failed = False
    for variant in VARIANTS:
        if arguments.only and variant.letter not in arguments.only:
            continue
        try:
            with variant.start() as target:
                rows.append(asyncio.run(measure(variant, target, arguments)))
        except (ServerFailed, NoPostgresql) as error:
            failed = True
            print(f"({variant.letter}) {variant.name}: not measured: {error}", flush=True)
        except ExceptionGroup as errors:
            failed = True
            first = errors.exceptions[0]
            print(f"({variant.letter}) {variant.name}: broke down: {first}", flush=True)
    print_table(rows)
    sys.exit(failed)


async def measure(variant: Variant, target: Target, arguments: argparse.Namespace) -> Row:
    """Warm up, find the peak, then hold half of it."""
    bodies = updates()
    connections, seconds = arguments.connections, arguments.seconds
    warm = await peak(target, bodies, connections, min(seconds, 2.0))
    before = cpu_seconds(target.pid)
    most = await peak(target, bodies, connections, seconds)
    after = cpu_seconds(target.pid)
    half = await steady(target, bodies, connections, seconds, most.per_second / 2)
    acknowledged = sum(run.acknowledged for run in (warm, most, half))
    if target.database and (found := await stored(target.database)) != acknowledged:
        raise SystemExit(f"{variant.name}: {acknowledged} acknowledged and {found} stored")
    print(f"({variant.letter}) {variant.name}: {most.per_second:.0f}/s", flush=True)
    spent = None if before is None or after is None else (after - before) / most.acknowledged
    return Row(variant, most, half, spent and spent * 1000)


async def stored(database_url: str) -> int:
    """How many texts are in the database: what was answered 200 must be there, once."""
    query = "SELECT count(*) FROM messages WHERE direction = 'in'"
    if database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file:
            return int(file.execute(query).fetchone()[0])
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def updates() -> Iterator[bytes]:
    """Texts of a thousand people, each an update of its own."""
    for number in itertools.count(1):
        user = 5_000_000_000 + number % USERS
        yield json.dumps(
            {
                "update_id": number,
                "message": {
                    "message_id": number,
                    "date": 1790000000 + number,
                    "from": {
                        "id": user,
                        "is_bot": False,
                        "first_name": "Анна",
                        "username": f"anna_{user}",
                        "language_code": "ru",
                    },
                    "chat": {"id": user, "type": "private", "first_name": "Анна"},
                    "text": "Очень понравился, спасибо",
                },
            },
            ensure_ascii=False,
        ).encode()


@contextlib.contextmanager
def careless(mode: str) -> Iterator[Target]:
    port = free_port()
    with rig("careless", port, mode) as pid:
        yield Target(f"http://127.0.0.1:{port}/webhook", pid, _HEADERS)


@contextlib.contextmanager
def per_update(database_url: str) -> Iterator[Target]:
    port = free_port()
    with rig("per_update", port, database_url) as pid:
        yield Target(f"http://127.0.0.1:{port}/webhook", pid, _HEADERS, database_url)


@contextlib.contextmanager
def on_sqlite(start: Callable[[str], AbstractContextManager[Target]]) -> Iterator[Target]:
    with (
        tempfile.TemporaryDirectory() as folder,
        start(f"sqlite:///{Path(folder, 'benchmark.db')}") as target,
    ):
        yield target


@contextlib.contextmanager
def on_postgresql(start: Callable[[str], AbstractContextManager[Target]]) -> Iterator[Target]:
    """A server with its own defaults: fsync and synchronous_commit are on."""
    with postgresql_server(options=()) as server_url:
        databases = Databases(server_url, prepare=lambda _: None)
        try:
            databases.open()
            with databases.fresh() as url, start(url) as target:
                yield target
        finally:
            databases.close()


VARIANTS = (
    Variant("a", "aiogram's handler, stores nothing, answers after", lambda: careless("inline")),
    Variant(
        "A", "aiogram's handler, stores nothing, answers first", lambda: careless("background")
    ),
    Variant("b", "aiogram + SQLAlchemy per update, SQLite", lambda: on_sqlite(per_update)),
    Variant("c", "aiogram + SQLAlchemy per update, PostgreSQL", lambda: on_postgresql(per_update)),
    Variant("d", "Parley, SQLite", lambda: on_sqlite(start_parley)),
    Variant("e", "Parley, PostgreSQL", lambda: on_postgresql(start_parley)),
)
_BESIDE = {"d": "b", "e": "c"}


def print_table(rows: list[Row]) -> None:
    by_letter = {row.variant.letter: row for row in rows}
    print(f"\n{os.cpu_count()} cores; p50 and p99 in ms at half of the peak")
    print("CPU ms: what the server's process (not the database's) computed per update, at the peak")
    print(
        f"{'variant':<56}{'updates/s':>10}{'p50':>8}{'p99':>8}"
        f"{'× (a)':>8}{'× same db':>11}{'CPU ms':>8}"
    )
    for row in rows:
        letter = row.variant.letter
        beside = by_letter.get(_BESIDE.get(letter, ""))
        print(
            f"({letter}) {row.variant.name:<52}{row.peak.per_second:>10.0f}"
            f"{row.half.percentile(50):>8.1f}{row.half.percentile(99):>8.1f}"
            f"{_ratio(row, by_letter.get('a')):>8}{_ratio(row, beside):>11}"
            f"{'–' if row.cpu is None else f'{row.cpu:.2f}':>8}"
        )


def _ratio(row: Row, other: Row | None) -> str:
    return f"{row.peak.per_second / other.peak.per_second:.2f}" if other else "–"


if __name__ == "__main__":
    main()
