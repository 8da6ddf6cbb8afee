"""A statement for many rows as the driver takes it: SQLAlchemy's own way costs twice per row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Update
from sqlalchemy.sql.dml import UpdateBase

from storage.query import Processor, writer_of


@dataclass(frozen=True, slots=True)
class Bulk:
    """`places` are, by the order of the parameters, the rows' columns and what makes them text."""

    text: str
    places: tuple[tuple[str, Processor | None], ...]

    @classmethod
    def prepare(
        cls,
        statement: UpdateBase,
        columns: list[str],
        dialect: Dialect,
        named: Callable[[str], str],
    ) -> "Bulk":
        """Compile it for rows with these columns; its only parameters are theirs."""
        # An update names its columns itself. Told `id`, it would write that too, and SQLite would
        # search every table that refers to the row.
        keys = None if isinstance(statement, Update) else columns
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        return cls(
            compiled.string,
            tuple(
                (named(name), writer_of(compiled.binds[name].type, dialect))
                for name in compiled.positiontup or ()
            ),
        )

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        return [
            tuple(
                [row[name] if make is None else make(row[name]) for name, make in self.places]
            )
            for row in rows
        ]  # fmt: skip
