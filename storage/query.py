"""A statement compiled once, its values and its rows as the driver takes and gives them.

SQLAlchemy needs 0.15 ms to run a statement that it has compiled already; a batch of the intake
asks a dozen, whatever its size.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """One parameter: the value of that name, or, where it has none, what the statement says."""

    name: str
    constant: Any
    make: Processor | None


@dataclass(frozen=True, slots=True)
class Query:
    """`shape` makes a row with names; `readers` are what turns each of its values into ours."""

    text: str
    places: tuple[_Place, ...]
    shape: Callable[[Iterable[Any]], Any]
    readers: tuple[tuple[int, Processor], ...]

    @classmethod
    def prepare(cls, statement: Executable, dialect: Dialect) -> "Query":
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        # Such an IN is written anew for each number of values: `one_of` and `listed` are not.
        assert not compiled.post_compile_params, "a prepared statement has no IN of values"
        columns = getattr(statement, "exported_columns", {}).items()
        row = namedtuple("Row", [name for name, _ in columns])  # type: ignore[misc]
        readers = ((at, reader_of(column.type, dialect)) for at, (_, column) in enumerate(columns))
        return cls(
            compiled.string,
            tuple(_place(compiled, name, dialect) for name in compiled.positiontup or ()),
            row._make,
            tuple((at, reader) for at, reader in readers if reader is not None),
        )

    def parameters(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(
            [
                one.constant
                if not one.name
                else values[one.name]
                if one.make is None
                else one.make(values[one.name])
                for one in self.places
            ]
        )

    def rows(self, given: Iterable[Iterable[Any]]) -> list[Any]:
        """Rows whose values go by the names of their columns."""
        readers = self.readers
        made = []
        for one in given:
            values = list(one)
            for at, read in readers:
                values[at] = read(values[at])
            made.append(self.shape(values))
        return made


def _place(compiled: SQLCompiler, name: str, dialect: Dialect) -> _Place:
    bound = compiled.binds[name]
    make = writer_of(bound.type, dialect)
    if bound.required:
        return _Place(name, None, make)
    value = bound.effective_value
    return _Place("", value if make is None else make(value), None)


def writer_of(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def reader_of(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
