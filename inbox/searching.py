"""Finding a conversation: by who they are, by an order, by what was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.ids import AddressId, MessageId
from dialogues.catalog import Catalog
from inbox.search_words import Asked, asked, excerpt
from storage.conversations import Listed
from storage.search import Word
from storage.tx import Tx

LONGEST = 200
_MOST_PEOPLE = 20
_MOST_MESSAGES = 200
_MOST = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found. `message` is where, None where the person themselves."""

    conversation: str
    name: str
    account: str
    state: str
    at: datetime
    pieces: tuple[tuple[str, bool], ...]
    """Of the text, and whether each is what was looked for."""
    message: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    people: tuple[Hit, ...]
    messages: tuple[Hit, ...]


async def search(tx: Tx, typed: str, catalog: Catalog) -> Hits:
    """The newest first; of each conversation only the newest message."""
    question = asked(typed[:LONGEST])
    words = [Word(one.stem, one.begins) for one in question]
    people = await tx.search.people(words, _MOST_PEOPLE)
    newest: dict[AddressId, MessageId] = {}
    for id_, address in await tx.search.messages(words, _MOST_MESSAGES):
        if len(newest) < _MOST:
            newest.setdefault(address, id_)
    listed = {
        one.conversation.address: one
        for one in await tx.conversations.of_addresses([*people, *newest])
    }
    texts = await _texts(tx, newest.values(), question)
    return Hits(
        tuple(_person(listed[one], catalog) for one in people if one in listed),
        tuple(
            _message(listed[address], id_, *texts[id_], catalog)
            for address, id_ in newest.items()
            if address in listed and id_ in texts
        ),
    )


Found = tuple[datetime, tuple[tuple[str, bool], ...]]


async def _texts(tx: Tx, ids: Iterable[MessageId], question: list[Asked]) -> dict[MessageId, Found]:
    messages = await tx.messages.find(ids)
    return {
        one.id: (one.created_at, tuple(excerpt(one.content.text, question))) for one in messages
    }


def _person(listed: Listed, catalog: Catalog) -> Hit:
    one = listed.conversation
    return Hit(str(one.id), listed.name, _account(listed, catalog), one.state,
               one.last_message_at, ())  # fmt: skip


def _message(
    listed: Listed,
    id_: MessageId,
    at: datetime,
    pieces: tuple[tuple[str, bool], ...],
    catalog: Catalog,
) -> Hit:
    one = listed.conversation
    return Hit(str(one.id), listed.name, _account(listed, catalog), one.state, at, pieces, id_)


def _account(listed: Listed, catalog: Catalog) -> str:
    account = catalog.accounts.get(listed.account)
    return account.title if account else listed.account
