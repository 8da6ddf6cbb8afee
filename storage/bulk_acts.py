"""What is done to many people at once: each act with how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from core.ids import ContactId, OperatorId
from core.people import Json
from storage.sql import Sql
from storage.tables import bulk_acts


class BulkKind(StrEnum):
    TAG = "tag"
    UNTAG = "untag"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class BulkState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class BulkAct:
    """`what` is a tag or a topic. `ids` None: all that `sought`, a filter's query, finds.

    `planned` is how many that were at first; whoever has an id below `mark` is still to come.
    `left_out`: reason → how many.
    """

    id: int
    key: str
    operator: OperatorId
    kind: BulkKind
    what: str
    evidence: Mapping[str, Json]
    sought: Mapping[str, str]
    ids: tuple[ContactId, ...] | None
    planned: int
    mark: ContactId
    created_at: datetime
    done: int = 0
    left_out: Mapping[str, int] | None = None
    state: BulkState = BulkState.RUNNING
    ended_at: datetime | None = None


class BulkActs:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def begin(self, act: BulkAct) -> bool:
        """False: the same form came before."""
        columns = {
            "id": act.id,
            "key": act.key,
            "operator_id": act.operator,
            "act": act.kind,
            "what": act.what,
            "evidence": dict(act.evidence),
            "sought": dict(act.sought),
            "ids": None if act.ids is None else list(act.ids),
            "planned": act.planned,
            "mark": act.mark,
            "done": 0,
            "left_out": {},
            "state": BulkState.RUNNING,
            "created_at": act.created_at,
        }
        made = await self._sql.run(
            self._sql.insert(bulk_acts)
            .values(columns)
            .on_conflict_do_nothing()
            .returning(bulk_acts.c.id)
        )
        return made.first() is not None

    async def by_key(self, key: str) -> BulkAct | None:
        row = (await self._sql.run(select(bulk_acts).where(bulk_acts.c.key == key))).first()
        return _act(row) if row else None

    async def find(self, id_: int) -> BulkAct | None:
        row = (await self._sql.run(select(bulk_acts).where(bulk_acts.c.id == id_))).first()
        return _act(row) if row else None

    async def running(self) -> BulkAct | None:
        """The oldest that is not done."""
        rows = await self._sql.run(
            select(bulk_acts)
            .where(bulk_acts.c.state == BulkState.RUNNING)
            .order_by(bulk_acts.c.id)
            .limit(1)
        )
        row = rows.first()
        return _act(row) if row else None

    async def latest(self, limit: int) -> list[BulkAct]:
        rows = await self._sql.run(select(bulk_acts).order_by(bulk_acts.c.id.desc()).limit(limit))
        return [_act(row) for row in rows]

    async def go_on(self, act: BulkAct) -> None:
        """Keep how far it has come."""
        await self._sql.run(
            update(bulk_acts)
            .where(bulk_acts.c.id == act.id)
            .values(mark=act.mark, done=act.done, left_out=dict(act.left_out or {}))
        )

    async def end(self, id_: int, state: BulkState, now: datetime) -> bool:
        """False: it had ended before."""
        ended = await self._sql.run(
            update(bulk_acts)
            .where(bulk_acts.c.id == id_, bulk_acts.c.state == BulkState.RUNNING)
            .values(state=state, ended_at=now)
        )
        return ended.rowcount > 0


def _act(row: Any) -> BulkAct:
    return BulkAct(
        id=row.id,
        key=row.key,
        operator=row.operator_id,
        kind=BulkKind(row.act),
        what=row.what,
        evidence=row.evidence,
        sought=row.sought,
        ids=None if row.ids is None else tuple(ContactId(one) for one in row.ids),
        planned=row.planned,
        mark=row.mark,
        created_at=row.created_at,
        done=row.done,
        left_out=row.left_out,
        state=BulkState(row.state),
        ended_at=row.ended_at,
    )
