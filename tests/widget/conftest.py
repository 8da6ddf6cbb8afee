from collections.abc import AsyncIterator

import pytest

from tests.widget.stall import Stall, open_stall


@pytest.fixture
async def stall(database_url: str) -> AsyncIterator[Stall]:
    async with open_stall(database_url) as stall:
        yield stall


@pytest.fixture
async def sqlite_stall(sqlite_url: str) -> AsyncIterator[Stall]:
    """For what has nothing to do with the kind of database."""
    async with open_stall(sqlite_url) as stall:
        yield stall
