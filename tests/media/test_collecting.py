"""What contacts send is fetched after the commit, tried again, and given up in the end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from core.content import Content, Location, Media, MediaKind
from core.ids import AccountId, UserId
from core.inbound import Edited, Said
from media.collecting import Collector
from media.library import Library, NotFetched
from storage.files import FileState
from tests.media.conftest import chunks
from tests.world import TG, World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 500


class Messenger:
    """Gives files by their ref, after so many failures."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = 0
        self.may_come = True
        self.asked = 0

    async def fetch(self, account: object, media: Media) -> AsyncIterator[bytes]:
        assert account == TG
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise NotFetched("not now", may_come=self.may_come)
        return chunks(self.files[media.ref])


@pytest.fixture
def messenger() -> Messenger:
    return Messenger()


@pytest.fixture
def collector(world: World, library: Library, messenger: Messenger) -> Collector:
    return Collector(world.database, library, messenger.fetch, lambda: world.now)


async def send(world: World, messenger: Messenger, *refs: str) -> None:
    messenger.files |= dict.fromkeys(refs, PNG)
    media = tuple(Media(MediaKind.PHOTO, ref) for ref in refs)
    await world.tell(Said(Content("look", attachments=(Location(1, 2), *media)), "f1"))


async def states(world: World) -> list[FileState]:
    messages = await world.messages()
    async with world.database.read() as tx:
        marks = await tx.files.marks([message.id for message in messages])
    return [marks[key].state for key in sorted(marks)]


async def test_every_file_of_a_message_is_fetched(
    world: World, collector: Collector, messenger: Messenger
) -> None:
    await send(world, messenger, "a", "b")
    assert await states(world) == [FileState.WAITING] * 2
    assert await collector.fetch_due() == 2
    assert await states(world) == [FileState.STORED] * 2
    assert (await world.messages())[0].files_at == world.now
    assert await collector.fetch_due() == 0


async def test_a_file_that_does_not_come_is_tried_again_later(
    world: World, collector: Collector, messenger: Messenger
) -> None:
    messenger.failures = 1
    await send(world, messenger, "a")
    await collector.fetch_due()
    assert await collector.fetch_due() == 0
    world.wait(seconds=6)
    await collector.fetch_due()
    assert await states(world) == [FileState.STORED]


@pytest.mark.parametrize(
    ("may_come", "asked"),
    [
        pytest.param(True, 4, id="after the last of its tries"),
        pytest.param(False, 1, id="at once where it will never come"),
    ],
)
async def test_it_is_given_up_and_a_person_may_ask_once_more(
    world: World, collector: Collector, messenger: Messenger, may_come: bool, asked: int
) -> None:
    messenger.failures, messenger.may_come = 4, may_come
    await send(world, messenger, "a")
    for _ in range(4):
        world.wait(minutes=6)
        await collector.fetch_due()
    assert (messenger.asked, await states(world)) == (asked, [FileState.FAILED])
    messenger.failures = 0
    message = (await world.messages())[0].id
    world.wait(seconds=1)
    async with world.database.write() as tx:
        assert await tx.files.retry(message, 1, world.now)
        assert not await tx.files.retry(message, 1, world.now)
        assert not await tx.files.retry(message, 0, world.now)
    # Open pages look at this time to learn that something has changed.
    assert (await world.messages())[0].files_at == world.now
    await collector.fetch_due()
    assert await states(world) == [FileState.STORED]


async def test_two_collectors_do_not_fetch_the_same(
    world: World, collector: Collector, messenger: Messenger
) -> None:
    await send(world, messenger, "a")
    async with world.database.write() as tx:
        from datetime import timedelta

        leased = await tx.files.lease(world.now, world.now + timedelta(minutes=5), 10)
    assert len(leased) == 1
    assert await collector.fetch_due() == 0
    world.wait(minutes=6)
    assert await collector.fetch_due() == 1


async def test_a_redelivery_fetches_nothing_twice(
    world: World, collector: Collector, messenger: Messenger
) -> None:
    media = Content("", attachments=(Media(MediaKind.PHOTO, "a"),))
    messenger.files["a"] = PNG
    for _ in range(2):
        await world.tell(Said(media, "f1"), key="same")
    await collector.fetch_due()
    assert messenger.asked == 1


