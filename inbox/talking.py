"""What operators and the API do in a conversation; each act is an event of the intake."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from core.content import Content
from core.ids import ConversationId, EventKey, MessageId, OperatorId
from core.inbound import ConversationAct, Event, Inbound, OperatorActed, OperatorSaid
from core.messages import Author, Message
from dialogues.changes import Answer
from dialogues.intake import Intake
from storage.conversations import Listed
from storage.database import Database


class Unreachable(Exception):
    """The contact cannot be written to now: they blocked us, or never wrote."""

    code = "unreachable"


class KeyReused(Exception):
    """Another message was sent with this key before."""

    code = "key_reused"


@dataclass(frozen=True, slots=True)
class Written:
    """`is_new` False: the same request came before, and this is what became of it."""

    message: Message
    is_new: bool


class Talking:
    def __init__(self, database: Database, intake: Intake, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, conversation: ConversationId) -> Listed | None:
        async with self._database.read() as tx:
            found = await tx.conversations.find([conversation])
        return found[0] if found else None

    async def write(
        self,
        listed: Listed,
        content: Content,
        key: str,
        operator: OperatorId | None,
        author: Author,
    ) -> Written:
        """Queue an answer. The same key with the same content again changes nothing.

        Raises:
            Unreachable, KeyReused; and what the intake raises.
        """
        message_key = f"said:{listed.conversation.id}:{key}"
        # A double click brings the same request twice at once: the second waits for the first.
        lock = self._writing.setdefault(message_key, asyncio.Lock())
        async with lock:
            return await self._write(listed, content, message_key, operator, author)

    async def _write(
        self,
        listed: Listed,
        content: Content,
        message_key: str,
        operator: OperatorId | None,
        author: Author,
    ) -> Written:
        known = await self._known(message_key, content)
        if known is not None:
            return Written(known, is_new=False)
        now = self._clock()
        said = OperatorSaid(
            operator, content, MessageId(self._intake.new_id(now)), message_key, author
        )
        answer = await self._submit(listed, f"{message_key}:{said.message}", said, now)
        if answer.status == "unreachable":
            raise Unreachable
        if answer.status == "rejected":
            # Another process took the same request at the same moment, and was first.
            known = await self._known(message_key, content)
            if known is not None:
                return Written(known, is_new=False)
        async with self._database.read() as tx:
            message = (await tx.messages.find([said.message]))[0]
        return Written(message, is_new=True)

    async def act(
        self,
        listed: Listed,
        act: ConversationAct,
        operator: OperatorId | None,
        assignee: OperatorId | None = None,
        *,
        is_automatic: bool = False,
    ) -> Listed:
        """Carry it out; the conversation as it is then."""
        now = self._clock()
        acted = OperatorActed(act, operator, assignee, is_automatic)
        key = f"acted:{listed.conversation.id}:{self._intake.new_id(now)}"
        await self._submit(listed, key, acted, now)
        return await self.find(listed.conversation.id) or listed

    async def _submit(self, listed: Listed, key: str, event: Event, now: datetime) -> Answer:
        inbound = Inbound(
            account=listed.account,
            user=listed.user,
            key=EventKey(key[:200]),
            at=now,
            event=event,
            address=listed.conversation.address,
        )
        return (await self._intake.submit([inbound]))[0]

    async def _known(self, message_key: str, content: Content) -> Message | None:
        async with self._database.read() as tx:
            known = (await tx.messages.by_keys([message_key])).get(message_key)
        if known is not None and known.content != content:
            raise KeyReused
        return known
