"""Counting what was seen and pressed, of no person."""

from datetime import date

from core.ids import AccountId, SiteId
from storage.tallies import Seen, Tally
from tests.world import opened

DAY = date(2026, 11, 28)


def tally(what: Seen, place: str = "/thanks", day: date = DAY, site: str = "shop") -> Tally:
    account = AccountId("shop-tg") if what is Seen.CLICKED else None
    return Tally(day, SiteId(site), "widget", place, account, what)


async def test_counts_add_up_by_day_and_place(database_url: str) -> None:
    shown, clicked = tally(Seen.SHOWN), tally(Seen.CLICKED)
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            await tx.tallies.add({shown: 5, clicked: 1})
        async with world.database.write() as tx:
            await tx.tallies.add({shown: 2, tally(Seen.SHOWN, "/cart"): 1, clicked: 0})
            await tx.tallies.add({tally(Seen.SHOWN, day=date(2026, 11, 1)): 9})
            await tx.tallies.add({tally(Seen.SHOWN, site="other"): 4})
        async with world.database.read() as tx:
            found = await tx.tallies.since(DAY, SiteId("shop"))
    assert found == {shown: 7, clicked: 1, tally(Seen.SHOWN, "/cart"): 1}


async def test_a_long_place_is_counted_under_its_beginning(database_url: str) -> None:
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            long = ["/" + "x" * 500, "/" + "x" * 499]
            await tx.tallies.add({tally(Seen.SHOWN, place): 1 for place in long})
        async with world.database.read() as tx:
            found = await tx.tallies.since(DAY)
    assert [(len(one.place), many) for one, many in found.items()] == [(200, 2)]
