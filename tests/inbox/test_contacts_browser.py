"""Everybody, and what is done to many, in a real browser."""

import pytest
from playwright.async_api import Browser, expect

from core.roles import Role
from inbox.bulk_working import BulkWorker
from tests.inbox.office import PASSWORD, Office
from tests.inbox.test_bulk import _people as people
from tests.inbox.test_people_browser import PHONE, WIDER, window


@pytest.mark.parametrize("is_phone", [False, True], ids=["at a desk", "on a phone"])
async def test_a_page_is_ticked_and_its_tag_is_watched(
    chromium: Browser, sqlite_office: Office, is_phone: bool
) -> None:
    office = sqlite_office
    await office.operator("sue", "Sue", role=Role.SUPERVISOR)
    await people(office.world, 60)
    worker = BulkWorker(office.world.database, office.intake, "test", lambda: office.world.now)
    options = {"viewport": PHONE} if is_phone else {}
    async with window(chromium, **options) as page:
        page.set_default_timeout(30_000)
        await page.goto(f"{office.url}/contacts")
        await page.get_by_label("Login").fill("sue")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_label("All on this page").check()
        assert await page.locator(".tick input:checked").count() == 50
        assert await page.evaluate(WIDER) == 0
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_text("This is about 50 people.").wait_for()
        await page.get_by_label("Tag").fill("vip")
        assert await page.evaluate(WIDER) == 0
        await page.get_by_role("button", name="Do it to 50 people").click()
        await expect(page.get_by_role("status")).to_contain_text("under way")
        while await worker.work():
            pass
        # Without a reload.
        await expect(page.get_by_role("status")).to_contain_text("Done 50", timeout=30_000)
        await expect(page.get_by_role("button", name="Stop here")).to_have_count(0)
