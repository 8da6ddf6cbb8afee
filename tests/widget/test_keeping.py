"""Links that wait go together, and each is answered for itself."""

import asyncio

import pytest

from core.channels import Channel
from core.tokens import Link
from storage.errors import BadData
from subscriptions.keeping import LinkKeeper, Replayed
from subscriptions.minting import mint
from tests.world import NOW, World, claims, opened


def link(token: str = "jti:1") -> Link:  # noqa: S107  # A name, not a secret.
    return mint(claims(token=token), "go", NOW)


async def stored(world: World, *links: Link) -> set[str]:
    async with world.database.read() as tx:
        return set(await tx.links.load([one.code for one in links]))


async def test_many_at_once_are_all_kept(database_url: str) -> None:
    async with opened(database_url) as world:
        keeper = LinkKeeper(world.database)
        links = [link(f"jti:{number}") for number in range(500)]
        await asyncio.gather(*(keeper.keep([one]) for one in links))
        assert await stored(world, *links) == {one.code for one in links}


async def test_one_that_the_database_refuses_harms_no_other(database_url: str) -> None:
    async with opened(database_url) as world:
        keeper = LinkKeeper(world.database)
        first, second = link("jti:1"), link("jti:2")
        await keeper.keep([first])
        results = await asyncio.gather(
            keeper.keep([second]), keeper.keep([first]), return_exceptions=True
        )
        assert results[0] is None
        assert isinstance(results[1], BadData)
        assert await stored(world, second) == {second.code}


async def test_a_used_token_is_refused_on_its_channel_alone(database_url: str) -> None:
    async with opened(database_url) as world:
        keeper = LinkKeeper(world.database)
        await world.come(claims(token="jti:used"))
        refused, other, new = link("jti:used"), link("jti:used"), link("jti:new")
        results = await asyncio.gather(
            keeper.keep([refused], fresh_on=Channel.TELEGRAM),
            keeper.keep([other], fresh_on=Channel.VK),
            keeper.keep([new], fresh_on=Channel.TELEGRAM),
            return_exceptions=True,
        )
        assert isinstance(results[0], Replayed)
        assert results[1:] == [None, None]
        assert await stored(world, refused, other, new) == {other.code, new.code}


async def test_whoever_goes_away_before_is_no_hindrance(database_url: str) -> None:
    async with opened(database_url) as world:
        keeper = LinkKeeper(world.database)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await keeper.keep([link()])
        last = link("jti:2")
        await keeper.keep([last])
        assert await stored(world, last) == {last.code}
