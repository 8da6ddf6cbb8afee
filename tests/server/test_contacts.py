"""Everything about a person: given in full, or removed with the proof of consent left."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.content import ContactCard, Content, Media, MediaKind
from core.ids import AccountId, EventKey, UserId
from core.inbound import Said
from media.collecting import Collector
from media.library import Library
from media.store import Store
from storage.events import Rejected
from storage.files import FileState
from tests.media.conftest import Web, chunks
from tests.server.parley import Shell, Told
from tests.world import ANNA, NOW, PROMO, TG, World, claims, opened

MARKS = ("Anna", "MARK-name", "MARK-order", "MARK-text", "MARK-consent", "+79990001122", "c-mark")


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Shell:
    shell = Shell(tmp_path)
    shell.configure(database=database_url)
    return shell


async def run(shell: Shell, *arguments: str) -> Told:
    return await asyncio.to_thread(shell.run, *arguments)


async def meet(world: World) -> str:
    """Anna orders, agrees to offers, writes, shows her phone. Her contact's id."""
    given = claims(
        "MARK-order", customer="c-mark", name="MARK-name", topics=(PROMO,), consent="MARK-consent"
    )
    await world.come(given)
    await world.link(claims("MARK-order-2", customer="c-mark", token="jti:2"))
    await world.say("MARK-text, where is my parcel?")
    await world.tell(Said(Content(attachments=(ContactCard("+79990001122", "Anna", own=True),))))
    async with world.database.write() as tx:
        body = json.dumps({"from": int(ANNA), "text": "MARK-text"}).encode()
        await tx.events.reject([Rejected(5, TG, EventKey("e5"), body, "KeyError", NOW)])
    return str((await world.address()).contact)


async def stored(world: World) -> str:
    """Every row of every table, as one text."""
    found: list[str] = []
    async with world.database.read() as tx:
        for name in ("contacts", "addresses", "orders", "address_orders", "messages", "sends",
                     "sessions", "timers", "calls", "emitted", "links", "consent_evidence",
                     "conversations", "rejected"):  # fmt: skip
            rows = await tx.sql.run(text(f"SELECT * FROM {name}"))  # noqa: S608
            found += [str([bytes(v) if isinstance(v, memoryview) else v for v in r]) for r in rows]
    return "\n".join(found)


async def test_an_export_holds_everything_that_is_stored(shell: Shell, database_url: str) -> None:
    async with opened(database_url) as world:
        id_ = await meet(world)
    told = await run(shell, "contacts", "export", id_)
    assert (told.code, told.err) == (0, "")
    for mark in MARKS:
        assert mark in told.out
    everything: dict[str, Any] = json.loads(told.out)
    assert everything["contacts"][0]["id"] == id_
    assert everything["messages"]
    assert {record["act"] for record in everything["consents"]} == {"subscribe"}
    assert everything["consents"][0]["evidence"]
    assert len(everything["links"]) == 2


async def test_an_erasure_leaves_the_proof_and_nothing_of_the_person(
    shell: Shell, database_url: str
) -> None:
    async with opened(database_url) as world:
        id_ = await meet(world)
        other = await world.come(claims("7", customer="c-2", token="jti:3"), UserId("777"))
        assert other
        before = await stored(world)
        assert all(mark in before for mark in MARKS)
        told = await run(shell, "contacts", "erase", id_, "--yes")
        assert (told.code, told.out) == (0, "")
        after = await stored(world)
        # The other contact of this world is called Anna as well.
        assert not [mark for mark in MARKS if mark != "Anna" and mark in after]
        address = await world.address()
        assert not address.is_reachable
        assert address.profile.first_name == ""
        async with world.database.read() as tx:
            records = await tx.consents.of_addresses([address.id])
        assert [record.act for record in records] == ["subscribe"] * (len(records) - 1) + [
            "unsubscribe"
        ]
        assert all(record.evidence is None for record in records)
        assert await world.active() == set()
        assert await world.active(UserId("777"))
        theirs = (await world.address(UserId("777"))).id
        assert {to for to, _ in await world.deliver()} == {theirs}


async def send_file(world: World, library: Library, user: UserId, name: str, body: bytes) -> None:
    """A picture of theirs, fetched and kept."""
    photo = Media(MediaKind.DOCUMENT, f"id-{name}", name)
    await world.tell(Said(Content("look", attachments=(photo,)), f"f-{name}"), user)

    async def fetch(account: AccountId, media: Media) -> AsyncIterator[bytes]:
        return chunks(body)

    await Collector(world.database, library, fetch, lambda: world.now).fetch_due()


async def test_an_erasure_removes_files_that_nobody_else_has(
    shell: Shell, database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "media"
    async with opened(database_url) as world:
        library = Library(
            world.database, Store(str(folder), {}), Web().download, lambda: world.now, 10_000
        )
        await send_file(world, library, ANNA, "passport.pdf", b"MARK-passport")
        await send_file(world, library, ANNA, "menu.pdf", b"of everybody")
        await send_file(world, library, UserId("777"), "menu.pdf", b"of everybody")
        await world.tell(Said(Content("", attachments=(Media(MediaKind.PHOTO, "late"),)), "f-4"))
        id_ = str((await world.address()).contact)
        told = await run(shell, "contacts", "export", id_)
        shown = json.loads(told.out)["files"]
        assert [(one["position"], one["name"], one["size"]) for one in shown] == [
            (0, "passport.pdf", 13),
            (0, "menu.pdf", 12),
            (0, "", None),
        ]
        assert (await run(shell, "contacts", "erase", id_, "--yes")).code == 0
        left = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        assert left == [b"of everybody"]
        async with world.database.read() as tx:
            assert await tx.files.count() == {FileState.STORED: 1}
            assert await tx.files.doomed(10) == []


async def test_a_person_who_was_erased_begins_anew_with_a_fresh_link(
    shell: Shell, database_url: str
) -> None:
    async with opened(database_url) as world:
        id_ = await meet(world)
        await run(shell, "contacts", "erase", id_, "--yes")
        world.wait(days=1)
        await world.come(claims("9", customer="c-9", token="jti:9"))
        assert await world.active() == {"orders"}
        assert any("9" in said for _, said in await world.deliver())
