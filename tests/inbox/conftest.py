from collections.abc import AsyncIterator

import pytest

from tests.inbox.office import Office, open_office


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as office:
        yield office


@pytest.fixture
async def sqlite_office(sqlite_url: str) -> AsyncIterator[Office]:
    """For what has nothing to do with the kind of database."""
    async with open_office(sqlite_url) as office:
        yield office
