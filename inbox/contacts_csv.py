"""Everybody that a filter finds as a table for a spreadsheet, line by line."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from core.ids import ContactId
from dialogues.catalog import Catalog
from inbox.contacts_filter import PeopleFilter
from inbox.contacts_rows import PersonRow, read_people
from inbox.language import Say
from storage.database import Database

_AT_ONCE = 500
_COLUMNS = (
    "id", "name", "customer", "site", "messengers", "reachable", "topics", "pending", "tags",
    "last_wrote",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # Excel reads them so.
_BOM = b"\xef\xbb\xbf"


async def table_of(
    database: Database, wanted: PeopleFilter, catalog: Catalog, say: Say, language: str
) -> AsyncIterator[bytes]:
    """UTF-8 with a mark that Excel needs; each piece is read in a transaction of its own."""
    delimiter = ";" if language == "ru" else ","
    yield _BOM + _lines([[say(f"column_{name}") for name in _COLUMNS]], delimiter)
    before: ContactId | None = None
    while True:
        async with database.read() as tx:
            found = await tx.directory.page(wanted.sought(catalog), _AT_ONCE, before)
            rows = await read_people(tx, found, catalog, language)
        if rows:
            yield _lines([_cells(one, say) for one in rows], delimiter)
        if len(found) < _AT_ONCE:
            return
        before = found[-1].id


def _cells(row: PersonRow, say: Say) -> list[str]:
    places = [f"{one.account} {one.who}".strip() for one in row.places]
    is_reachable = any(one.is_reachable for one in row.places)
    return [
        str(row.id),
        row.name,
        row.customer,
        row.site,
        ", ".join(places),
        say("csv_yes" if is_reachable else "csv_no"),
        ", ".join(one.title for one in row.topics if not one.is_pending),
        ", ".join(one.title for one in row.topics if one.is_pending),
        ", ".join(row.tags),
        row.last_wrote.strftime("%Y-%m-%d %H:%M") if row.last_wrote else "",
    ]


def _lines(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    # A lone surrogate cannot be here: core cleans what comes in.
    return written.getvalue().encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """A text that a spreadsheet shows and does not calculate."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
