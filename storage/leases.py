"""Leases: one owner at a time of an account's sender, of a node's number, of the housekeeping."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from storage.ids import NODES
from storage.sql import Sql
from storage.tables import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """`fence` grows with every change of owner: who holds an older one is out."""

    name: str
    owner: str
    fence: int
    until: datetime


class Leases:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def claim(self, name: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """Take a free or lapsed lease, or prolong one's own. None: another has it."""
        statement = self._sql.insert(leases).values(name=name, owner=owner, fence=1, until=until)
        is_ours = leases.c.owner == owner
        statement = statement.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={
                "owner": owner,
                "until": until,
                "fence": leases.c.fence + 1,
            },
            where=(~is_ours) & (leases.c.until <= now),
        )
        prolonged = await self._sql.run(
            update(leases)
            .where(leases.c.name == name, is_ours, leases.c.until > now)
            .values(until=until)
            .returning(leases)
        )
        row = prolonged.first()
        if row is None:
            row = (await self._sql.run(statement.returning(leases))).first()
        if row is None:
            row = (
                await self._sql.run(
                    update(leases)
                    .where(leases.c.name == name, is_ours, leases.c.until <= now)
                    .values(until=until, fence=leases.c.fence + 1)
                    .returning(leases)
                )
            ).first()
        return Lease(**row._mapping) if row else None

    async def holds(self, lease: Lease, now: datetime) -> bool:
        """Whether this lease is still in force; locks it until the end of the transaction."""
        rows = await self._sql.run(
            select(leases.c.fence, leases.c.owner, leases.c.until)
            .where(leases.c.name == lease.name)
            .with_for_update(read=True)
        )
        row = rows.first()
        return (
            row is not None
            and row.fence == lease.fence
            and row.owner == lease.owner
            and row.until > now
        )

    async def time(self) -> datetime:
        """The database's clock; of PostgreSQL alone."""
        rows = await self._sql.run(select(func.clock_timestamp()))
        told: datetime = rows.scalar_one()
        return told

    async def release(self, lease: Lease) -> None:
        """The fence stays, so that the next owner's is greater."""
        await self._sql.run(
            update(leases)
            .where(leases.c.name == lease.name, leases.c.fence == lease.fence)
            .values(until=datetime.fromtimestamp(0, lease.until.tzinfo))
        )

    async def owners(self, now: datetime) -> set[str]:
        """Who holds any lease now."""
        rows = await self._sql.run(select(leases.c.owner).where(leases.c.until > now).distinct())
        return {row.owner for row in rows}

    async def release_all(self, owners: Collection[str], now: datetime) -> None:
        """The leases of owners who are known to have ended are free at once."""
        if owners:
            await self._sql.run(
                update(leases)
                .where(self._sql.among(leases.c.owner, sorted(owners)), leases.c.until > now)
                .values(until=now)
            )

    async def claim_node(self, owner: str, now: datetime, until: datetime) -> Lease | None:
        """The first free number for ids of this process: a lease named "node:<number>"."""
        rows = await self._sql.run(
            select(leases.c.name).where(leases.c.name.like("node:%"), leases.c.until > now)
        )
        taken = {row.name for row in rows}
        for number in range(NODES):
            name = f"node:{number}"
            if name not in taken:
                lease = await self.claim(name, owner, now, until)
                if lease is not None:
                    return lease
        return None

    async def forget_nodes(self, before: datetime) -> None:
        await self._sql.run(
            delete(leases).where(leases.c.name.like("node:%"), leases.c.until < before)
        )
