"""The list of conversations: what a row shows, and a page of rows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.ids import OperatorId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.filters import Filter, dump_place, read_place
from inbox.thread_view import preview
from storage.conversations import Listed
from storage.lists import MOST_COUNTED, Counts, Label, Place
from storage.tx import Tx

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """`waits_since` None: nobody waits. `mark` changes when what is shown does."""

    id: str
    name: str
    account: str
    channel: str
    text: str
    at: datetime
    unread: int
    waits_since: datetime | None
    waits_long: bool
    is_escalated: bool
    assignee: str
    labels: tuple[Label, ...]
    snoozed_until: datetime | None
    is_reachable: bool
    is_held: bool
    is_muted: bool
    """Too much comes from there: nobody is called for it."""
    mark: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rows:
    """`following` is the place in the list where the next page begins; "" at its end."""

    items: tuple[Row, ...]
    following: str

    @property
    def mark(self) -> str:
        return _digest([row.mark for row in self.items])


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are made: for everybody who reads this language, alike."""

    catalog: Catalog
    names: Mapping[OperatorId, str]
    language: str
    answer_within: timedelta


async def read_rows(
    tx: Tx, wanted: Filter, before: str, operator: OperatorId, look: Look, now: datetime
) -> Rows:
    """One page of the list."""
    listed = await tx.lists.page(wanted.wanted(operator), read_place(before), PAGE + 1)
    shown = listed[:PAGE]
    latest = await tx.messages.latest([one.conversation.address for one in shown])
    labels = await tx.lists.labels_of([one.conversation.id for one in shown])
    rows = tuple(
        row_of(
            one,
            latest.get(one.conversation.address),
            labels.get(one.conversation.id, ()),
            wanted,
            look,
            now,
        )
        for one in shown
    )
    following = dump_place(rows[-1].place) if len(listed) > PAGE else ""
    return Rows(rows, following)


def row_of(
    listed: Listed,
    message: Message | None,
    labels: tuple[Label, ...],
    wanted: Filter,
    look: Look,
    now: datetime,
) -> Row:
    one = listed.conversation
    account = look.catalog.accounts.get(listed.account)
    waits = one.waiting_since
    values: dict[str, Any] = {
        "id": str(one.id),
        "name": listed.name,
        "account": account.title if account else listed.account,
        "channel": account.channel if account else "",
        "text": preview(message, look.language),
        "at": message.created_at if message else one.last_message_at,
        "unread": one.unread,
        "waits_since": waits,
        "waits_long": waits is not None and now - waits >= look.answer_within,
        "is_escalated": one.is_escalated,
        "assignee": look.names.get(one.assignee, "") if one.assignee is not None else "",
        "labels": labels,
        "snoozed_until": one.snoozed_until,
        "is_reachable": listed.is_reachable,
        "is_held": listed.is_held,
        "is_muted": listed.muted_until is not None and now < listed.muted_until,
    }
    mark = _digest([str(value) for value in values.values()])
    return Row(**values, mark=mark, place=wanted.place(listed))


def counted(counts: Counts, operator: OperatorId) -> dict[str, str]:
    """View → how many, as it is written on its tab; nothing where there are none."""
    numbers = {
        "mine": counts.theirs.get(operator, 0),
        "unassigned": counts.unassigned,
        "open": counts.open,
        "snoozed": counts.snoozed,
    }
    return {name: _many(number) for name, number in numbers.items()}


def _many(number: int) -> str:
    if number > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(number) if number else ""


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:16]
