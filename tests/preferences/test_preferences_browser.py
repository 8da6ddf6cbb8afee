"""The page of preferences in a real browser, light and dark, wide and narrow."""

import pytest
from playwright.async_api import Browser

from tests.inbox.office import Office
from tests.inbox.test_axe import LOOKS, found
from tests.inbox.test_people_browser import window
from tests.preferences.test_preferences import BOTH, path


@pytest.mark.parametrize(("locale", "scheme", "viewport"), LOOKS)
async def test_a_box_is_turned_and_saved(
    chromium: Browser, sqlite_office: Office, locale: str, scheme: str, viewport: dict[str, int]
) -> None:
    office = sqlite_office
    await office.world.come(BOTH)
    where = await path(office.world)
    office.world.wait(hours=1)
    async with window(chromium, locale, color_scheme=scheme, viewport=viewport) as page:
        await page.goto(f"{office.url}{where}")
        assert await found(page) == []
        await page.get_by_role("checkbox", name="Акции" if "ru" in locale else "Offers").uncheck()
        save = "Сохранить" if "ru" in locale else "Save"
        await page.get_by_role("button", name=save).click()
        await page.get_by_role("status").wait_for()
        assert await found(page) == []
    assert await office.world.active() == {"orders"}
