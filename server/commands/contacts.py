"""parley contacts: give a person everything about them, or remove it."""

import json
from pathlib import Path
from typing import Any

from core.acts import COMMAND_LINE
from core.ids import ContactId
from inbox.journal import Journal
from inbox.person_data import PersonData
from media.library import delete_all_doomed
from media.store import StoreFailed
from server.commands.loop import run_async
from server.commands.opened import Opened, opened
from server.commands.terminal import Refused, load, out, say
from server.config import Config
from server.values import store_of
from storage.database import Database
from storage.erasure import NobodyThere


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
        try:
            return await _data(place).export(tx, contact, COMMAND_LINE)
        except NobodyThere:
            raise Refused(f"there is no contact {contact}") from None


async def _erase(config: Config, contact: ContactId) -> int:
    async with opened(config) as place:
        async with place.database.write() as tx:
            try:
                count = await _data(place).erase(tx, contact, COMMAND_LINE)
            except NobodyThere:
                raise Refused(f"there is no contact {contact}") from None
        await _delete_bytes(config, place.database)
    return count


def _data(place: Opened) -> PersonData:
    return PersonData(Journal(place.new_id, place.now))


async def _delete_bytes(config: Config, database: Database) -> None:
    try:
        await delete_all_doomed(database, store_of(config))
    except StoreFailed:
        say("the files cannot be deleted from the store now; the server tries again every hour")
