"""A process that ended without a word keeps nobody waiting."""

import asyncio
import os
import socket
import sys
from datetime import timedelta

from server.node import join
from tests.world import NOW, opened


async def test_the_leases_of_a_killed_process_are_free_at_once(database_url: str) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    later = NOW + timedelta(minutes=1)
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            dead = f"{socket.gethostname()[:24]}:{ended.pid}:aaaa"
            await tx.leases.claim("sender:one", dead, NOW, later)
            alive = f"{socket.gethostname()[:24]}:{os.getppid()}:bbbb"
            await tx.leases.claim("sender:two", alive, NOW, later)
            await tx.leases.claim("sender:three", "elsewhere:1:cccc", NOW, later)
        node = await join(world.database, lambda: NOW)
        async with world.database.write() as tx:
            taken = [
                await tx.leases.claim(f"sender:{name}", node.name, NOW, later)
                for name in ("one", "two", "three")
            ]
    assert [lease is not None for lease in taken] == [True, False, False]
