"""Sessions: each address's places in flows."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, Row, delete, select

from core.ids import AddressId, FlowName, FlowVersion, SessionId
from flows.session import Frame, Option, Session, SessionState
from storage.sql import Sql
from storage.tables import sessions, timers


class Sessions:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def load(self, ids: Iterable[AddressId]) -> dict[AddressId, dict[SessionId, Session]]:
        wanted = sorted(set(ids))
        rows = await self._sql.ask(_of_addresses, ids=wanted) if wanted else ()
        found: dict[AddressId, dict[SessionId, Session]] = {}
        for row in rows:
            found.setdefault(row.address_id, {})[row.id] = _session(row)
        return found

    async def save(self, rows: Sequence[tuple[AddressId, Session]]) -> None:
        await self._sql.upsert_many(
            sessions,
            [_columns(address, session) for address, session in rows],
            keys=("id",),
            fixed=("address_id", "entered", "subject"),
        )

    async def end(self, ids: Iterable[SessionId]) -> None:
        """Forget them, with the timers that would wake them."""
        wanted = sorted(set(ids))
        if wanted:
            await self._sql.ask(_forget_timers, ids=wanted)
            await self._sql.ask(_forget, ids=wanted)

    async def versions(self) -> set[FlowVersion]:
        """The versions of flows that some session still needs, also to come back to."""
        rows = await self._sql.run(select(sessions.c.version).distinct())
        needed = {row.version for row in rows}
        stacks = await self._sql.run(
            select(sessions.c.stack).where(sessions.c.flow != sessions.c.entered).distinct()
        )
        return needed | {frame[1] for row in stacks for frame in row.stack}


def _of_addresses(sql: Sql) -> Executable:
    return select(sessions).where(sql.listed(sessions.c.address_id, "ids")).order_by(sessions.c.id)


def _forget_timers(sql: Sql) -> Executable:
    return delete(timers).where(sql.listed(timers.c.session_id, "ids"))


def _forget(sql: Sql) -> Executable:
    return delete(sessions).where(sql.listed(sessions.c.id, "ids"))


def _columns(address: AddressId, session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "address_id": address,
        "flow": session.flow,
        "entered": session.stack[0].flow if session.stack else session.flow,
        "version": session.version,
        "subject": session.subject,
        "state": session.state,
        "step": session.step,
        "generation": session.generation,
        "tries": session.tries,
        "variables": dict(session.variables),
        "options": [[option.key, option.label] for option in session.options],
        "stack": [[f.flow, f.version, f.step, dict(f.variables)] for f in session.stack],
        "due_at": session.due_at,
        "queued_at": session.queued_at,
    }


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        flow=row.flow,
        version=row.version,
        subject=row.subject,
        state=SessionState(row.state),
        step=row.step,
        generation=row.generation,
        tries=row.tries,
        variables=row.variables,
        options=tuple(Option(key, label) for key, label in row.options),
        stack=tuple(
            Frame(FlowName(flow), FlowVersion(version), step, variables)
            for flow, version, step, variables in row.stack
        ),
        due_at=row.due_at,
        queued_at=row.queued_at,
    )
