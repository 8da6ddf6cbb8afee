"""A whole database as lines of JSON, and back: from SQLite to PostgreSQL, or into a safe place.

The first line says of which version it is; each other one is [table, row]. What belongs to
running processes (leases, who is signed in and there) and what is made anew (the search) stays.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, select, text, tuple_

from storage.tables import metadata
from storage.tx import Tx
from storage.types import UtcDateTime
from storage.versions import newest

_LEFT_OUT = {"leases", "presence", "operator_sessions", "search_again", "search_state"}
TABLES = tuple(table for table in metadata.sorted_tables if table.name not in _LEFT_OUT)
"""In an order in which each row finds what it points to."""
_AT_ONCE = 1000
_FORM = 1


class NotCopied(Exception):
    """It cannot be taken over; the text says what is wrong, where, and what to do."""

    code = "not_copied"


async def lines(tx: Tx, now: datetime) -> AsyncIterator[str]:
    """The database as of the beginning of this transaction, without the ends of lines.

    Nothing may have been read in it before.
    """
    if tx.sql.is_postgres:
        await tx.sql.run(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    yield json.dumps({"parley": _FORM, "tables": newest(), "made_at": now.isoformat()})
    for table in TABLES:
        async for row in _rows(tx, table):
            yield json.dumps([table.name, row], ensure_ascii=False, separators=(",", ":"))


async def _rows(tx: Tx, table: Table) -> AsyncIterator[dict[str, Any]]:
    for is_own in _passes(table):
        last: tuple[Any, ...] | None = None
        keys = list(table.primary_key.columns)
        while True:
            statement = select(table).order_by(*keys).limit(_AT_ONCE)
            if is_own is not None:
                statement = statement.where(is_own)
            if last is not None:
                statement = statement.where(tuple_(*keys) > last)
            found = (await tx.sql.run(statement)).all()
            for row in found:
                values = {column.name: row._mapping[column] for column in table.c}
                yield {name: _dump(value) for name, value in values.items() if value is not None}
            if len(found) < _AT_ONCE:
                break
            last = tuple(found[-1]._mapping[key] for key in keys)


def _passes(table: Table) -> tuple[Any, ...]:
    """Rows that others of the same table point to come first; none points further than that."""
    for column in table.c:
        if any(key.column.table is table for key in column.foreign_keys):
            return (column.is_(None), column.is_not(None))
    return (None,)


def _dump(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


async def take(tx: Tx, given: Iterable[str]) -> int:
    """Fill an empty database with lines that `lines` gave; how many rows.

    Raises:
        NotCopied: nothing may be committed.
    """
    numbered = iter(enumerate(given, 1))
    _check_head(next(numbered, (1, ""))[1])
    await _require_empty(tx)
    many = 0
    for name, found in groupby(_read(numbered), key=lambda one: one[0]):
        table = metadata.tables[name]
        rows = (row for _, row in found)
        while some := list(islice(rows, _AT_ONCE)):
            # Rows of one statement have one shape: what a row does not name is null.
            whole = [{column.key: row.get(column.key) for column in table.c} for row in some]
            await tx.sql.insert_many(table, whole)
            many += len(some)
    return many


def _check_head(line: str) -> None:
    try:
        head = json.loads(line)
        form, found = head["parley"], head["tables"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotCopied("line 1: this is nothing that `parley export` wrote") from error
    if form != _FORM or found != newest():
        raise NotCopied(
            f"line 1: it was written at version {found} of the tables, this Parley has "
            f"{newest()}: bring both to the same version (`parley db upgrade`) and export again"
        )


async def _require_empty(tx: Tx) -> None:
    for table in TABLES:
        first = await tx.sql.run(select(*table.primary_key.columns).limit(1))
        if first.first() is not None:
            raise NotCopied(
                f"the database is not empty ({table.name}): import into a new one, "
                "before the server has run on it"
            )


def _read(numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    known = {table.name: {c.name: c for c in table.c} for table in TABLES}
    for number, line in numbered:
        if not line.strip():
            continue
        try:
            name, row = json.loads(line)
            columns = known[name]
            yield name, {columns[key].key: _load(columns[key], value) for key, value in row.items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NotCopied(f"line {number}: this is no row of this version's tables") from error


def _load(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    return value
