import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.inbox.office import Office, open_office

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
_absent = pytest.StashKey[str]()


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as office:
        yield office


@pytest.fixture
async def sqlite_office(sqlite_url: str) -> AsyncIterator[Office]:
    """For what has nothing to do with the kind of database."""
    async with open_office(sqlite_url) as office:
        yield office


@pytest.fixture
async def chromium(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """A real browser. Skips, or fails where it is demanded."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        reason = "no chromium on this machine (Debian: apt install chromium)"
        request.config.stash[_absent] = reason
        if os.environ.get("PARLEY_DEMAND_CHROMIUM") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        await browser.close()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if reason := config.stash.get(_absent, ""):
        terminalreporter.write_line(f"NOT TESTED IN A BROWSER: {reason}", red=True, bold=True)
