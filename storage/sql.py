"""One open transaction's connection, and the few things that SQLite and PostgreSQL write apart."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Dialect,
    Executable,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.types import TypeEngine


class Connection(Protocol):
    """An AsyncConnection, or the same on one thread (`storage.inline`)."""

    @property
    def dialect(self) -> Dialect: ...

    async def execute(self, statement: Executable, values: Any = None, /) -> CursorResult[Any]: ...


class Sql:
    """Statements take arrays as one parameter, so that their text never depends on a size."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_postgres = connection.dialect.name == "postgresql"

    async def run(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def insert_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of one shape; none does nothing."""
        if rows:
            await self.connection.execute(table.insert(), rows)

    async def upsert_many(
        self, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> None:
        """Insert, or replace every other column of the row with the same keys."""
        if not rows:
            return
        statement = self.insert(table)
        others = [name for name in rows[0] if name not in keys]
        statement = statement.on_conflict_do_update(
            index_elements=[table.c[key] for key in keys],
            set_={table.c[name]: statement.excluded[table.c[name].name] for name in others},
        )
        await self.connection.execute(statement, rows)

    def insert(self, table: Table) -> PostgresInsert:
        """An insert that knows ON CONFLICT; both dialects spell it alike."""
        if self.is_postgres:
            return postgres_insert(table)
        return sqlite_insert(table)  # type: ignore[return-value]  # Same methods, other class.

    def unnest(self, *columns: tuple[TypeEngine[Any], list[Any]]) -> Select[Any]:
        """Rows from one array per column; PostgreSQL only."""
        arrays = [
            cast(bindparam(None, values, type_=ARRAY(kind)), ARRAY(kind))
            for kind, values in columns
        ]
        names = [f"c{number}" for number in range(len(columns))]
        table = func.unnest(*arrays).table_valued(*names).render_derived()
        return select(*(table.c[name] for name in names))

    def among(self, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """`column` is one of `values`, all numbers or all texts."""
        listed = list(values)
        if self.is_postgres:
            kind = Text() if listed and isinstance(listed[0], str) else BigInteger()
            return column == any_of(bindparam(None, listed, type_=ARRAY(kind)))
        each = func.json_each(bindparam(None, json.dumps(listed), type_=Text()))
        return column.in_(select(literal_column("value")).select_from(each))

    def among_pairs(
        self,
        first: ColumnElement[Any],
        second: ColumnElement[Any],
        values: Iterable[tuple[str, str]],
    ) -> ColumnElement[bool]:
        """(first, second) is one of `values`; texts."""
        listed = list(values)
        if self.is_postgres:
            texts = [(Text(), [pair[side] for pair in listed]) for side in (0, 1)]
            return tuple_(first, second).in_(self.unnest(*texts))
        each = func.json_each(bindparam(None, json.dumps(listed), type_=Text()))
        value: ColumnElement[Any] = literal_column("value")
        pairs = select(func.json_extract(value, "$[0]"), func.json_extract(value, "$[1]"))
        return tuple_(first, second).in_(pairs.select_from(each))
