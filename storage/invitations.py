"""Open invitations to work in the inbox. One that was taken or revoked is no row any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from core.ids import InvitationId, OperatorId
from core.roles import Role
from storage.sql import Sql
from storage.tables import invitations

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Invitation:
    """`name` and `email` say for whom it is meant, and may be empty. `by` made it."""

    id: InvitationId
    digest: str
    role: Role
    name: str
    email: str
    by: OperatorId
    created_at: datetime
    expires_at: datetime


class Invitations:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, one: Invitation) -> None:
        await self._sql.run(
            invitations.insert().values(
                id=one.id,
                digest=one.digest,
                role=one.role,
                name=one.name,
                email=one.email,
                operator_id=one.by,
                created_at=one.created_at,
                expires_at=one.expires_at,
            )
        )

    async def find(self, digest: str, now: datetime) -> Invitation | None:
        rows = await self._sql.run(
            select(invitations).where(
                invitations.c.digest == digest, invitations.c.expires_at > now
            )
        )
        row = rows.first()
        return _invitation(row) if row else None

    async def open(self, now: datetime) -> list[Invitation]:
        """The newest first."""
        rows = await self._sql.run(
            select(invitations)
            .where(invitations.c.expires_at > now)
            .order_by(invitations.c.id.desc())
            .limit(MOST_SHOWN)
        )
        return [_invitation(row) for row in rows]

    async def take(self, digest: str, now: datetime) -> Invitation | None:
        """It works once: of two who come at the same time one gets None."""
        rows = await self._sql.run(
            delete(invitations)
            .where(invitations.c.digest == digest, invitations.c.expires_at > now)
            .returning(invitations)
        )
        row = rows.first()
        return _invitation(row) if row else None

    async def revoke(self, id_: InvitationId) -> Invitation | None:
        """None when it is taken, revoked or over already."""
        rows = await self._sql.run(
            delete(invitations).where(invitations.c.id == id_).returning(invitations)
        )
        row = rows.first()
        return _invitation(row) if row else None

    async def forget(self, before: datetime) -> None:
        await self._sql.run(delete(invitations).where(invitations.c.expires_at < before))


def _invitation(row: Any) -> Invitation:
    return Invitation(
        row.id,
        row.digest,
        Role(row.role),
        row.name,
        row.email,
        row.operator_id,
        row.created_at,
        row.expires_at,
    )
