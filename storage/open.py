"""Making a database ready: migrations, and the check that it is the one this version knows."""

import sqlite3

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from storage import versions
from storage.database import Database
from storage.errors import Unavailable, WrongSchema, translate

_OLDEST_SQLITE = (3, 35, 0)


async def migrate(url: str) -> None:
    """Bring the database up to this version, from an empty one too. Doing it twice is harmless."""
    from storage.migrating import upgrade  # noqa: PLC0415 - a server that runs does without it.

    database = Database(url)
    try:
        async with database.connection() as connection:
            await connection.run_sync(upgrade)
    except SQLAlchemyError as error:
        raise translate(error) from error
    finally:
        await database.close()


async def open_database(url: str, *, migrates: bool) -> Database:
    """A database at this version. An empty one is made; an older one only where `migrates`.

    Raises:
        WrongSchema: the database is of another version; the text names the command to run.
        Unavailable: there is no database at that URL.
    """
    database = Database(url)
    try:
        _check_sqlite(database)
        async with database.connection() as connection:
            found = await connection.run_sync(_revision)
        wanted = versions.newest()
        if found is None or (migrates and found != wanted):
            await migrate(url)
        elif found != wanted:
            raise WrongSchema(_advice(found, wanted))
    except SQLAlchemyError as error:
        await database.close()
        raise translate(error) from error
    except OSError as error:
        await database.close()
        raise Unavailable(str(error)) from error
    except WrongSchema:
        await database.close()
        raise
    return database


def _advice(found: str, wanted: str) -> str:
    if found in versions.known():
        return (
            f"the database is at version {found}, this Parley needs {wanted}: "
            "make a backup, then run `parley db upgrade`"
        )
    return (
        f"the database is at version {found}, which this Parley does not know: "
        "it was made by a newer one; install that, or restore the backup made before it"
    )


def _check_sqlite(database: Database) -> None:
    if not database.is_postgres and sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        wanted = ".".join(map(str, _OLDEST_SQLITE))
        raise WrongSchema(
            f"this Python comes with SQLite {sqlite3.sqlite_version}, {wanted} is needed: "
            "use a newer Python, or PostgreSQL"
        )
    if not database.is_postgres and database.url.database:
        # A connection that fails inside aiosqlite leaves a thread that outlives our loop.
        try:
            sqlite3.connect(database.url.database).close()
        except sqlite3.Error as error:
            raise Unavailable(f"{database.url.database}: {error}") from error


def _revision(connection: Connection) -> str | None:
    revision = versions.of_database(connection)
    if revision is None and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise WrongSchema(
            "the database holds tables that are not Parley's: give it a database of its own"
        )
    return revision
