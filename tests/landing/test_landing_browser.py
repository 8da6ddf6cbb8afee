"""A landing page in a real browser: nothing stands in anybody's way, and the button leads on."""

from playwright.async_api import Browser, Route

from tests.inbox.office import Office
from tests.inbox.test_axe import found
from tests.inbox.test_people_browser import window
from tests.landing.pages import make

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


async def test_a_visitor_goes_from_the_poster_into_the_messenger(
    chromium: Browser, sqlite_office: Office
) -> None:
    """On a phone, dark, by the keyboard; the policy lets the form lead into the messenger."""
    office = sqlite_office
    await make(office)
    led: list[str] = []

    async def messenger(route: Route) -> None:
        led.append(route.request.url)
        await route.fulfill(status=200, content_type="text/html", body="<p>Telegram</p>")

    async with window(chromium, "ru-RU", color_scheme="dark", viewport=PHONE) as page:
        await page.route("https://t.me/**", messenger)
        await page.goto(f"{office.url}/s/autumn-fair")
        assert await found(page) == []
        assert await page.locator("h1").inner_text() == "Узнавайте первыми"
        assert not await page.locator(".on-phone").is_visible()
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) == 0
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.get_by_text("Telegram").wait_for()
    [url] = led
    await office.world.start(url.partition("start=")[2])
    assert await office.world.active() == {"orders", "promo"}


async def test_a_desk_shows_the_code_for_the_phone(
    chromium: Browser, sqlite_office: Office
) -> None:
    await make(sqlite_office)
    async with window(chromium, "en-US", viewport=DESK) as page:
        await page.goto(f"{sqlite_office.url}/s/autumn-fair")
        assert await found(page) == []
        code = page.get_by_role("img", name="QR code of http://parley.test/s/autumn-fair")
        assert await code.is_visible()
        assert await code.evaluate("image => image.naturalWidth") > 100
        await page.get_by_role("link", name="Русский").click()
        await page.get_by_role("heading", name="Узнавайте первыми").wait_for()
