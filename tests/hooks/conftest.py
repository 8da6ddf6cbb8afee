from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hooks.shop import Shop, open_shop
from tests.journeys.town import Town, town
from tests.world import World, opened


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened(database_url) as world:
        yield world


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with open_shop() as shop:
        yield shop


@pytest.fixture
async def small_shop(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    """A server as it is run, beside a messenger."""
    async with town(sqlite_url, tmp_path) as running:
        yield running
