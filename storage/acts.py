"""The audit log. `storage.act_guard` keeps what stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, and_, bindparam, delete, or_, select

from core.acts import ActRecord, By, Did
from core.ids import ActId, ConversationId, OperatorId
from storage.sql import MAX_ID, Sql
from storage.tables import acts, operators

_DID = {did.value: did for did in Did}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts to read; None is any. `since` is in, `until` is out."""

    operator: OperatorId | None = None
    act: Did | None = None
    since: datetime | None = None
    until: datetime | None = None


class Acts:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add_many(self, records: Sequence[ActRecord]) -> None:
        """In the transaction of what they tell about: both happen, or neither."""
        await self._sql.insert_many(
            acts,
            [
                {
                    "id": one.id,
                    "operator_id": one.by.operator,
                    "name": one.by.name,
                    "act": one.act,
                    "conversation_id": one.conversation,
                    "contact_id": one.contact,
                    "about": dict(one.about),
                    "ip": one.by.ip,
                    "at": one.at,
                }
                for one in records
            ],
        )

    async def add_named(self, records: Sequence[ActRecord]) -> None:
        """The same for acts that know operators by their ids alone."""
        if not records:
            return
        ids = {one.by.operator for one in records if one.by.operator is not None}
        ids |= {
            OperatorId(int(one.about["operator"])) for one in records if "operator" in one.about
        }
        rows = await self._sql.run(
            select(operators.c.id, operators.c.name, operators.c.login).where(
                self._sql.among(operators.c.id, sorted(ids))
            )
        )
        names = {row.id: row.name or row.login for row in rows}
        await self.add_many([_named(one, names) for one in records])

    async def of_conversation(
        self, conversation: ConversationId, limit: int, *, after: int = 0, before: int | None = None
    ) -> list[ActRecord]:
        """The newest ones with an id above `after` and below `before`, oldest first."""
        rows = await self._sql.ask(
            _latest,
            conversation=conversation,
            after=after,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_record(row) for row in rows][::-1]

    async def page(
        self, wanted: Wanted, limit: int, before: ActId | None = None
    ) -> list[ActRecord]:
        """The newest first, older than the act `before`."""
        statement = select(acts).order_by(acts.c.at.desc(), acts.c.id.desc()).limit(limit)
        if wanted.operator is not None:
            statement = statement.where(acts.c.operator_id == wanted.operator)
        if wanted.act is not None:
            statement = statement.where(acts.c.act == wanted.act)
        if wanted.since is not None:
            statement = statement.where(acts.c.at >= wanted.since)
        if wanted.until is not None:
            statement = statement.where(acts.c.at < wanted.until)
        if before is not None:
            rows = await self._sql.run(select(acts.c.at).where(acts.c.id == before))
            edge = rows.first()
            if edge is None:
                return []
            older = or_(acts.c.at < edge.at, and_(acts.c.at == edge.at, acts.c.id < before))
            statement = statement.where(older)
        return [_record(row) for row in await self._sql.run(statement)]

    async def forget(self, before: datetime, limit: int) -> None:
        """Drop up to `limit` of the oldest. The database refuses it for those of the last days."""
        oldest = (
            select(acts.c.id).where(acts.c.at < before).order_by(acts.c.at, acts.c.id).limit(limit)
        )
        await self._sql.run(delete(acts).where(acts.c.id.in_(oldest)))


def _latest(sql: Sql) -> Executable:
    return (
        select(acts)
        .where(
            acts.c.conversation_id == bindparam("conversation"),
            acts.c.id > bindparam("after"),
            acts.c.id < bindparam("before"),
        )
        .order_by(acts.c.id.desc())
        .limit(bindparam("limit"))
    )


def _named(record: ActRecord, names: Mapping[OperatorId, str]) -> ActRecord:
    by = record.by
    if by.operator is not None:
        by = replace(by, name=names.get(by.operator, ""))
    whom = record.about.get("operator")
    about = {**record.about, "whom": names.get(OperatorId(int(whom)), "")} if whom else record.about
    return replace(record, by=by, about=about)


def _record(row: Any) -> ActRecord:
    return ActRecord(
        id=row.id,
        by=By(row.operator_id, row.name, row.ip),
        act=_DID.get(row.act, Did.SOMETHING),
        at=row.at,
        about=row.about,
        conversation=row.conversation_id,
        contact=row.contact_id,
    )
