"""Processes on one PostgreSQL hear of each other at once, and nothing hangs on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.content import Content
from core.ids import AccountId, AddressId
from core.inbound import Said
from dialogues.intake import Intake
from storage.listening import Listener
from storage.notices import Notice
from tests.world import TG, World, opened

NOTICES = st.builds(
    Notice,
    st.text(max_size=60),
    st.lists(st.text(max_size=32).map(AccountId), max_size=20).map(tuple),
    st.lists(st.integers(0, 2**63 - 1).map(AddressId), max_size=300).map(tuple),
)


@given(NOTICES)
def test_a_notice_comes_through_and_says_where_it_leaves_something_out(notice: Notice) -> None:
    heard = Notice.load(notice.dump())
    assert (heard.process, heard.accounts) == (notice.process, notice.accounts)
    assert heard.addresses == notice.addresses[: len(heard.addresses)]
    assert heard.is_more == (len(heard.addresses) < len(notice.addresses))


def test_the_largest_notice_is_smaller_than_postgresql_takes() -> None:
    most = tuple(AddressId(2**63 - 1 - number) for number in range(256))
    accounts = tuple(AccountId("a" * 28 + str(number)) for number in range(50))
    assert len(Notice("host.example:4194304:0123abcd", accounts, most).dump().encode()) < 8000


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[asyncio.Queue[Notice]]:
    heard: asyncio.Queue[Notice] = asyncio.Queue()
    is_there = asyncio.Event()
    listener = asyncio.ensure_future(Listener(url, heard.put_nowait).run(is_there.set))
    async with asyncio.timeout(60):
        await is_there.wait()
    try:
        yield heard
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def intake(world: World) -> tuple[Intake, "asyncio.Future[None]"]:
    made = Intake(
        world.database,
        world.catalog,
        lambda _: next(world.numbers),
        lambda: world.now,
        lambda _: None,
        "here",
    )
    return made, asyncio.ensure_future(made.run())


async def test_what_one_process_commits_the_others_hear(postgresql_url: str) -> None:
    async with opened(postgresql_url) as world, listening(postgresql_url) as heard:
        made, running = await intake(world)
        await made.submit([world.inbound(Said(Content("help"), "m1"))])
        async with asyncio.timeout(60):
            notice = await heard.get()
        address = await world.address()
        assert notice == Notice("here", (TG,), (address.id,))
        running.cancel()


async def test_what_is_rolled_back_nobody_hears(postgresql_url: str) -> None:
    async with opened(postgresql_url) as world, listening(postgresql_url) as heard:
        with suppress(RuntimeError):
            async with world.database.write() as tx:
                await tx.notices.tell(Notice("gone"))
                raise RuntimeError
        async with world.database.write() as tx:
            await tx.notices.tell(Notice("there"))
        async with asyncio.timeout(60):
            assert (await heard.get()).process == "there"


async def test_another_versions_notice_is_passed_over(postgresql_url: str) -> None:
    async with opened(postgresql_url) as world, listening(postgresql_url) as heard:
        async with world.database.write() as tx:
            await tx.sql.run(text("SELECT pg_notify('parley', 'v9 {')"))
            await tx.notices.tell(Notice("there"))
        async with asyncio.timeout(60):
            assert (await heard.get()).process == "there"


async def test_on_sqlite_there_is_nobody_to_tell(sqlite_url: str) -> None:
    async with opened(sqlite_url) as world, world.database.write() as tx:
        await tx.notices.tell(Notice("here"))
