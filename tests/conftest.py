"""What every test may ask for: a fresh database, on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import Databases, NoPostgresql, copy_sqlite, migrate, postgresql_server

_absent = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with today's tables and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    path.touch()
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """A running server with a prepared template. Skips, or fails where it is demanded."""
    with ExitStack() as held:
        try:
            url = held.enter_context(postgresql_server())
        except NoPostgresql as error:
            request.config.stash[_absent] = str(error)
            if os.environ.get("PARLEY_DEMAND_POSTGRES") == "1":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
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


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if reason := config.stash.get(_absent, ""):
        terminalreporter.write_line(f"NOT TESTED ON POSTGRESQL: {reason}", red=True, bold=True)
