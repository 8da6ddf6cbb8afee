"""What is counted of pages that a stranger makes up."""

from datetime import datetime, timedelta

from core.ids import SiteId
from storage.tallies import Seen
from subscriptions.counting import Counting
from tests.world import NOW, SHOP, opened


async def test_pages_without_end_are_counted_together(sqlite_url: str) -> None:
    now = NOW

    def clock() -> datetime:
        return now

    async with opened(sqlite_url) as world:
        counting = Counting(world.database, clock)
        for batch in range(3):
            for number in range(600):
                place = f"/made-up/{batch}/{number}"
                counting.count(SHOP, "widget", place, Seen.SHOWN)
            counting.count(SHOP, "widget", "/made-up/0/0", Seen.SHOWN)
            counting.count(SiteId("other"), "widget", "/thanks", Seen.SHOWN)
            await counting.flush()
        async with world.database.read() as tx:
            counted = await tx.tallies.since(NOW.date())
        many = {(tally.site, tally.place): number for tally, number in counted.items()}
        assert len(many) == 1002
        assert many[SHOP, "*"] == 800
        assert many[SHOP, "/made-up/0/0"] == 4
        assert many[SiteId("other"), "/thanks"] == 3

        now = NOW + timedelta(days=1)
        counting.count(SHOP, "widget", "/tomorrow", Seen.SHOWN)
        await counting.flush()
        async with world.database.read() as tx:
            [tally] = await tx.tallies.since(now.date())
        assert tally.place == "/tomorrow"
