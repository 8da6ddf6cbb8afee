"""This process among others: its name, and its number for making ids."""

import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.ids import Ids
from storage.leases import Lease

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
RENEW_EVERY = 60.0


@dataclass(slots=True)
class Node:
    """`name` is unique to this start of this process."""

    name: str
    lease: Lease
    ids: Ids

    def next_id(self, now: datetime) -> int:
        return self.ids.next(now)


class TooManyNodes(Exception):
    """Every number for ids is taken: more processes than ids can tell apart."""

    code = "too_many_nodes"


async def join(database: Database, clock: Callable[[], datetime]) -> Node:
    """Take a number that no other running process has. Raises TooManyNodes."""
    name = f"{_host()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = clock()
    async with database.write() as tx:
        ended = {owner for owner in await tx.leases.owners(now) if _has_ended(owner)}
        await tx.leases.release_all(ended, now)
    lease = await _claim(database, name, now)
    return Node(name, lease, Ids(int(lease.name.partition(":")[2])))


def _has_ended(owner: str) -> bool:
    """Whether that process ran on this machine and is no more: nobody need wait for its leases."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != _host() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # A container that was started again: its first process has the same number.
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _host() -> str:
    return socket.gethostname()[:24].replace(":", "-")


async def renew(node: Node, database: Database, clock: Callable[[], datetime]) -> None:
    """Keep the number; take another one if it was lost while the machine slept."""
    now = clock()
    try:
        async with database.write() as tx:
            lease = await tx.leases.claim(node.lease.name, node.name, now, now + LEASE)
        if lease is None or lease.fence != node.lease.fence:
            lease = await _claim(database, node.name, now)
            node.ids = Ids(int(lease.name.partition(":")[2]))
            log.warning("node has another number", extra={"node": lease.name})
        node.lease = lease
    except (Unavailable, Contended) as error:
        log.warning("node's lease not renewed", extra={"error": type(error).__name__})


async def leave(node: Node, database: Database) -> None:
    try:
        async with database.write() as tx:
            await tx.leases.release(node.lease)
    except (Unavailable, Contended) as error:
        log.warning("node's lease not given back", extra={"error": type(error).__name__})


async def _claim(database: Database, name: str, now: datetime) -> Lease:
    async with database.write() as tx:
        lease = await tx.leases.claim_node(name, now, now + LEASE)
    if lease is None:
        raise TooManyNodes("1,024 processes share this database already")
    return lease
