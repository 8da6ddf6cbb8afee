"""The thread of one open page, kept true: marks of its newest messages are compared each time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from core.ids import AddressId, ConversationId, MessageId
from core.messages import Status
from dialogues.catalog import Catalog
from inbox.card import read_card
from inbox.filters import Filter
from inbox.finding import why_silent
from inbox.head import read_head
from inbox.language import sayer
from inbox.rendering import Problem, Rendering
from inbox.thread import PAGE, about_mark, find, read_entries
from inbox.thread_view import Happened, Onlooker, digest_of
from inbox.told import Told
from storage.conversations import Listed
from storage.ids import earlier
from storage.messages import Mark
from storage.tx import Tx

MOST_MISSED = 500
_CLOSELY = timedelta(seconds=15)
_LATE = timedelta(seconds=10)
"""Longer than a transaction lasts."""


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=_HasId)


class _Newest:
    """What the page has of one kind, up to an id, and what it was told.

    Ids grow with time and transactions commit in any order, so one may turn up below the newest:
    each look reads the last seconds again. What the page itself had of these it is told once
    more, and leaves alone.
    """

    def __init__(self, last: int) -> None:
        self._last = last
        self._told: set[int] = set()

    @property
    def after(self) -> int:
        return earlier(self._last, _LATE)

    def new(self, rows: Sequence[T]) -> list[T]:
        """Those that the page was not told yet."""
        fresh = [one for one in rows if one.id not in self._told]
        self._last = max([self._last, *(one.id for one in fresh)])
        self._told = {one.id for one in rows}
        return fresh


class ThreadFeed:
    """`last…`: the newest of each kind that the page has; marks as in ListFeed."""

    def __init__(
        self,
        conversation: ConversationId,
        wanted: Filter,
        csrf: str,
        catalog: Catalog,
        rendering: Rendering,
        *,
        last: int,
        last_record: int,
        last_note: int,
        last_act: int,
        mark: str | None,
        about: str | None,
    ) -> None:
        self.conversation = conversation
        self.last = last
        self.is_moving = False
        self._wanted = wanted
        self._csrf = csrf
        self._catalog = catalog
        self._rendering = rendering
        self._records, self._notes, self._acts = map(_Newest, (last_record, last_note, last_act))
        self._mark = mark
        self._about = about
        self._marks: dict[int, Mark] | None = None
        self._moving_until: datetime | None = None
        self._listed: Listed | None = None

    @property
    def address(self) -> AddressId | None:
        """None until the first look."""
        return self._listed.conversation.address if self._listed else None

    async def look(
        self, tx: Tx, listed: Listed | None, onlooker: Onlooker, now: datetime
    ) -> list[Told]:
        """What of the messages the page has to be told. `listed` is the conversation where it was
        just read. Raises Problem."""
        listed = listed or await find(tx, self.conversation)
        if listed is None:
            raise Problem(404, "lost")
        self._listed = listed
        address = listed.conversation.address
        marks = await tx.messages.marks(address, PAGE)
        self._watch_motion(marks, now)
        wanted = self._news(marks)
        if self._marks is None and marks and 0 < self.last < marks[0].id:
            missed = await tx.messages.thread(address, after=self.last, limit=MOST_MISSED)
            if len(missed) == MOST_MISSED:
                return [Told("reload")]
            wanted |= {one.id for one in missed}
        self._marks = {one.id: one for one in marks}
        return await self._entries(tx, listed, wanted, onlooker)

    async def _entries(
        self, tx: Tx, listed: Listed, wanted: set[int], onlooker: Onlooker
    ) -> list[Told]:
        address = listed.conversation.address
        records = self._records.new(await tx.consents.latest([address], PAGE, self._records.after))
        notes = self._notes.new(
            await tx.notes.latest(self.conversation, PAGE, after=self._notes.after)
        )
        acts = self._acts.new(
            await tx.acts.of_conversation(self.conversation, PAGE, after=self._acts.after)
        )
        if not (wanted or records or notes or acts):
            return []
        messages = await tx.messages.find([MessageId(one) for one in wanted])
        self.last = max([self.last, *wanted])
        happened = Happened(messages, records, notes, acts)
        events = []
        for entry in await read_entries(tx, happened, listed, self._catalog, onlooker):
            html = self._fragment(
                "entry.html",
                onlooker,
                entry=entry,
                conversation=self.conversation,
                csrf=self._csrf,
                filter=self._wanted,
            )
            told = {"id": entry.id, "mark": entry.mark, "html": html}
            events.append(Told.of("message", told, self.last))
        return events

    async def look_about(self, tx: Tx, onlooker: Onlooker) -> list[Told]:
        """The head above the messages and the column beside them, as of the last look."""
        listed = self._listed
        if listed is None:
            return []
        card = await read_card(tx, listed, self._catalog, onlooker)
        head = await read_head(tx, listed, self._catalog, onlooker)
        mark = about_mark(listed, head, card)
        if mark == self._about:
            return []
        self._about = mark
        why = why_silent(listed)
        shown = {"listed": listed, "head": head, "csrf": self._csrf, "filter": self._wanted}
        about: Mapping[str, object] = {
            "head": self._fragment("head.html", onlooker, **shown),
            "card": self._fragment("card.html", onlooker, card=card, **shown),
            "reachable": not why,
            "why": sayer(onlooker.language)(why, name=listed.name) if why else "",
            "unread": listed.conversation.unread + head.is_called,
        }
        return [Told.of("about", about)]

    def _news(self, marks: list[Mark]) -> set[int]:
        if self._marks is None:
            is_known = digest_of(marks) == self._mark
            return set() if is_known else {one.id for one in marks}
        return {one.id for one in marks if self._marks.get(one.id) != one}

    def _watch_motion(self, marks: list[Mark], now: datetime) -> None:
        """A sender's record wakes nobody: while something is on its way, look more often."""
        is_waiting = any(
            one.status in (Status.QUEUED, Status.SENDING) or (one.altering and not one.alter_error)
            for one in marks
        )
        if not is_waiting:
            self._moving_until = None
        elif self._marks is None or self._news(marks):
            self._moving_until = now + _CLOSELY
        self.is_moving = self._moving_until is not None and now < self._moving_until

    def _fragment(self, name: str, onlooker: Onlooker, **values: object) -> str:
        return self._rendering.fragment(name, onlooker.language, **values)
