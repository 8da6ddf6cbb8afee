"""What a database says when it says no, as the three cases on which callers act differently."""

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_CONTENTION = {"40001", "40P01", "55P03"}
_SQLITE_BUSY = ("database is locked", "database table is locked")


class Contended(Exception):
    """A deadlock, a serialisation failure or a lock's time-out: try the whole again."""

    code = "contended"


class BadData(Exception):
    """The database refused a value: one of the rows is the culprit."""

    code = "bad_data"


class Unavailable(Exception):
    """No database answers: nobody's data is to blame."""

    code = "unavailable"


class WrongSchema(Exception):
    """The database was made by another version; the text says which command to run."""

    code = "wrong_schema"


def translate(error: SQLAlchemyError) -> Exception:
    """One of the three above; another programming mistake stays what it is."""
    if isinstance(error, PoolTimeout):
        return Unavailable("no free connection")
    if not isinstance(error, DBAPIError):
        return error
    state = getattr(error.orig, "sqlstate", None) or getattr(
        getattr(error.orig, "__cause__", None), "sqlstate", None
    )
    text = str(error.orig)
    if state in _CONTENTION or any(busy in text for busy in _SQLITE_BUSY):
        return Contended(type(error.orig).__name__)
    if error.connection_invalidated or (state or "")[:2] in ("08", "57", "53"):
        return Unavailable(type(error.orig).__name__)
    if isinstance(error, IntegrityError) or (state or "")[:2] in ("22", "23"):
        return BadData(f"{type(error.orig).__name__} {state or ''}".strip())
    if isinstance(error, OperationalError):
        return Unavailable(f"{type(error.orig).__name__}: {text.splitlines()[0][:200]}")
    return BadData(f"{type(error.orig).__name__} {state or ''}".strip())
