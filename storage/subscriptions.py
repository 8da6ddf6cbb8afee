"""Subscriptions: address × topic."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Executable, select

from core.ids import AddressId, TopicId
from core.topics import Subscription, SubscriptionState
from storage.sql import Sql
from storage.tables import subscriptions


class Subscriptions:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def load(self, ids: Iterable[AddressId]) -> dict[AddressId, dict[TopicId, Subscription]]:
        """Only addresses with a row have an entry."""
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_of_addresses, ids=wanted) if wanted else ()
        found: dict[AddressId, dict[TopicId, Subscription]] = {}
        for row in rows:
            found.setdefault(row.address_id, {})[row.topic] = Subscription(
                topic=row.topic,
                state=SubscriptionState(row.state),
                since=row.since,
                taken_by=row.taken_by,
                was=SubscriptionState(row.was) if row.was else None,
            )
        return found

    async def save(self, rows: Sequence[tuple[AddressId, Subscription]]) -> None:
        await self._sql.upsert_many(
            subscriptions,
            [
                {
                    "address_id": address,
                    "topic": row.topic,
                    "state": row.state,
                    "since": row.since,
                    "taken_by": row.taken_by,
                    "was": row.was,
                }
                for address, row in sorted(rows, key=lambda pair: (pair[0], pair[1].topic))
            ],
            keys=("address_id", "topic"),
        )


def _of_addresses(sql: Sql) -> Executable:
    return select(subscriptions).where(sql.listed(subscriptions.c.address_id, "ids"))
