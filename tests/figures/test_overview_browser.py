"""The funnel and the growth in a real browser."""

from playwright.async_api import Browser

from core.roles import Role
from tests.figures.test_funnel_api import BOTH, seen
from tests.inbox.office import Office
from tests.inbox.test_axe import found
from tests.inbox.test_people_browser import sign_in, window
from tests.world import claims


async def test_growth_is_drawn_and_the_funnel_can_be_read_without_colour(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.SUPERVISOR)
    await seen(office, "https://shop.example.com/" + "a-long-name/" * 8, 8, 2)
    await office.world.come(claims(topics=BOTH, consent="I agree"), place="poster")
    office.world.wait(days=8)
    await office.world.say("STOP promo")
    async with window(chromium, viewport={"width": 390, "height": 844}) as page:
        await sign_in(page, office)
        await page.locator(".sections").wait_for()
        await page.goto(f"{office.url}/overview")
        growth = page.get_by_role("region", name="Subscriptions by messenger")
        await growth.locator("canvas").wait_for()
        await growth.get_by_text("As a table").click()
        assert "Telegram" in await growth.get_by_role("table").inner_text()
        funnel = page.get_by_role("region", name="From seeing a button to staying")
        bars = await funnel.locator("li", has_text="poster").locator("dl > div").all_inner_texts()
        assert [" ".join(one.split()) for one in bars] == [
            "Started 1",
            "Subscribed 1 100 %",
            "After 7 days 1 of 1 100 %",
        ]
        await funnel.get_by_text("As a table").click()
        assert await found(page) == []
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) == 0
