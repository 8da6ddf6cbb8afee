"""The words of messages and of people, to be found by: FTS5 on SQLite, a GIN index on PostgreSQL.

Both hold stems that were made before (inbox.search_words), so that both find the same. Filled in
batches by a worker, a moment after the commit: the intake does not wait for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    Select,
    TableClause,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from core.ids import AddressId, MessageId
from storage.codec import load_content
from storage.sql import Sql
from storage.tables import addresses, contacts, messages, orders, search_again, search_state

_MARK = "messages"
_NEWEST = 50_000
"""Rows that are read one by one. A word that is not there often enough stands in so few that its
index gives all of them at once."""
_ADVISORY = 0x70617273
"""PostgreSQL's name for the lock of whoever writes here; any other number than others' will do."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A table of words; on SQLite the row's own number is its id."""

    table: TableClause
    id: ColumnClause[int]


def _words_of(name: str, *, is_postgres: bool) -> _Words:
    id_: ColumnClause[int] = column("id" if is_postgres else "rowid", BigInteger())
    made = table(name, id_, column("address_id", BigInteger()), column("words"))
    return _Words(made, id_)


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that the search does not know yet."""

    id: MessageId
    address: AddressId
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """A stem; `begins` also finds words that begin like that. Letters and digits only."""

    stem: str
    begins: str = ""


class Search:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._messages = _words_of("search_messages", is_postgres=sql.is_postgres)
        self._people = _words_of("search_people", is_postgres=sql.is_postgres)

    async def mark(self) -> int:
        """Up to where every message was read; those behind it may not be."""
        rows = await self._sql.run(select(search_state.c.mark).where(search_state.c.name == _MARK))
        return rows.scalar() or 0

    async def move(self, mark: int) -> None:
        await self._sql.upsert_many(search_state, [{"name": _MARK, "mark": mark}], keys=("name",))

    async def unread(self, mark: int, limit: int) -> list[Unread]:
        """The oldest messages behind the mark that are not there yet, and those that changed."""
        known = select(literal(1)).where(self._messages.id == messages.c.id)
        wanted = select(messages.c.id, messages.c.address_id, messages.c.content)
        again = wanted.join(search_again, search_again.c.message_id == messages.c.id)
        fresh = wanted.where(messages.c.id > mark, ~known.exists()).order_by(messages.c.id)
        rows = [*await self._sql.run(again.limit(limit))]
        rows += await self._sql.run(fresh.limit(limit - len(rows)))
        # What changed right after it was read is among both.
        return [
            Unread(row.id, row.address_id, load_content(row.content).text)
            for row in {row.id: row for row in rows}.values()
        ]

    async def alone(self) -> None:
        """Until the end of the transaction no other one writes here, but for edits.

        Two that put the same person would break on the key, and what one has read before
        another erased it would come back.
        """
        if self._sql.is_postgres:
            await self._sql.run(select(func.pg_advisory_xact_lock(_ADVISORY)))

    async def take(self, ids: Sequence[MessageId]) -> dict[MessageId, str]:
        """What these messages say now, who are read anew by it."""
        # First: of an edit that commits later, the mark stays.
        again = self._sql.among(search_again.c.message_id, ids)
        await self._sql.run(delete(search_again).where(again))
        rows = await self._sql.run(
            select(messages.c.id, messages.c.content).where(self._sql.among(messages.c.id, ids))
        )
        return {row.id: load_content(row.content).text for row in rows}

    async def add(self, rows: Sequence[tuple[MessageId, AddressId, Sequence[str]]]) -> None:
        """(message, address, stems) each; what was there is replaced."""
        await self._forget(self._messages, [id_ for id_, *_ in rows])
        await self._write(self._messages, rows)

    async def put(self, rows: Sequence[tuple[AddressId, Sequence[str]]]) -> None:
        """(address, stems of the person's names and orders); what was there is replaced. Be
        `alone` before."""
        if rows:
            await self._forget(self._people, [id_ for id_, _ in rows])
            await self._write(self._people, [(id_, id_, words) for id_, words in rows])

    async def _write(
        self, into: _Words, rows: Sequence[tuple[int, AddressId, Sequence[str]]]
    ) -> None:
        if not rows:
            return
        given: ColumnElement[Any] = bindparam("stems")
        if self._sql.is_postgres:
            given = func.array_to_tsvector(cast(bindparam("stems"), ARRAY(Text())))
        statement = insert(into.table).values(
            {into.id.name: bindparam("id_"), "address_id": bindparam("address"), "words": given}
        )
        await self._sql.run(
            statement,
            [
                {"id_": id_, "address": address, "stems": self._stems(stems)}
                for id_, address, stems in rows
            ],
        )

    def _stems(self, stems: Sequence[str]) -> Any:
        return list(stems) if self._sql.is_postgres else " ".join(stems)

    async def read_again(self, ids: Iterable[MessageId]) -> None:
        """The words of these changed: forget the old ones."""
        wanted = sorted(set(ids))
        await self._forget(self._messages, wanted)
        await self._sql.add_many(search_again, [{"message_id": id_} for id_ in wanted])

    async def forget(self, ids: Sequence[int]) -> None:
        """Everything that these addresses could be found by. Be `alone` before."""
        theirs = select(messages.c.id).where(self._sql.among(messages.c.address_id, ids))
        rows = await self._sql.run(theirs)
        await self._forget(self._messages, [row.id for row in rows])
        await self._forget(self._people, ids)

    async def _forget(self, where: _Words, ids: Sequence[int]) -> None:
        if ids:
            statement = delete(where.table).where(where.id == bindparam("id_"))
            await self._sql.run(statement, [{"id_": id_} for id_ in ids])

    async def about(self, ids: Iterable[AddressId]) -> dict[AddressId, str]:
        """What each of these addresses can be found by: names, customers and orders of all the
        contacts that are this person."""
        wanted = sorted(set(ids))
        person = func.coalesce(contacts.c.merged_into, contacts.c.id)
        rows = await self._sql.run(
            select(
                addresses.c.id,
                addresses.c.first_name,
                addresses.c.last_name,
                addresses.c.username,
                addresses.c.user,
                person.label("person"),
            )
            .join(contacts, contacts.c.id == addresses.c.contact_id)
            .where(self._sql.among(addresses.c.id, wanted))
        )
        people = rows.all()
        known = await self._known({row.person for row in people})
        return {
            row.id: " ".join(part for part in (*row[1:5], *known.get(row.person, ())) if part)
            for row in people
        }

    async def _known(self, people: Iterable[int]) -> dict[int, list[str]]:
        """Person → names, customers, numbers of orders."""
        wanted = sorted(set(people))
        person = func.coalesce(contacts.c.merged_into, contacts.c.id)
        is_theirs = or_(
            self._sql.among(contacts.c.id, wanted), self._sql.among(contacts.c.merged_into, wanted)
        )
        members = await self._sql.run(
            select(contacts.c.id, contacts.c.name, contacts.c.customer, person.label("person"))
            .where(is_theirs)
            .order_by(contacts.c.id)
        )
        of = {row.id: (row.person, row.name, row.customer or "") for row in members}
        found: dict[int, list[str]] = {}
        for who, *texts in of.values():
            found.setdefault(who, []).extend(texts)
        rows = await self._sql.run(
            select(orders.c.contact_id, orders.c.number, orders.c.ref).where(
                self._sql.among(orders.c.contact_id, sorted(of))
            )
        )
        for row in rows:
            found[of[row.contact_id][0]].extend((row.number, row.ref))
        return found

    async def people(self, words: Sequence[Word], limit: int) -> list[AddressId]:
        """Addresses whose person is called or has ordered like that, the newest first."""
        return [row.address_id for row in await self._find(self._people, words, limit)]

    async def messages(
        self, words: Sequence[Word], limit: int
    ) -> list[tuple[MessageId, AddressId]]:
        """Messages that have all of these words, the newest first."""
        rows = await self._find(self._messages, words, limit)
        return [(row.id, row.address_id) for row in rows]

    def called(self, words: Sequence[Word]) -> Select[Any]:
        """Selects the addresses of all people who are called or have ordered like that."""
        return select(self._people.table.c.address_id).where(self._matches(self._people, words))

    async def _find(self, where: _Words, words: Sequence[Word], limit: int) -> Sequence[Any]:
        if not words:
            return ()
        found = select(where.id.label("id"), where.table.c.address_id)
        found = found.where(self._matches(where, words))
        if not self._sql.is_postgres:
            return (await self._sql.run(found.order_by(where.id.desc()).limit(limit))).all()
        newest = await self._among_newest(where, words, limit)
        if len(newest) == limit:
            return newest
        # `+ 0` keeps PostgreSQL from reading the whole table backwards for a word that is rare.
        order = (where.id + 0).desc()
        return (await self._sql.run(found.order_by(order).limit(limit))).all()

    async def _among_newest(
        self, where: _Words, words: Sequence[Word], limit: int
    ) -> Sequence[Any]:
        """Those among the newest rows: a common word is found there without its whole index."""
        newest = select(where.id, where.table.c.address_id, where.table.c.words)
        window = newest.order_by(where.id.desc()).limit(_NEWEST).subquery()
        found = select(window.c.id, window.c.address_id).where(self._is(window.c.words, words))
        return (await self._sql.run(found.order_by(window.c.id.desc()).limit(limit))).all()

    def _matches(self, where: _Words, words: Sequence[Word]) -> ColumnElement[bool]:
        if self._sql.is_postgres:
            return self._is(where.table.c.words, words)
        question = " AND ".join(_fts5(word) for word in words)
        return literal_column(where.table.name).op("MATCH")(question)

    def _is(self, vector: ColumnElement[Any], words: Sequence[Word]) -> ColumnElement[bool]:
        question = " & ".join(_tsquery(word) for word in words)
        return vector.op("@@", return_type=Boolean())(cast(question, TSQUERY))


def _tsquery(word: Word) -> str:
    # Words have letters and digits only, so nothing has to be escaped but is quoted all the same.
    both = [f"'{word.stem}'", f"'{word.begins}':*"] if word.begins else [f"'{word.stem}'"]
    return f"({' | '.join(both)})"


def _fts5(word: Word) -> str:
    both = [f'"{word.stem}"', f'"{word.begins}"*'] if word.begins else [f'"{word.stem}"']
    return f"({' OR '.join(both)})"
