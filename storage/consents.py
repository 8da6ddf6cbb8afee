"""Consent records: only ever added. Their evidence stands aside, where an erasure may empty it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, bindparam, delete, or_, select

from core.consent import Act, ConsentRecord, Source
from core.ids import AddressId, RecordId, TopicId
from core.people import Json
from storage.sql import MAX_ID, Sql
from storage.tables import consent_evidence, consent_records


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """`evidence` is None after an erasure; `digest` is its SHA-256 and stays."""

    id: RecordId
    address: AddressId
    topic: TopicId | None
    act: Act
    source: Source
    at: datetime
    digest: str
    evidence: Mapping[str, Json] | None


class Consents:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def append(self, records: Sequence[ConsentRecord]) -> None:
        await self._sql.insert_many(
            consent_records,
            [
                {
                    "id": record.id,
                    "address_id": record.address,
                    "topic": record.topic,
                    "act": record.act,
                    "source": record.source,
                    "at": record.at,
                    "digest": digest(record.evidence),
                }
                for record in records
            ],
        )
        await self._sql.insert_many(
            consent_evidence,
            [
                {"record_id": record.id, "evidence": dict(record.evidence)}
                for record in records
                if record.evidence
            ],
        )

    async def of_addresses(
        self, ids: Iterable[AddressId], after: int = 0, limit: int = 100
    ) -> list[StoredRecord]:
        """Oldest first, records with an id above `after`."""
        rows = await self._sql.run(
            select(consent_records, consent_evidence.c.evidence)
            .outerjoin(consent_evidence, consent_evidence.c.record_id == consent_records.c.id)
            .where(
                self._sql.among(consent_records.c.address_id, sorted(set(ids))),
                consent_records.c.id > after,
            )
            .order_by(consent_records.c.id)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def latest(
        self, ids: Iterable[AddressId], limit: int, after: int = 0, before: int | None = None
    ) -> list[StoredRecord]:
        """The newest `limit` with an id above `after` and below `before`, oldest first."""
        wanted, below = sorted(set(ids)), MAX_ID if before is None else before
        if not wanted:
            return []
        rows = await self._sql.ask(_latest, ids=wanted, after=after, before=below, limit=limit)
        return [_record(row) for row in rows][::-1]

    async def stops(self, ids: Iterable[RecordId]) -> dict[RecordId, AddressId]:
        """Which of these are a STOP of everything, said by the person or for them, and where;
        what a messenger reports is none."""
        rows = await self._sql.run(
            select(consent_records.c.id, consent_records.c.address_id).where(
                self._sql.among(consent_records.c.id, sorted(set(ids))),
                consent_records.c.act == Act.UNSUBSCRIBE,
                consent_records.c.topic.is_(None),
            )
        )
        return {row.id: row.address_id for row in rows}

    async def latest_about(
        self,
        ids: Iterable[AddressId],
        topic: TopicId | None,
        *,
        before: RecordId | None = None,
        after: int = 0,
        limit: int = 1,
    ) -> list[StoredRecord]:
        """The newest acts that changed how these addresses stand to a topic, the newest first.

        Ids tell in which order we learnt of them; `topic` None: of every topic at once.
        """
        about: ColumnElement[bool] = consent_records.c.topic.is_(None)
        if topic is not None:
            about = or_(about, consent_records.c.topic == topic)
        statement = (
            select(consent_records, consent_evidence.c.evidence)
            .outerjoin(consent_evidence, consent_evidence.c.record_id == consent_records.c.id)
            .where(
                self._sql.among(consent_records.c.address_id, sorted(set(ids))),
                about,
                consent_records.c.act != Act.OUT_OF_ORDER,
                consent_records.c.id > after,
            )
        )
        if before is not None:
            statement = statement.where(consent_records.c.id < before)
        rows = await self._sql.run(statement.order_by(consent_records.c.id.desc()).limit(limit))
        return [_record(row) for row in rows]

    async def erase_evidence(self, ids: Iterable[AddressId]) -> None:
        """Empty the personal side of these addresses' records; the records themselves stay."""
        records = select(consent_records.c.id).where(
            self._sql.among(consent_records.c.address_id, sorted(set(ids)))
        )
        await self._sql.run(
            delete(consent_evidence).where(consent_evidence.c.record_id.in_(records))
        )


def _latest(sql: Sql) -> Executable:
    return (
        select(consent_records, consent_evidence.c.evidence)
        .outerjoin(consent_evidence, consent_evidence.c.record_id == consent_records.c.id)
        .where(
            sql.listed(consent_records.c.address_id, "ids"),
            consent_records.c.id > bindparam("after"),
            consent_records.c.id < bindparam("before"),
        )
        .order_by(consent_records.c.id.desc())
        .limit(bindparam("limit"))
    )


def _record(row: Row[Any]) -> StoredRecord:
    return StoredRecord(
        row.id,
        row.address_id,
        row.topic,
        Act(row.act),
        Source(row.source),
        row.at,
        row.digest,
        row.evidence,
    )


def digest(evidence: Mapping[str, Json]) -> str:
    """SHA-256 of the evidence as canonical JSON: proves later what was erased, if it is shown."""
    text = json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
