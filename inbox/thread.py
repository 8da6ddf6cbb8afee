"""Reading one conversation for its page, and rendering it, whole or by the pieces that changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.ids import ConversationId
from core.messages import Message
from dialogues.catalog import Catalog
from inbox.card import Card
from inbox.thread_view import Entry, Onlooker, digest_of, entries
from storage.consents import StoredRecord
from storage.conversations import Listed
from storage.messages import Mark
from storage.tx import Tx

PAGE = 50


@dataclass(frozen=True, slots=True)
class Thread:
    """`older` is what an earlier page ends before; "" at the beginning. `last` is "0" if empty."""

    listed: Listed
    account: str
    assignee: str
    is_mine: bool
    entries: tuple[Entry, ...]
    older: str
    last: str
    last_record: str
    mark: str


async def find(tx: Tx, id_: ConversationId) -> Listed | None:
    found = await tx.conversations.find([id_])
    return found[0] if found else None


async def read_thread(
    tx: Tx, listed: Listed, before: int | None, catalog: Catalog, onlooker: Onlooker
) -> Thread:
    """The newest messages below `before`, with what happened between them."""
    address = listed.conversation.address
    messages = await tx.messages.thread(address, before=before, limit=PAGE + 1)
    has_older = len(messages) > PAGE
    messages = messages[-PAGE:]
    after = messages[0].id if has_older else 0
    records = await tx.consents.latest([address], PAGE, after)
    if before is not None:
        records = [one for one in records if one.id < before]
    account = catalog.accounts.get(listed.account)
    assignee = listed.conversation.assignee
    shown = await read_entries(tx, messages, records, listed, catalog, onlooker)
    return Thread(
        listed=listed,
        account=account.title if account else listed.account,
        assignee=onlooker.name(assignee) if assignee is not None else "",
        is_mine=assignee == onlooker.operator,
        entries=tuple(shown),
        older=str(messages[0].id) if has_older else "",
        last=str(messages[-1].id) if messages else "0",
        last_record=str(records[-1].id) if records else "0",
        mark=digest_of([_mark(one) for one in messages]),
    )


async def read_entries(
    tx: Tx,
    messages: Sequence[Message],
    records: Sequence[StoredRecord],
    listed: Listed,
    catalog: Catalog,
    onlooker: Onlooker,
) -> list[Entry]:
    """These messages and records as they are shown, with where their files stand."""
    with_files = [one.id for one in messages if one.content.attachments]
    files = await tx.files.marks(with_files) if with_files else {}
    return entries(messages, records, listed, catalog, onlooker, files=files)


def about_mark(listed: Listed, card: Card) -> str:
    """Stands for what is shown around the messages: another one, and something changed."""
    # Each message moves this one time, which is not shown there.
    conversation = replace(listed.conversation, last_message_at=listed.conversation.opened_at)
    shown = repr((replace(listed, conversation=conversation), card))
    return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()[:16]


def _mark(message: Message) -> Mark:
    one = message
    return Mark(one.id, one.status, one.error, one.edited_at, one.removed_at, one.files_at)
