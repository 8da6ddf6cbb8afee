"""Labels that operators make, put on conversations and take off. `storage.lists` reads them."""

from datetime import datetime

from sqlalchemy import delete, func, select

from core.ids import ConversationId, LabelId
from storage.sql import Sql
from storage.tables import conversation_labels, labels

_MOST = 500


class Labels:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def make(self, id_: LabelId, name: str, colors: int, now: datetime) -> LabelId | None:
        """A label of this name, the one that is there or a new one of the next colour.

        None: there are as many labels as there may be.
        """
        by_name = select(labels.c.id).where(func.lower(labels.c.name) == name.lower()).limit(1)
        known = (await self._sql.run(by_name)).scalar()
        if known is not None:
            return LabelId(known)
        many = (await self._sql.run(select(func.count()).select_from(labels))).scalar() or 0
        if many >= _MOST:
            return None
        await self._sql.run(
            self._sql.insert(labels)
            .values(id=id_, name=name, color=many % colors, created_at=now)
            .on_conflict_do_nothing()
        )
        # Somebody else may have made it at the same moment.
        made = (await self._sql.run(select(labels.c.id).where(labels.c.name == name))).scalar_one()
        return LabelId(made)

    async def put(self, conversation: ConversationId, label: LabelId) -> bool:
        """Put a label on. False: there is no such label."""
        if (await self._sql.run(select(labels.c.id).where(labels.c.id == label))).first() is None:
            return False
        row = {"conversation_id": conversation, "label_id": label}
        await self._sql.add_many(conversation_labels, [row])
        return True

    async def take_off(self, conversation: ConversationId, label: LabelId) -> None:
        which = conversation_labels.c
        await self._sql.run(
            delete(conversation_labels).where(
                which.conversation_id == conversation, which.label_id == label
            )
        )
