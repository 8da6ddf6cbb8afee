"""Leases, ids, event keys, the queue of sends: what the rest relies on, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from core.content import (
    AskContactButton,
    AskLocationButton,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    Span,
    SpanKind,
    UrlButton,
)
from storage.codec import dump_content, load_content
from storage.errors import BadData
from storage.ids import Ids
from storage.leases import Lease
from storage.tx import Tx
from tests.world import NOW, opened

LATER = NOW + timedelta(seconds=30)


async def test_a_lease_has_one_owner_until_it_lapses(database_url: str) -> None:
    async with opened(database_url) as world, world.database.write() as tx:
        mine = await tx.leases.claim("sender:a", "me", NOW, LATER)
        assert mine == Lease("sender:a", "me", 1, LATER)
        assert await tx.leases.claim("sender:a", "you", NOW, LATER) is None
        later = LATER + timedelta(seconds=1)
        yours = await tx.leases.claim("sender:a", "you", later, later + timedelta(seconds=30))
        assert yours is not None
        assert yours.fence == 2
        assert not await tx.leases.holds(mine, later)
        assert await tx.leases.holds(yours, later)


async def test_prolonging_keeps_the_fence_and_coming_back_raises_it(database_url: str) -> None:
    async with opened(database_url) as world, world.database.write() as tx:
        await tx.leases.claim("sender:a", "me", NOW, LATER)
        again = await tx.leases.claim("sender:a", "me", NOW, LATER + timedelta(seconds=9))
        assert again is not None
        assert again.fence == 1
        lapsed = LATER + timedelta(seconds=10)
        back = await tx.leases.claim("sender:a", "me", lapsed, lapsed + timedelta(seconds=9))
        assert back is not None
        assert back.fence == 2


async def test_a_lease_given_back_is_free_at_once(database_url: str) -> None:
    async with opened(database_url) as world, world.database.write() as tx:
        mine = await tx.leases.claim("sender:a", "me", NOW, LATER)
        assert mine is not None
        await tx.leases.release(mine)
        assert await tx.leases.claim("sender:a", "you", NOW, LATER) is not None


async def test_two_processes_get_two_numbers(database_url: str) -> None:
    async with opened(database_url) as world, world.database.write() as tx:
        one = await tx.leases.claim_node("one", NOW, LATER)
        two = await tx.leases.claim_node("two", NOW, LATER)
        assert one is not None
        assert two is not None
        assert {one.name, two.name} == {"node:0", "node:1"}


def test_ids_grow_and_never_meet_those_of_another_node() -> None:
    one, two = Ids(1), Ids(2)
    made = [one.next(NOW) for _ in range(10_000)]
    assert made == sorted(set(made))
    assert not set(made) & {two.next(NOW) for _ in range(10_000)}
    assert one.next(NOW - timedelta(hours=1)) > made[-1]
    assert max(made) < 2**63


async def test_an_event_key_is_taken_once(database_url: str) -> None:
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            first = await tx.events.take([("a", "1"), ("a", "2"), ("a", "1")], NOW)  # type: ignore[list-item]
        async with world.database.write() as tx:
            second = await tx.events.take([("a", "2"), ("b", "2")], NOW)  # type: ignore[list-item]
    assert first == {("a", "1"), ("a", "2")}
    assert second == {("b", "2")}


async def test_event_keys_taken_at_once_from_two_sides_are_taken_by_one(
    postgresql_url: str,
) -> None:
    async with opened(postgresql_url) as world:

        async def take() -> int:
            async with world.database.write() as tx:
                keys = [("a", str(number)) for number in range(50)]
                return len(await tx.events.take(keys, NOW))  # type: ignore[arg-type]

        assert sum(await asyncio.gather(*(take() for _ in range(5)))) == 50


async def test_old_keys_are_forgotten(database_url: str) -> None:
    async with opened(database_url) as world, world.database.write() as tx:
        await tx.events.take([("a", "1")], NOW)  # type: ignore[list-item]
        assert await tx.events.forget(NOW + timedelta(seconds=1), 100) == 1
        assert await tx.events.take([("a", "1")], NOW) == {("a", "1")}  # type: ignore[list-item]


async def test_a_value_that_the_database_refuses_blames_the_data(postgresql_url: str) -> None:
    async with opened(postgresql_url) as world:
        with pytest.raises(BadData):
            async with world.database.write() as tx:
                await tx.events.take([("a", "nul\x00")], NOW)  # type: ignore[list-item]


async def test_a_reader_of_sqlite_cannot_write(sqlite_url: str) -> None:
    from storage.errors import Unavailable

    async with opened(sqlite_url) as world:
        with pytest.raises((Unavailable, BadData)):
            async with world.database.read() as tx:
                await tx.events.take([("a", "1")], NOW)  # type: ignore[list-item]


async def test_a_failed_transaction_leaves_nothing(database_url: str) -> None:
    async with opened(database_url) as world:

        async def fail(tx: Tx) -> None:
            await tx.events.take([("a", "1")], NOW)  # type: ignore[list-item]
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await world.database.transact(fail)
        async with world.database.write() as tx:
            assert await tx.events.take([("a", "1")], NOW) == {("a", "1")}  # type: ignore[list-item]


def test_content_survives_the_database() -> None:
    content = Content(
        text="Hi **you** <b>",
        spans=(Span(SpanKind.BOLD, 0, 2), Span(SpanKind.LINK, 3, 3, "https://e.x")),
        attachments=(
            Media(MediaKind.PHOTO, "id", "a.jpg", "image/jpeg", 12),
            Location(55.75, 37.61),
            ContactCard("+7999", "Anna", own=True),
        ),
        buttons=(
            PressButton("Yes", "v"),
            UrlButton("Site", "https://e.x"),
            AskContactButton("Phone"),
            AskLocationButton("Where"),
        ),
        clears_keyboard=True,
    )
    assert load_content(dump_content(content)) == content
    assert load_content(dump_content(Content("x"))) == Content("x")
