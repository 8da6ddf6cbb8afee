"""Contacts that operators joined on purpose, with what it takes to part them again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from core.ids import ContactId, MergeId, OperatorId, RecordId
from core.merging import Given
from storage.sql import Sql
from storage.tables import contacts, merges, operators

_MOST = 20


@dataclass(frozen=True, slots=True)
class Merge:
    """`moved` are contacts that had been merged into the one that went, and went with it."""

    id: MergeId
    kept: ContactId
    gone: ContactId
    moved: tuple[ContactId, ...]
    given: Given
    operator: OperatorId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class MergeShown:
    """One that can be undone; names as they are now."""

    id: MergeId
    gone: ContactId
    name: str
    customer: str
    by: str
    at: datetime


class Merges:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, one: Merge) -> None:
        row = {
            "id": one.id,
            "kept_id": one.kept,
            "gone_id": one.gone,
            "moved": list(one.moved),
            "given": _dump(one.given),
            "operator_id": one.operator,
            "at": one.at,
        }
        await self._sql.insert_many(merges, [row])

    async def find(self, id_: MergeId) -> Merge | None:
        """None also where it is undone already."""
        rows = await self._sql.run(
            select(merges).where(merges.c.id == id_, merges.c.undone_at.is_(None))
        )
        row = rows.first()
        return _merge(row) if row is not None else None

    async def into(self, person: ContactId) -> list[MergeShown]:
        """Those by which others are this person now, the newest first."""
        rows = await self._sql.run(
            select(
                merges.c.id,
                merges.c.gone_id,
                merges.c.at,
                contacts.c.name,
                contacts.c.customer,
                operators.c.name.label("by_name"),
                operators.c.login,
            )
            .join(contacts, contacts.c.id == merges.c.gone_id)
            .outerjoin(operators, operators.c.id == merges.c.operator_id)
            .where(contacts.c.merged_into == person, merges.c.undone_at.is_(None))
            .order_by(merges.c.id.desc())
            .limit(_MOST)
        )
        return [
            MergeShown(
                row.id, row.gone_id, row.name, row.customer or "",
                row.by_name or row.login or "", row.at,
            )
            for row in rows
        ]  # fmt: skip

    async def undone(self, id_: MergeId, by: OperatorId | None, now: datetime) -> None:
        """What was given is of no use any more, and may be of somebody who came along and is
        found by an erasure no longer."""
        await self._sql.run(
            update(merges)
            .where(merges.c.id == id_)
            .values(undone_at=now, undone_by=by, given=_dump(Given()), moved=[])
        )

    async def forget(self, people: Sequence[int]) -> None:
        """What was given is what is known of a person; an erasure drops it."""
        theirs = or_(
            self._sql.among(merges.c.kept_id, people), self._sql.among(merges.c.gone_id, people)
        )
        await self._sql.run(delete(merges).where(theirs))


def _dump(given: Given) -> dict[str, Any]:
    return {
        "name": given.name,
        "locale": given.locale,
        "timezone": given.timezone,
        "attributes": dict(given.attributes or {}),
        "tags": sorted(given.tags),
        "stopped_at": given.stopped_at.isoformat() if given.stopped_at else None,
        "stopped_by": given.stopped_by,
    }


def _merge(row: Row[Any]) -> Merge:
    return Merge(
        row.id,
        row.kept_id,
        row.gone_id,
        tuple(_ids(row.moved)),
        _given(row.given),
        row.operator_id,
        row.at,
    )


def _ids(values: Iterable[int]) -> list[ContactId]:
    return [ContactId(value) for value in values]


def _given(stored: dict[str, Any]) -> Given:
    at, by = stored["stopped_at"], stored["stopped_by"]
    return Given(
        name=stored["name"],
        locale=stored["locale"],
        timezone=stored["timezone"],
        attributes=stored["attributes"],
        tags=frozenset(stored["tags"]),
        stopped_at=datetime.fromisoformat(at) if at else None,
        stopped_by=RecordId(by) if by is not None else None,
    )
