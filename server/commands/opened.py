"""The database of a configuration, open for one command; its troubles are told in words."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from server.commands.terminal import Refused
from server.config import Config
from server.node import Node, TooManyNodes, join, leave
from server.timekeeping import Clock
from storage.database import Database
from storage.errors import BadData, Contended, Unavailable, WrongSchema
from storage.open import open_database


@dataclass(frozen=True, slots=True)
class Opened:
    """`node` numbers new rows apart from those of servers that run meanwhile."""

    database: Database
    node: Node
    clock: Clock

    def new_id(self) -> int:
        return self.node.next_id(self.clock())

    def new_ids(self) -> Iterator[int]:
        while True:
            yield self.new_id()

    def now(self) -> datetime:
        return self.clock()


@asynccontextmanager
async def opened(config: Config, *, migrates: bool = False) -> AsyncIterator[Opened]:
    """Open it; an empty one is made. Every trouble with it becomes Refused."""
    try:
        database = await open_database(config.database, migrates=migrates)
        try:
            clock = Clock()
            await clock.agree(database)
            node = await join(database, clock)
            try:
                yield Opened(database, node, clock)
            finally:
                await leave(node, database)
        finally:
            await database.close()
    except WrongSchema as error:
        raise Refused(str(error)) from error
    except Unavailable as error:
        raise Refused(f"the database does not answer: {error}") from error
    except Contended as error:
        raise Refused("the database is busy with something else; try again") from error
    except (BadData, TooManyNodes) as error:
        raise Refused(f"the database refused it: {error}") from error
