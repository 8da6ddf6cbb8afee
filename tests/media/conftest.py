"""A library in a folder of the test's, over a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.library import Library, NotFetched
from media.store import Store
from tests.world import World, opened


class Web:
    """What lies at URLs. `asked` are those that were opened."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def download(self, url: str) -> AsyncIterator[bytes]:
        self.asked.append(url)
        if url not in self.files:
            raise NotFetched("404", may_come=True)
        return chunks(self.files[url])


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened(database_url) as world:
        yield world


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def library(world: World, web: Web, folder: Path) -> Library:
    store = Store(str(folder), {})
    return Library(world.database, store, web.download, lambda: world.now, most_bytes=100_000)
