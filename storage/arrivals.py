"""Who arrived by which link, and the stretches of their subscriptions."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Executable, and_, bindparam, func, select, update
from sqlalchemy.sql.dml import UpdateBase

from core.arrivals import Arrival, Begun, Turn
from core.ids import AddressId, ArrivalId
from storage.sql import Sql
from storage.tables import arrival_topics, arrivals

LONGEST_PLACE = 200
"""In characters; of a longer one figures know the beginning."""


class Arrivals:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, came: Sequence[Arrival]) -> None:
        await self._sql.insert_many(
            arrivals,
            [
                {
                    "id": one.id,
                    "site": one.site,
                    "source": one.source,
                    "place": one.place[:LONGEST_PLACE],
                    "account": one.account,
                    "address_id": one.address,
                    "at": one.at,
                    "had_all": one.had_all,
                }
                for one in came
            ],
        )

    async def latest(self, ids: Iterable[AddressId]) -> dict[AddressId, Arrival]:
        """The newest arrival of each of these addresses that has one."""
        rows = await self._sql.ask(_latest, ids=sorted(set(ids)))
        return {
            row.address_id: Arrival(
                ArrivalId(row.id),
                row.site,
                row.source,
                row.place,
                row.account,
                row.address_id,
                row.at,
                row.had_all,
            )
            for row in rows
        }

    async def begin(self, begun: Sequence[Begun]) -> None:
        await self._sql.insert_many(
            arrival_topics,
            [
                {
                    "id": one.id,
                    "arrival_id": one.arrival,
                    "site": one.site,
                    "source": one.source,
                    "place": one.place[:LONGEST_PLACE],
                    "account": one.account,
                    "address_id": one.address,
                    "topic": one.topic,
                    "class": one.cls,
                    "subscribed_at": one.subscribed_at,
                    "ended_at": one.ended_at,
                }
                for one in begun
            ],
        )

    async def turn(self, turns: Sequence[Turn]) -> None:
        """Change the stored stretches; one that is not there stays so."""
        await self._sql.write_many(
            [
                {
                    "of_address": one.address,
                    "of_topic": one.topic,
                    "was": one.was,
                    "confirmed_at": one.subscribed_at,
                    "new_end": one.ended_at,
                }
                for one in sorted(turns, key=lambda turn: (turn.address, turn.topic))
            ],
            _turn,
            arrival_topics,
            "turned",
        )


def _latest(sql: Sql) -> Executable:
    newest = (
        select(arrivals.c.address_id, func.max(arrivals.c.at).label("at"))
        .where(sql.listed(arrivals.c.address_id, "ids"))
        .group_by(arrivals.c.address_id)
        .subquery()
    )
    is_newest = and_(arrivals.c.address_id == newest.c.address_id, arrivals.c.at == newest.c.at)
    return select(arrivals).join(newest, is_newest).order_by(arrivals.c.id)


def _turn() -> UpdateBase:
    table, other = arrival_topics, arrival_topics.alias("other")
    was = bindparam("was", type_=table.c.ended_at.type)
    confirmed_at = bindparam("confirmed_at", type_=table.c.subscribed_at.type)
    # Messengers tell whole seconds: two stretches may have ended in one, and the newer is meant.
    newest = (
        select(func.max(other.c.id))
        .where(
            other.c.address_id == bindparam("of_address"),
            other.c.topic == bindparam("of_topic"),
            other.c.ended_at.is_not_distinct_from(was),
        )
        .scalar_subquery()
    )
    return (
        update(table)
        .where(table.c.id == newest)
        .values(
            subscribed_at=func.coalesce(table.c.subscribed_at, confirmed_at),
            ended_at=bindparam("new_end", type_=table.c.ended_at.type),
        )
    )
