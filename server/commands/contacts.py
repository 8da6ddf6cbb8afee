"""parley contacts: give a person everything about them, or remove it."""

import json
from pathlib import Path
from typing import Any

from core.acts import COMMAND_LINE, Did
from core.ids import ContactId
from inbox.journal import Journal
from media.library import delete_doomed
from media.store import StoreFailed
from server.commands.loop import run_async
from server.commands.opened import Opened, opened
from server.commands.terminal import Refused, load, out, say
from server.config import Config
from server.values import store_of
from storage.database import Database
from storage.erasure import NobodyThere, erase_person, export_person
from storage.tx import Tx


def export(file: Path, id_: str) -> None:
    """One JSON document to stdout. Raises Refused."""
    everything = run_async(_export(load(file), _id(id_)))
    out(json.dumps(everything, ensure_ascii=False, indent=2))


def erase(file: Path, id_: str, is_sure: bool) -> None:
    """Remove the person; consent records stay, without the person. Raises Refused."""
    contact = _id(id_)
    config = load(file)
    if not is_sure:
        raise Refused(
            f"this removes names, orders, messages, files and evidence of contact {id_} for good; "
            "say --yes to do it"
        )
    count = run_async(_erase(config, contact))
    say(f"contact {id_} is erased; {count} of their addresses stay, empty and unreachable")


def _id(given: str) -> ContactId:
    if not given.isascii() or not given.isdigit() or int(given) >= 2**63:
        raise Refused(f"{given!r} is no contact's id; the API and the inbox show ids")
    return ContactId(int(given))


async def _export(config: Config, contact: ContactId) -> dict[str, Any]:
    async with opened(config) as place, place.database.write() as tx:
        await _tell(tx, place, Did.CONTACT_EXPORTED, contact)
        try:
            return await export_person(tx, contact)
        except NobodyThere:
            raise Refused(f"there is no contact {contact}") from None


async def _erase(config: Config, contact: ContactId) -> int:
    async with opened(config) as place:
        async with place.database.write() as tx:
            await _tell(tx, place, Did.CONTACT_ERASED, contact)
            try:
                count = await erase_person(tx, contact, place.new_ids(), place.now())
            except NobodyThere:
                raise Refused(f"there is no contact {contact}") from None
        await _delete_bytes(config, place.database)
    return count


async def _tell(tx: Tx, place: Opened, did: Did, contact: ContactId) -> None:
    """Written with what it tells about, or not at all."""
    act = Journal(place.new_id, place.now).act(COMMAND_LINE, did, contact=contact)
    await tx.acts.add_many([act])


async def _delete_bytes(config: Config, database: Database) -> None:
    """After the commit: bytes do not come back where a transaction does not happen."""
    try:
        store = store_of(config)
        while await delete_doomed(database, store):
            pass
    except StoreFailed:
        say("the files cannot be deleted from the store now; the server tries again every hour")
