"""The list of conversations: which ones, and what a row shows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from api.errors import ApiError
from api.paging import cursor, read_cursor
from core.conversations import ConversationState
from core.ids import AddressId, OperatorId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.thread_view import Onlooker, preview
from storage.conversations import Listed
from storage.tx import Tx

PAGE = 50
_WAITS_LONG = timedelta(minutes=15)
VIEWS = {
    "open": ("open", None),
    "mine": ("open", "me"),
    "unassigned": ("open", "none"),
    "closed": ("closed", None),
}
"""Name → (state, assignee): the tabs above the list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations: `assignee` is "me", "none" or None for everybody's."""

    state: str = "open"
    assignee: str | None = None

    @property
    def query(self) -> str:
        whose = f"&assignee={self.assignee}" if self.assignee else ""
        return f"state={self.state}{whose}"

    @property
    def view(self) -> str:
        """The tab that it belongs to."""
        for name, (state, assignee) in VIEWS.items():
            if (self.state, self.assignee) == (state, assignee):
                return name
        return "closed" if self.state == ConversationState.CLOSED else "open"


@dataclass(frozen=True, slots=True)
class Row:
    """`waits_since` None: nobody waits. `mark` changes when what is shown does."""

    id: str
    name: str
    account: str
    text: str
    at: datetime
    unread: int
    waits_since: datetime | None
    waits_long: bool
    assignee: str
    is_reachable: bool
    is_held: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Rows:
    """`following` is the place in the list where the next page begins; "" at its end."""

    items: tuple[Row, ...]
    following: str

    @property
    def mark(self) -> str:
        return _digest([row.mark for row in self.items])


def filter_of(query: Mapping[str, str]) -> Filter:
    """What is not known is taken for the usual: open, everybody's."""
    state, assignee = query.get("state", ""), query.get("assignee", "")
    return Filter(
        state if state in set(ConversationState) else "open",
        assignee if assignee in ("me", "none") else None,
    )


async def read_rows(
    tx: Tx, wanted: Filter, before: str, catalog: Catalog, onlooker: Onlooker, now: datetime
) -> Rows:
    """One page of the list, the latest first."""
    listed = await tx.conversations.list(
        ConversationState(wanted.state),
        onlooker.operator if wanted.assignee == "me" else None,
        _place(before),
        PAGE + 1,
        is_unassigned=wanted.assignee == "none",
    )
    shown = listed[:PAGE]
    latest = await tx.messages.latest([one.conversation.address for one in shown])
    following = ""
    if len(listed) > PAGE:
        last = shown[-1].conversation
        following = cursor(last.last_message_at.isoformat(), last.id)
    return Rows(tuple(_row(one, latest, catalog, onlooker, now) for one in shown), following)


def _row(
    listed: Listed,
    latest: Mapping[AddressId, Message],
    catalog: Catalog,
    onlooker: Onlooker,
    now: datetime,
) -> Row:
    one = listed.conversation
    account = catalog.accounts.get(listed.account)
    message = latest.get(one.address)
    waits = one.waiting_since
    values: dict[str, Any] = {
        "id": str(one.id),
        "name": listed.name,
        "account": account.title if account else listed.account,
        "text": preview(message, onlooker.language),
        "at": message.created_at if message else one.last_message_at,
        "unread": one.unread,
        "waits_since": waits,
        "waits_long": waits is not None and now - waits >= _WAITS_LONG,
        "assignee": _whose(one.assignee, onlooker),
        "is_reachable": listed.is_reachable,
        "is_held": listed.is_held,
    }
    return Row(**values, mark=_digest([str(value) for value in values.values()]))


def _whose(assignee: OperatorId | None, onlooker: Onlooker) -> str:
    return onlooker.name(assignee) if assignee is not None else ""


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:16]


def _place(before: str) -> tuple[datetime, int] | None:
    """Where a page of the list begins; a broken address of one gives the first page."""
    if not before:
        return None
    try:
        at, id_ = read_cursor(before, 2)
        parsed = datetime.fromisoformat(at)
        return (parsed, int(id_)) if parsed.tzinfo is not None and int(id_) < 2**63 else None
    except (ApiError, ValueError, TypeError):
        return None


def before_of(request: web.Request) -> str:
    return request.query.get("before", "")[:200]
