"""Which version the tables of a database are of, without the tool that migrates them."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

FOLDER = Path(__file__).parent / "migrations"


@cache
def known() -> tuple[str, ...]:
    """Every version, the first one first: a migration's file is called after it."""
    files = (FOLDER / "versions").glob("v[0-9]*.py")
    return tuple(sorted(file.name[1:].partition("_")[0] for file in files))


def newest() -> str:
    """The version that this code needs."""
    return known()[-1]


def of_database(connection: Connection) -> str | None:
    """None: it is not told. A database without tables has none either."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
