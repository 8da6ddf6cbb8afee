"""The files of a message that was changed or taken back: those of what it says now, no others."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Select, bindparam, delete, select

from core.content import Content, Media
from core.ids import AddressId, MessageId
from core.messages import Direction
from storage.codec import load_content
from storage.files import FileRows, NewFile
from storage.sql import Sql
from storage.tables import addresses, message_files, messages


async def changed_messages(
    sql: Sql, latest: Mapping[tuple[AddressId, str], Content]
) -> list[MessageId]:
    """The ids of these messages of contacts."""
    rows = await sql.run(_edited(latest, sql))
    return [row.id for row in rows if (row.address_id, row.external_id) in latest]


async def changed_files(
    sql: Sql, latest: Mapping[tuple[AddressId, str], Content]
) -> tuple[list[NewFile], list[NewFile]]:
    """Which files of these messages go and which come, asked before the wording is written.

    What stands where it stood stays as it is: a new caption fetches no picture anew.
    """
    rows = await sql.run(_edited(latest, sql))
    going, coming = list[NewFile](), list[NewFile]()
    for row in rows:
        content = latest.get((row.address_id, row.external_id))
        if content is None:
            continue
        old, new = _refs(load_content(row.content)), _refs(content)
        places = sorted(old.keys() | new.keys())
        changed = [place for place in places if old.get(place) != new.get(place)]
        files = [NewFile(row.id, place, row.account) for place in changed]
        going += [file for file in files if file.position in old]
        coming += [file for file in files if file.position in new]
    return going, coming


async def drop_files(sql: Sql, rows: Sequence[NewFile]) -> None:
    """The messages have these no more; their bytes go when nobody uses them."""
    await sql.ask_many(_drop, [{"message": row.message, "place": row.position} for row in rows])


def _drop(_: Sql) -> Executable:
    return delete(message_files).where(
        message_files.c.message_id == bindparam("message"),
        message_files.c.position == bindparam("place"),
    )


def _refs(content: Content) -> dict[int, str]:
    return {
        place: one.ref for place, one in enumerate(content.attachments) if isinstance(one, Media)
    }


def _edited(latest: Mapping[tuple[AddressId, str], Content], sql: Sql) -> Select[Any]:
    return (
        select(
            messages.c.id,
            messages.c.address_id,
            messages.c.external_id,
            messages.c.content,
            addresses.c.account,
        )
        .join(addresses, addresses.c.id == messages.c.address_id)
        .where(
            sql.among(messages.c.address_id, sorted({address for address, _ in latest})),
            sql.among(messages.c.external_id, sorted({external for _, external in latest})),
            messages.c.direction == Direction.IN,
        )
    )


async def drop_all_files(sql: Sql, ids: Sequence[MessageId]) -> None:
    """These messages have no files any more; what nobody else uses goes with them."""
    if not ids:
        return
    rows = await sql.run(
        delete(message_files)
        .where(sql.among(message_files.c.message_id, sorted(ids)))
        .returning(message_files.c.digest)
    )
    await FileRows(sql).drop_unused(row.digest for row in rows if row.digest is not None)
