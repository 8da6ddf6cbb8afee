"""What is read once for all open pages, where the database does not answer at once."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from core.ids import OperatorId
from inbox.board import Board, Tempo
from inbox.live import Hub
from storage.errors import Unavailable
from storage.tx import Tx
from tests.inbox.office import Office


async def test_counts_that_were_not_read_are_read_again(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing need change until then: the numbers beside the tabs are wrong before."""
    world = sqlite_office.world
    look, looks = world.database.look, []

    async def stutter(work: Callable[[Tx], Awaitable[Any]]) -> Any:
        looks.append(work)
        if len(looks) == 1:
            raise Unavailable("not now")
        return await look(work)

    monkeypatch.setattr(world.database, "look", stutter)
    tempo = Tempo(look=60, count=0.01)
    board = Board(world.database, world.catalog, Hub(), lambda: world.now, tempo)
    who: Any = SimpleNamespace(operator=SimpleNamespace(id=OperatorId(1)), digest="x")
    async with board.read(who) as reader:
        assert (await reader.wait(30)).is_all
        # Not signed in, it hears in any case that this is over.
        news = await reader.wait(5)
        news = news if news.counts else await reader.wait(5)
        assert news.counts is not None
