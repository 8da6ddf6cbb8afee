"""What every test may ask for: a fresh database, on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.async_api import Browser, async_playwright

from tests.databases import Databases, NoPostgresql, copy_sqlite, migrate, postgresql_server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
LOUD = "NOT TESTED"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with today's tables and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    path.touch()
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[Databases]:
    """A running server with a prepared template. Skips, or fails where it is demanded."""
    with ExitStack() as held:
        try:
            url = held.enter_context(postgresql_server())
        except NoPostgresql as error:
            go_without("POSTGRES", f"{LOUD} ON POSTGRESQL: {error}")
        databases = Databases(url, prepare=migrate)
        held.callback(databases.close)
        databases.open()
        yield databases


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a fresh SQLite database with all tables."""
    path = tmp_path / "parley.db"
    copy_sqlite(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_databases: Databases) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with all tables."""
    with postgresql_databases.fresh() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with all tables; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A real browser. Skips, or fails where it is demanded."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        reason = "no chromium on this machine (Debian: apt install chromium)"
        go_without("CHROMIUM", f"{LOUD} IN A BROWSER: {reason}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        await browser.close()


def go_without(what: str, reason: str) -> NoReturn:
    if os.environ.get(f"PARLEY_DEMAND_{what}") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line for each thing that was missing, also where other processes missed it."""
    skipped = [one.longrepr for one in terminalreporter.stats.get("skipped", ())]
    for reason in sorted({one[2] for one in skipped if isinstance(one, tuple)}):
        if LOUD in reason:
            terminalreporter.write_line(reason, red=True, bold=True)
