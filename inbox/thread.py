"""Reading one conversation for its page, and rendering it, whole or by the pieces that changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.content import Media, MediaKind
from core.ids import ConversationId, MessageId
from core.messages import RESENDABLE, Author, Direction, Message
from dialogues.catalog import Catalog
from inbox.card import Card
from inbox.head import Head
from inbox.talking import resend_key
from inbox.thread_view import Entry, Happened, Known, Onlooker, digest_of, entries
from storage.conversations import Listed
from storage.messages import Mark
from storage.tx import Tx

PAGE = 50


@dataclass(frozen=True, slots=True)
class Thread:
    """`older` is what an earlier page ends before; "" at the beginning. `last` is "0" if empty.

    `first_new` is the id of the first entry that nobody has read, "" where all is read; `answer`
    that of the last answer of a person, "0" without one.
    """

    listed: Listed
    entries: tuple[Entry, ...]
    older: str
    last: str
    last_record: str
    last_note: str
    last_act: str
    first_new: str
    answer: str
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
    notes = await tx.notes.latest(listed.conversation.id, PAGE, after=after, before=before)
    acts = await tx.acts.of_conversation(listed.conversation.id, PAGE, after=after, before=before)
    happened = Happened(messages, records, notes, acts)
    shown = await read_entries(tx, happened, listed, catalog, onlooker)
    return Thread(
        listed=listed,
        entries=tuple(shown),
        older=str(messages[0].id) if has_older else "",
        last=str(messages[-1].id) if messages else "0",
        last_record=str(records[-1].id) if records else "0",
        last_note=str(notes[-1].id) if notes else "0",
        last_act=str(acts[-1].id) if acts else "0",
        first_new=_first_new(messages, listed.conversation.unread) if before is None else "",
        answer=str(listed.conversation.answer or 0),
        mark=digest_of([_mark(one) for one in messages]),
    )


def _first_new(messages: Sequence[Message], unread: int) -> str:
    """Where what came in since somebody looked begins."""
    heard = [one.id for one in messages if one.direction is Direction.IN]
    return str(heard[-min(unread, len(heard))]) if unread and heard else ""


async def read_entries(
    tx: Tx, happened: Happened, listed: Listed, catalog: Catalog, onlooker: Onlooker
) -> list[Entry]:
    """All this as it is shown, with what else has to be known of the messages."""
    messages = happened.messages
    with_files = [one.id for one in messages if one.content.attachments]
    failed = {resend_key(one.id): one.id for one in messages if one.status in RESENDABLE}
    answers = [one.id for one in messages if one.author is Author.OPERATOR and one.sent_at]
    known = Known(
        files=await tx.files.marks(with_files) if with_files else {},
        resent=await _resent(tx, failed) if failed else frozenset(),
        targets=await tx.alterations.targets(answers) if answers else {},
        is_stranger=any(map(_is_picture_of_theirs, messages)) and await _is_stranger(tx, listed),
    )
    return entries(happened, listed, catalog, onlooker, known)


async def _resent(tx: Tx, failed: dict[str, MessageId]) -> frozenset[MessageId]:
    return frozenset(failed[key] for key in await tx.messages.by_keys(failed))


def _is_picture_of_theirs(message: Message) -> bool:
    kinds = (MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.STICKER)
    return message.author is Author.CONTACT and any(
        isinstance(one, Media) and one.kind in kinds for one in message.content.attachments
    )


async def _is_stranger(tx: Tx, listed: Listed) -> bool:
    """Nobody has answered them yet, and they have never subscribed to anything."""
    one = listed.conversation
    if one.answer is not None or one.first_answer_at is not None:
        return False
    return not (await tx.subscriptions.load([one.address])).get(one.address)


def about_mark(listed: Listed, head: Head, card: Card) -> str:
    """Stands for what is shown around the messages: another one, and something changed."""
    # Each message moves this one time, which is not shown there.
    conversation = replace(listed.conversation, last_message_at=listed.conversation.opened_at)
    # So does the count of what somebody sends, as long as it is no flood.
    heard = listed.heard if listed.muted_until is not None else 0
    shown = repr((replace(listed, conversation=conversation, heard=heard), head, card))
    return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()[:16]


def _mark(message: Message) -> Mark:
    one = message
    return Mark(
        one.id,
        one.status,
        one.error,
        one.edited_at,
        one.removed_at,
        one.files_at,
        one.altering,
        one.alter_error,
    )
