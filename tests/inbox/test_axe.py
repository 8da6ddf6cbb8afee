"""What axe-core finds in the operators' pages: nothing, light and dark, wide and narrow."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from core.content import Content
from core.inbound import Said
from core.roles import Role
from tests.inbox.office import Office
from tests.inbox.test_people_browser import window
from tests.landing.pages import FORM as PAGE
from tests.world import BORIS, PROMO, claims

LOOKS = [
    pytest.param("en-US", "light", {"width": 1440, "height": 900}, id="light, on a desk"),
    pytest.param("ru-RU", "dark", {"width": 390, "height": 844}, id="dark, on a phone"),
]


async def fill(office: Office) -> tuple[str, str]:
    """Two conversations, one with everything; the paths of the richer one and of its operator."""
    ada = await office.operator("ada", "Ada", role=Role.ADMIN)
    await office.operator("boris", "Boris")
    await office.world.come(claims("1042", topics=(PROMO,), consent="I agree"))
    await office.world.press("Great")
    await office.hear("Where is it?\n\nIt is late. https://example.com/")
    await office.hear("Hello", user=BORIS)
    path = await office.path()
    desk = await office.signed_in("ada")
    for place, fields in (
        ("messages", {"text": "It left today", "key": "key-0001"}),
        ("notes", {"text": "@boris look", "key": "key-0002"}),
        ("labels", {"label": "vip"}),
    ):
        await desk.post(f"{path}/{place}", fields)
    await desk.post("/pages", PAGE)
    await office.world.deliver()
    await office.tell(Said(Content("stop"), "m99"), user=BORIS)
    return path, f"/people/{ada}"


async def found(page: Page) -> list[str]:
    response: dict[str, Any] = (await Axe().run(page)).response
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {node['html'][:200]}"
        for one in response["violations"]
        for node in one["nodes"]
    ]


async def test_what_stands_in_somebodys_way_is_found(chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.set_content("<main><h1>A page</h1><button></button></main>")
    assert any(one.startswith("critical: button-name") for one in await found(page))


@pytest.mark.parametrize(("locale", "scheme", "viewport"), LOOKS)
async def test_nothing_stands_in_anybodys_way(
    chromium: Browser, sqlite_office: Office, locale: str, scheme: str, viewport: dict[str, int]
) -> None:
    office = sqlite_office
    path, person = await fill(office)
    wrong: dict[str, list[str]] = {}
    async with window(chromium, locale, color_scheme=scheme, viewport=viewport) as page:
        await page.goto(office.url)
        wrong["/sign-in"] = await found(page)
        await page.locator("[name=login]").fill("ada")
        await page.locator("[name=password]").fill("correct horse battery")
        await page.locator("button.main").click()
        await page.locator(".sections").wait_for()
        for place in (
            "/inbox", path, "/inbox/search?q=late", "/overview", "/replies", "/people", person,
            "/audit", "/me", "/me/second-factor", "/inbox/1", "/pages", "/pages/new",
            "/pages/autumn-fair",
        ):  # fmt: skip
            await page.goto(office.url + place)
            wrong[place] = await found(page)
        await page.goto(office.url + path)
        for summary in await page.locator("#head summary:visible, #list summary:visible").all():
            await summary.click()
        wrong["opened menus"] = await found(page)
        await page.keyboard.press("?")
        wrong["keys"] = await found(page)
    assert {place: one for place, one in wrong.items() if one} == {}
