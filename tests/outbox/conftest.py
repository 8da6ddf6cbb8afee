from collections.abc import AsyncIterator

import pytest

from tests.world import World, opened


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened(database_url) as world:
        yield world
