"""The column about a person in real browsers: switches, tags and blocking, live."""

from playwright.async_api import Browser, expect

from tests.inbox.office import Office
from tests.inbox.test_browser import screen
from tests.inbox.test_thread_browser import PHONE, WIDE, sign_in
from tests.world import ORDERS, PROMO, claims

LONG = 30_000.0
SMALL = """() => [...document.querySelectorAll("#person summary, #person .person-acts a")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 40)
    .map((one) => one.outerHTML)"""
"""What a finger would miss."""


async def meet(office: Office) -> str:
    await office.hear("Where is my parcel?")
    await office.world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    return await office.path()


async def test_a_switch_and_a_tag_are_seen_at_once(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    path = await meet(office)
    async with screen(chromium, viewport=WIDE) as page:
        await sign_in(page, office, "vera", path)
        offers = page.locator(".switch").filter(has_text="Offers")
        await offers.locator("summary").click()
        await offers.get_by_label("Their own words").fill("No more offers please")
        await offers.get_by_role("button", name="Unsubscribe").click()
        await expect(offers.locator("summary .small")).to_contain_text("left", timeout=LONG)
        await expect(offers.locator("form")).to_be_hidden(timeout=LONG)
        assert await office.world.active() == {"orders"}
        await page.locator("#card summary").filter(has_text="Add a tag").click()
        tag = page.locator("#card").get_by_role("textbox", name="Tag")
        await tag.fill("VIP")
        await tag.press("Enter")
        await page.locator(".tags li").filter(has_text="VIP").wait_for()
        # The field is there for the next one, under the same fingers.
        await expect(tag).to_be_focused(timeout=LONG)
        await tag.press_sequentially("late")
        await tag.press("Enter")
        await page.locator(".tags li").filter(has_text="late").wait_for()


async def test_who_is_blocked_leaves_a_colleagues_list(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    path = await meet(office)
    async with (
        screen(chromium, viewport=WIDE) as boris,
        screen(chromium, viewport=PHONE) as vera,
    ):
        await sign_in(boris, office, "boris")
        await boris.locator("#rows li").wait_for()
        await sign_in(vera, office, "vera", path)
        await vera.get_by_role("link", name="The person").click()
        assert await vera.evaluate(SMALL) == []
        block = vera.locator("#person details").filter(has_text="Block this person")
        await block.locator("summary").click()
        await block.get_by_role("button", name="Block this person").click()
        await vera.locator("#card .status.bad").filter(has_text="blocked by us").wait_for()
        await boris.locator("#rows li").wait_for(state="detached")
        await vera.locator("#person .back").click()
        await expect(vera.get_by_label("Your answer")).to_be_disabled(timeout=LONG)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await vera.evaluate(wide) == 0
