"""What operators and the API do in a conversation; each act is an event of the intake."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from core.content import Content
from core.ids import ConversationId, EventKey, FlowName, MessageId, OperatorId
from core.inbound import (
    ConversationAct,
    Event,
    Inbound,
    OperatorActed,
    OperatorAltered,
    OperatorResent,
    OperatorSaid,
    OperatorStarted,
)
from core.messages import Author, Message
from core.people import Address
from dialogues.changes import Answer
from dialogues.intake import Intake
from storage.conversations import Listed
from storage.database import Database


class Unreachable(Exception):
    """The contact cannot be written to now: they blocked us, or never wrote."""

    code = "unreachable"


class BlockedHere(Unreachable):
    """Operators have blocked them: nothing is said there until that is lifted."""

    code = "blocked"


class KeyReused(Exception):
    """Another message was sent with this key before."""

    code = "key_reused"


class Overtaken(Exception):
    """A colleague has answered since, with this message; None where it is not known any more."""

    code = "overtaken"

    def __init__(self, answer: Message | None) -> None:
        super().__init__("overtaken")
        self.answer = answer


class NotSubscribed(Exception):
    """What the flow says by itself needs a subscription that the contact does not have."""

    code = "not_subscribed"


class NoSuchFlow(Exception):
    """There is no flow of that name which could be started by hand."""

    code = "no_such_flow"


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

    def now(self) -> datetime:
        return self._clock()

    def new_id(self) -> int:
        """An id for a row beside the conversations; it sorts by time among their messages."""
        return self._intake.new_id(self._clock())

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
        seen: MessageId | None = None,
    ) -> Written:
        """Queue an answer. The same key with the same content again changes nothing.

        `seen` is the newest answer of a person that the writer knows of, 0 for none; None does
        not care.

        Raises:
            Unreachable, KeyReused, Overtaken; and what the intake raises.
        """
        message_key = f"said:{listed.conversation.id}:{key}"
        # A double click brings the same request twice at once: the second waits for the first.
        lock = self._writing.setdefault(message_key, asyncio.Lock())
        async with lock:
            return await self._write(listed, content, message_key, operator, author, seen)

    async def _write(
        self,
        listed: Listed,
        content: Content,
        message_key: str,
        operator: OperatorId | None,
        author: Author,
        seen: MessageId | None,
    ) -> Written:
        known = await self._known(message_key, content)
        if known is not None:
            return Written(known, is_new=False)
        now = self._clock()
        said = OperatorSaid(
            operator, content, MessageId(self._intake.new_id(now)), message_key, author, seen
        )
        answer = await self._submit(listed, f"{message_key}:{said.message}", said, now)
        return await self._written(listed, answer, said.message, message_key, content)

    async def _written(
        self,
        listed: Listed,
        answer: Answer,
        id_: MessageId,
        message_key: str,
        content: Content,
    ) -> Written:
        _require_way(answer)
        if answer.status == "overtaken":
            raise Overtaken(await self._last_answer(listed))
        if answer.status == "rejected":
            # Another process took the same request at the same moment, and was first.
            known = await self._known(message_key, content)
            if known is not None:
                return Written(known, is_new=False)
        async with self._database.read() as tx:
            message = (await tx.messages.find([id_]))[0]
        return Written(message, is_new=True)

    async def _last_answer(self, listed: Listed) -> Message | None:
        current = await self.find(listed.conversation.id)
        if current is None or current.conversation.answer is None:
            return None
        async with self._database.read() as tx:
            found = await tx.messages.find([current.conversation.answer])
        return found[0] if found else None

    async def resend(
        self, listed: Listed, original: Message, operator: OperatorId | None
    ) -> Written:
        """Say once more what did not arrive; a second time for the same message says nothing.

        Raises:
            Unreachable; and what the intake raises.
        """
        key = resend_key(original.id)
        known = await self._known(key, original.content)
        if known is not None:
            return Written(known, is_new=False)
        now = self._clock()
        id_ = MessageId(self._intake.new_id(now))
        resent = OperatorResent(original, operator, id_, key)
        answer = await self._submit(listed, f"{key}:{id_}", resent, now)
        return await self._written(listed, answer, id_, key, original.content)

    async def start(self, listed: Listed, flow: FlowName, operator: OperatorId | None) -> None:
        """Start a flow for the contact.

        Raises:
            NoSuchFlow, NotSubscribed, Unreachable; and what the intake raises.
        """
        now = self._clock()
        key = f"started:{listed.conversation.id}:{self._intake.new_id(now)}"
        answer = await self._submit(listed, key, OperatorStarted(flow, operator), now)
        match answer.status:
            case "unknown":
                raise NoSuchFlow
            case "unsubscribed":
                raise NotSubscribed
        _require_way(answer)

    async def act(
        self,
        listed: Listed,
        act: ConversationAct,
        operator: OperatorId | None,
        assignee: OperatorId | None = None,
        *,
        is_automatic: bool = False,
        until: datetime | None = None,
        reason: str = "",
    ) -> Listed:
        """Carry it out; the conversation as it is then. `until`, `reason` as in OperatorActed."""
        now = self._clock()
        acted = OperatorActed(act, operator, assignee, is_automatic, until, reason)
        key = f"acted:{listed.conversation.id}:{self._intake.new_id(now)}"
        await self._submit(listed, key, acted, now)
        return await self.find(listed.conversation.id) or listed

    async def alter(self, listed: Listed, event: OperatorAltered) -> str:
        """Ask to edit or delete an answer; "taken", "unknown" or a `core.altering.Why`.

        Raises what the intake raises.
        """
        key = f"altered:{listed.conversation.id}:{event.alteration}"
        return (await self._submit(listed, key, event, self._clock())).status

    async def tell(self, addresses: Iterable[Address], name: str, event: Event) -> list[Answer]:
        """The same event at each of these addresses, all together; what became of it there.

        Raises what the intake raises.
        """
        now = self._clock()
        key = f"{name}:{self._intake.new_id(now)}"
        inbounds = [
            Inbound(one.account, one.user, EventKey(f"{key}:{one.id}"), now, event, address=one.id)
            for one in addresses
        ]
        return list(await self._intake.submit(inbounds))

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


def _require_way(answer: Answer) -> None:
    """Raises Unreachable, BlockedHere."""
    if answer.status == "unreachable":
        raise Unreachable
    if answer.status == "blocked":
        raise BlockedHere


def resend_key(original: MessageId) -> str:
    """The key of the message that says this one once more: there can be only one."""
    return f"again:{original}"