async def test_eight_slow_files_hold_up_nobody_elses(
    world: World, library: Library, messenger: Messenger
) -> None:
    """As many as are fetched at once; one ends, and the next person's comes."""
    slow, first, fast = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def fetch(account: AccountId, media: Media) -> AsyncIterator[bytes]:
        if media.ref == "fast":
            fast.set()
        else:
            await (first if media.ref == "f0" else slow).wait()
        return chunks(PNG)

    await send(world, messenger, *(f"f{number}" for number in range(8)))
    collector = Collector(world.database, library, fetch, lambda: world.now)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(collector.run())
        world.wait(seconds=1)
        photo = Media(MediaKind.PHOTO, "fast")
        await world.tell(Said(Content("", attachments=(photo,)), "f2"), UserId("99"))
        first.set()
        async with asyncio.timeout(60):
            await fast.wait()
        running.cancel()


async def test_where_nothing_can_be_written_the_file_is_fetched_once_more_later(
    world: World, library: Library, messenger: Messenger
) -> None:
    async def rename(old: str, new: str) -> None:
        async with world.database.write() as tx:
            await tx.sql.run(text(f"ALTER TABLE {old} RENAME TO {new}"))

    async def fetch(account: AccountId, media: Media) -> AsyncIterator[bytes]:
        await rename("message_files", "away")
        return await messenger.fetch(account, media)

    await send(world, messenger, "a")
    assert await Collector(world.database, library, fetch, lambda: world.now).fetch_due() == 1
    await rename("away", "message_files")
    assert await states(world) == [FileState.WAITING]
    world.wait(minutes=6)
    await Collector(world.database, library, messenger.fetch, lambda: world.now).fetch_due()
    assert await states(world) == [FileState.STORED]


async def edit(world: World, *refs: str) -> None:
    media = tuple(Media(MediaKind.PHOTO, ref) for ref in refs)
    world.wait(seconds=1)
    await world.tell(Edited("f1", Content("other words", attachments=(Location(1, 2), *media))))


async def kept(world: World, library: Library) -> list[bytes]:
    """What the files of the first message hold."""
    message = (await world.messages())[0]
    async with world.database.read() as tx:
        marks = await tx.files.marks([message.id])
    assert all(mark.file for mark in marks.values())
    stored = [mark.file for _, mark in sorted(marks.items()) if mark.file]
    return [b"".join([part async for part in library.bytes_of(file)]) for file in stored]


@pytest.mark.parametrize(
    ("refs", "fetched"),
    [
        pytest.param(("a", "b"), 2, id="none where only the words changed"),
        pytest.param(("a", "c"), 3, id="the one that took the place of another"),
        pytest.param(("a", "b", "c"), 3, id="the one that was added"),
        pytest.param(("b",), 3, id="the one that moved up"),
        pytest.param((), 2, id="none where they were taken away"),
    ],
)
async def test_a_changed_message_shows_its_own_files_and_fetches_only_new_ones(
    world: World,
    library: Library,
    collector: Collector,
    messenger: Messenger,
    refs: tuple[str, ...],
    fetched: int,
) -> None:
    await send(world, messenger, "a", "b")
    messenger.files = {ref: PNG + ref.encode() for ref in "abc"}
    await collector.fetch_due()
    await edit(world, *refs)
    await collector.fetch_due()
    assert await kept(world, library) == [PNG + ref.encode() for ref in refs]
    assert messenger.asked == fetched


async def test_a_file_that_comes_after_its_message_has_another_is_not_shown(
    world: World, library: Library, messenger: Messenger
) -> None:
    async def fetch(account: AccountId, media: Media) -> AsyncIterator[bytes]:
        if media.ref == "old":
            await edit(world, "new")
        return await messenger.fetch(account, media)

    await send(world, messenger, "old")
    messenger.files = {ref: PNG + ref.encode() for ref in ("old", "new")}
    collector = Collector(world.database, library, fetch, lambda: world.now)
    await collector.fetch_due()
    await collector.fetch_due()
    assert await kept(world, library) == [PNG + b"new"]
