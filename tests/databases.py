"""Databases to test on: a fresh one for each test, of either kind.

PostgreSQL is the server that PARLEY_TEST_DATABASE names, or one started here from installed
binaries: in a folder of its own, on a free port, as an unprivileged user, ended with us.
"""

import asyncio
import contextlib
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.ports import free_port

FOLDER = "parley-postgresql-"
QUICK = ("fsync=off", "full_page_writes=off")
"""For tests: what a power cut would lose is of no interest."""
_START_SECONDS = 30.0


class NoPostgresql(Exception):
    """Nothing to test with; the text says what to install or to set."""


@contextlib.contextmanager
def postgresql_server(options: tuple[str, ...] = QUICK) -> Iterator[str]:
    """The URL of a server's maintenance database; `options` go to a server started here."""
    if url := os.environ.get("PARLEY_TEST_DATABASE"):
        yield url
        return
    binaries = _binaries()
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-"))
    try:
        with _running(binaries, folder, options) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of the newest initdb and postgres."""

    def version(folder: Path) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", str(folder)))

    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgresql(
        "no PostgreSQL: install one (Debian: apt install postgresql) "
        "or set PARLEY_TEST_DATABASE=postgresql://user:password@host/postgres"
    )


def _sweep() -> None:
    """Remove what a killed run left; a server without its folder ends by itself in a minute."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        owner = folder.name.removeprefix(FOLDER).split("-")[0]
        if not (owner.isdigit() and Path("/proc", owner).exists()) and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _user() -> dict[str, Any]:
    """Who runs the server: we, or somebody unprivileged, since initdb refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoPostgresql("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, options: tuple[str, ...]) -> Iterator[str]:
    user = _user()
    if user:
        os.chown(folder, user["user"], user["group"])
    data = folder / "data"
    made = subprocess.run(
        [
            *(binaries / "initdb", "-D", data, "--username=parley", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **user,
    )
    if made.returncode:
        raise NoPostgresql(f"initdb failed: {made.stderr.strip()[-300:]}")
    for _ in range(3):
        # Between looking for a free port and taking it somebody else may have taken it.
        port = free_port()
        with _process(binaries, folder, port, options, user) as server:
            if _answers(server, port):
                yield f"postgresql://parley@127.0.0.1:{port}/postgres"
                return
    raise NoPostgresql(f"PostgreSQL does not start: {(folder / 'log').read_text()[-300:]}")


@contextlib.contextmanager
def _process(
    binaries: Path, folder: Path, port: int, options: tuple[str, ...], user: dict[str, Any]
) -> Iterator[subprocess.Popen[bytes]]:
    settings = (
        *options,
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        f"port={port}",
        "max_connections=200",
    )
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data"]
    for setting in settings:
        command += ["-c", setting]
    if setpriv := shutil.which("setpriv"):
        # The kernel ends the server when we are killed and cannot.
        command = [setpriv, "--pdeathsig", "INT", *command]
    with (
        open(folder / "log", "ab") as log,
        subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user
        ) as server,
    ):
        try:
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    async def ask() -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user="parley", database="postgres", timeout=5
        )
        await connection.close()

    until = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            _run(ask())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            time.sleep(0.05)
        else:
            return True
    return False


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Like asyncio.run, but leaves the current event loop as it is."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


@dataclass(slots=True)
class Databases:
    """Copies of one prepared database on a server; each is nobody else's."""

    server_url: str
    prepare: Callable[[str], None]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _prefix: str = field(default_factory=lambda: f"parley_test_{os.getpid()}")
    _connection: "asyncpg.Connection[Any] | None" = None

    def open(self) -> None:
        """Make the template that every database is a copy of."""
        self._connection = self._loop.run_until_complete(
            asyncpg.connect(self.server_url, timeout=10)
        )
        self._execute(f'DROP DATABASE IF EXISTS "{self._prefix}_template"')
        self._execute(f'CREATE DATABASE "{self._prefix}_template" TEMPLATE template0')
        self.prepare(self._url(f"{self._prefix}_template"))

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a new database, dropped afterwards, whoever is still connected."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._prefix}_template"')
        try:
            yield self._url(name)
        finally:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        if self._connection is not None:
            self._execute(f'DROP DATABASE IF EXISTS "{self._prefix}_template" WITH (FORCE)')
            self._loop.run_until_complete(self._connection.close(timeout=10))
        self._loop.close()

    def _execute(self, statement: str) -> None:
        assert self._connection is not None
        self._loop.run_until_complete(self._connection.execute(statement, timeout=60))

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))


def migrate(url: str) -> None:
    """Bring an empty database to the tables of today."""
    from storage import open as storage_open

    _run(storage_open.migrate(url))


def copy_sqlite(template: Path, target: Path) -> None:
    """Copy a closed SQLite database, and the log beside it where one was left."""
    for suffix in ("", "-wal"):
        source = template.with_name(template.name + suffix)
        if source.exists():
            shutil.copyfile(source, target.with_name(target.name + suffix))
