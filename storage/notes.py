"""Notes that operators leave each other in a conversation, and whom they call. Never sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, select

from core.ids import ConversationId, NoteId, OperatorId
from storage.sql import MAX_ID, Sql
from storage.tables import mentions, notes

_MOST_CALLS = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """`mentions` are the operators that it calls by name. `key` makes it one of a kind."""

    id: NoteId
    conversation: ConversationId
    operator: OperatorId | None
    text: str
    mentions: tuple[OperatorId, ...]
    created_at: datetime
    key: str | None = None


class Notes:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, note: Note) -> bool:
        """Keep it and mark the conversation for those it calls. False: its key is known."""
        rows = await self._sql.run(
            self._sql.insert(notes)
            .values(
                id=note.id,
                conversation_id=note.conversation,
                operator_id=note.operator,
                text=note.text,
                mentions=[str(one) for one in note.mentions],
                created_at=note.created_at,
                key=note.key,
            )
            .on_conflict_do_nothing()
            .returning(notes.c.id)
        )
        if rows.first() is None:
            return False
        await self._sql.add_many(
            mentions,
            [
                {"operator_id": one, "conversation_id": note.conversation}
                for one in sorted(set(note.mentions))
                if one != note.operator
            ],
        )
        return True

    async def by_key(self, key: str) -> Note | None:
        row = (await self._sql.run(select(notes).where(notes.c.key == key))).first()
        return _note(row) if row else None

    async def latest(
        self,
        conversation: ConversationId,
        limit: int,
        *,
        after: int = 0,
        before: int | None = None,
    ) -> list[Note]:
        """The newest ones with an id above `after` and below `before`, oldest first."""
        rows = await self._sql.ask(
            _latest,
            conversation=conversation,
            after=after,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_note(row) for row in rows][::-1]

    async def calling(
        self, operator: OperatorId, conversations: Iterable[ConversationId]
    ) -> set[ConversationId]:
        """Those among these in which a note calls the operator, who has not looked yet."""
        ids = sorted(set(conversations))
        rows = await self._sql.ask(_calling, operator=operator, ids=ids) if ids else ()
        return {row.conversation_id for row in rows}

    async def calls(
        self, operators: Iterable[OperatorId]
    ) -> dict[OperatorId, list[ConversationId]]:
        """Where notes call these operators, who have not looked yet."""
        rows = await self._sql.run(
            select(mentions)
            .where(self._sql.among(mentions.c.operator_id, sorted(set(operators))))
            .order_by(mentions.c.operator_id, mentions.c.conversation_id)
            .limit(_MOST_CALLS)
        )
        found: dict[OperatorId, list[ConversationId]] = {}
        for row in rows:
            found.setdefault(row.operator_id, []).append(row.conversation_id)
        return found

    async def looked(self, operator: OperatorId, conversation: ConversationId) -> None:
        """The operator has the conversation before them: nobody calls them there any more."""
        await self._sql.run(
            delete(mentions).where(
                mentions.c.operator_id == operator, mentions.c.conversation_id == conversation
            )
        )


def _latest(sql: Sql) -> Executable:
    return (
        select(notes)
        .where(
            notes.c.conversation_id == bindparam("conversation"),
            notes.c.id > bindparam("after"),
            notes.c.id < bindparam("before"),
        )
        .order_by(notes.c.id.desc())
        .limit(bindparam("limit"))
    )


def _calling(sql: Sql) -> Executable:
    return select(mentions.c.conversation_id).where(
        mentions.c.operator_id == bindparam("operator"),
        sql.listed(mentions.c.conversation_id, "ids"),
    )


def _note(row: Row[Any]) -> Note:
    called = tuple(OperatorId(int(one)) for one in row.mentions)
    return Note(
        row.id, row.conversation_id, row.operator_id, row.text, called, row.created_at, row.key
    )
