"""One open transaction's connection, and the few things that SQLite and PostgreSQL write apart."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Dialect,
    Executable,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from storage.bulk import Bulk
from storage.query import Query


class Rows(Protocol):
    """As the driver gives them."""

    @property
    def returns_rows(self) -> bool: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """An AsyncConnection, or the same on one thread (`storage.inline`)."""

    @property
    def dialect(self) -> Dialect: ...

    async def execute(self, statement: Executable, values: Any = None, /) -> CursorResult[Any]: ...

    async def exec_driver_sql(self, statement: str, values: Any = (), /) -> Rows: ...


MAX_ID = 2**63 - 1
"""Above every id: for a prepared statement whose upper bound is left open."""
Build: TypeAlias = "Callable[[Sql], Executable]"
"""Makes a statement whose values are parameters with names; a function of a module, not a lambda
of a call: the statement is remembered by it."""

_queries: dict[tuple[Build, bool], Query] = {}
_bulks: dict[tuple[object, ...], Bulk] = {}


class Sql:
    """Statements take arrays as one parameter, so that their text never depends on a size."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_postgres = connection.dialect.name == "postgresql"

    async def run(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def ask(self, build: Build, **values: Any) -> list[Any]:
        """The rows of a statement that is built once per kind of database.

        A list goes to `listed`, a list of pairs to `listed_pairs` of the same name.
        """
        query = self._query(build)
        given = query.parameters(self._parameters(values))
        result = await self.connection.exec_driver_sql(query.text, given)
        return query.rows(result) if result.returns_rows else []

    async def ask_many(self, build: Build, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run such a statement once for each of these rows of parameters."""
        if rows:
            query = self._query(build)
            given = [query.parameters(row) for row in rows]
            await self.connection.exec_driver_sql(query.text, given)

    def _query(self, build: Build) -> Query:
        key = (build, self.is_postgres)
        query = _queries.get(key)
        if query is None:
            query = _queries[key] = Query.prepare(build(self), self.connection.dialect)
        return query

    def _parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, value in values.items():
            if type(value) is not list:
                given[name] = value
            elif not self.is_postgres:
                given[name] = json.dumps(value)
            elif value and type(value[0]) is tuple:
                given[f"{name}_0"], given[f"{name}_1"] = map(list, zip(*value, strict=True))
            else:
                given[name] = value
        return given

    async def insert_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of one shape; none does nothing."""
        await self.write_many(rows, table.insert, table)

    async def add_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert those whose keys are not there yet."""
        await self.write_many(
            rows, lambda: self.insert(table).on_conflict_do_nothing(), table, "missing"
        )

    async def upsert_many(
        self,
        table: Table,
        rows: Sequence[Mapping[str, Any]],
        keys: Sequence[str],
        fixed: Sequence[str] = (),
    ) -> None:
        """Insert, or replace the other columns, save the fixed ones, of the row with these keys."""

        def build() -> UpdateBase:
            statement = self.insert(table)
            others = [name for name in rows[0] if name not in (*keys, *fixed)]
            return statement.on_conflict_do_update(
                index_elements=[table.c[key] for key in keys],
                set_={table.c[name]: statement.excluded[table.c[name].name] for name in others},
            )

        await self.write_many(rows, build, table, *keys)

    async def add_up(
        self,
        table: Table,
        rows: Sequence[Mapping[str, Any]],
        keys: Sequence[str],
        amounts: Sequence[str],
    ) -> None:
        """Insert, or add the amounts to those of the row with these keys."""

        def build() -> UpdateBase:
            statement = self.insert(table)
            return statement.on_conflict_do_update(
                index_elements=[table.c[key] for key in keys],
                set_={name: table.c[name] + statement.excluded[name] for name in amounts},
            )

        await self.write_many(rows, build, table, *keys, "added up")

    async def update_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write every column that the rows have into the row with the same `id`."""

        def build() -> UpdateBase:
            names = [name for name in rows[0] if name != "id"]
            # A parameter may not be called like a column that is written.
            values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
            return table.update().where(table.c.id == bindparam("id_")).values(values)

        def named(name: str) -> str:
            return "id" if name == "id_" else name.removeprefix("new_")

        await self.write_many(rows, build, table, "update", named=named)

    async def write_many(
        self,
        rows: Sequence[Mapping[str, Any]],
        build: Callable[[], UpdateBase],
        *key: object,
        named: Callable[[str], str] = str,
    ) -> None:
        """One statement for each of these rows; built once for `key` and the rows' columns.

        `named` tells which column of a row a parameter is.
        """
        if not rows:
            return
        shape = (*key, self.is_postgres, *rows[0])
        bulk = _bulks.get(shape)
        if bulk is None:
            bulk = Bulk.prepare(build(), list(rows[0]), self.connection.dialect, named)
            _bulks[shape] = bulk
        await self.connection.exec_driver_sql(bulk.text, bulk.values(rows))

    def insert(self, table: Table) -> PostgresInsert:
        """An insert that knows ON CONFLICT; both dialects spell it alike."""
        if self.is_postgres:
            return postgres_insert(table)
        return sqlite_insert(table)  # type: ignore[return-value]  # Same methods, other class.

    def listed(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """`column` is one of the list that `ask` is given by this name."""
        if self.is_postgres:
            return column == any_of(bindparam(name, type_=ARRAY(_kind(column))))
        return column.in_(_each(bindparam(name)))

    def listed_pairs(
        self, first: ColumnElement[Any], second: ColumnElement[Any], name: str
    ) -> ColumnElement[bool]:
        """(first, second), texts, is one of the pairs that `ask` is given by this name."""
        return tuple_(first, second).in_(self.pairs(name))

    def pairs(self, name: str, *more: ColumnElement[Any]) -> Select[Any]:
        """The pairs of texts that `ask` is given by this name as rows, `more` after each."""
        names = (f"{name}_0", f"{name}_1") if self.is_postgres else (name,)
        return self._rows([bindparam(each) for each in names], *more)

    def _rows(self, arrays: list[ColumnElement[Any]], *more: ColumnElement[Any]) -> Select[Any]:
        if self.is_postgres:
            texts = [cast(array, ARRAY(Text())) for array in arrays]
            table = func.unnest(*texts).table_valued("c0", "c1").render_derived()
            return select(table.c.c0, table.c.c1, *more)
        value: ColumnElement[Any] = literal_column("value")
        sides = (func.json_extract(value, f"$[{side}]") for side in (0, 1))
        return select(*sides, *more).select_from(func.json_each(*arrays))

    def among(self, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """`column` is one of `values`, all numbers or all texts; for what is asked seldom."""
        listed = list(values)
        if self.is_postgres:
            return column == any_of(bindparam(None, listed, type_=ARRAY(_kind(column))))
        return column.in_(_each(bindparam(None, json.dumps(listed))))

    def among_pairs(
        self,
        first: ColumnElement[Any],
        second: ColumnElement[Any],
        values: Iterable[tuple[str, str]],
    ) -> ColumnElement[bool]:
        """(first, second) is one of `values`, texts; for what is asked seldom."""
        listed = list(values)
        if not listed:
            return false()
        given = self._parameters({"pairs": listed}).values()
        return tuple_(first, second).in_(self._rows([bindparam(None, one) for one in given]))


def _each(document: ColumnElement[Any]) -> Any:
    return select(literal_column("value")).select_from(func.json_each(document))


def _kind(column: ColumnElement[Any]) -> TypeEngine[Any]:
    return BigInteger() if isinstance(column.type, Integer) else Text()
