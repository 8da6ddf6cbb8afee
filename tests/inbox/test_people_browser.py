"""Signing in, inviting and ending sessions in real browsers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from core.acts import ActRecord, By, Did
from core.ids import ActId
from core.roles import Role
from tests.inbox.office import PASSWORD, Office

PHONE = {"width": 390, "height": 844}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how much the page is wider than its window."""
SMALL = """() => [...document.querySelectorAll("main button, main input, header a")]
    .filter((one) => one.checkVisibility() && one.type !== "hidden")
    .filter((one) => !one.matches(".hidden, [type=radio]"))
    .filter((one) => one.getBoundingClientRect().height < 40).map((one) => one.outerHTML)"""
"""What a finger would miss."""


@asynccontextmanager
async def window(browser: Browser, locale: str = "en-US", **options: object) -> AsyncIterator[Page]:
    """A browser of its own, which must not complain; a refusal is none."""
    context: BrowserContext = await browser.new_context(locale=locale, **options)  # type: ignore[arg-type]  # Playwright's own.
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    yield page
    await context.close()
    assert [one for one in wrong if "Failed to load resource" not in one] == []


async def sign_in(page: Page, office: Office, login: str = "ada") -> None:
    await page.goto(office.url)
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_second_factor_is_set_up_and_asked_for(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.ADMIN)
    async with window(chromium) as page:
        await sign_in(page, office)
        await page.get_by_role("link", name="Ada").click()
        await page.get_by_role("link", name="Set up the second factor").click()
        await page.locator(".qr svg path").first.wait_for()
        await page.get_by_text("Cannot scan it?").click()
        secret = (await page.locator(".secret").inner_text()).replace(" ", "")
        code = page.get_by_label("The six digits that it shows now")
        await code.fill("000000")
        await page.get_by_role("button", name="Turn it on").click()
        await page.get_by_text("These digits do not fit").wait_for()
        await code.fill(pyotp.TOTP(secret).at(office.world.now))
        await page.get_by_role("button", name="Turn it on").click()
        codes = page.locator("#codes code")
        await expect(codes).to_have_count(10)
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download as a file").click()
        saved = await asyncio.to_thread(Path(await (await download.value).path()).read_text)
        recovery = await codes.first.inner_text()
        assert recovery in saved

        await page.get_by_role("link", name="I have saved them").click()
        await page.get_by_role("button", name="Sign out").click()
        office.world.wait(seconds=30)
        await sign_in(page, office)
        await page.get_by_label("Six digits").fill(pyotp.TOTP(secret).at(office.world.now))
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_text("Nobody is waiting").wait_for()

        await page.get_by_role("button", name="Sign out").click()
        await sign_in(page, office)
        await page.get_by_text("No phone at hand?").click()
        await page.get_by_label("Recovery code").fill(recovery)
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_text("Nobody is waiting").wait_for()


async def test_an_invitation_is_accepted_in_a_second_browser(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.ADMIN)
    rights = ["clipboard-read", "clipboard-write"]
    async with (
        window(chromium, permissions=rights) as page,
        window(chromium, "ru-RU") as guest,
    ):
        await sign_in(page, office)
        await page.get_by_role("link", name="People").click()
        await page.get_by_label("Role").select_option("supervisor")
        await page.get_by_label("Name, if you like").fill("Нина")
        await page.get_by_role("button", name="Make a link").click()
        link = await page.get_by_label("The link", exact=True).input_value()
        await page.get_by_role("button", name="Copy").click()
        await page.get_by_role("button", name="Copied").wait_for()
        assert await page.evaluate("navigator.clipboard.readText()") == link

        await guest.goto(office.url + urlsplit(link).path)
        await guest.get_by_text("Вы станете старшим").wait_for()
        await expect(guest.get_by_label("Имя")).to_have_value("Нина")
        await guest.get_by_label("Логин").fill("nina")
        password = guest.get_by_label("Новый пароль")
        await password.fill("йцукенгшщз")
        await guest.get_by_role("button", name="Начать работу").click()
        await guest.get_by_text("Такой пароль у многих").wait_for()
        await password.fill("три зелёных чайника")
        await guest.get_by_role("button", name="Начать работу").click()
        await guest.get_by_role("link", name="Журнал").click()
        await guest.get_by_text("— приглашение принято, роль: Старший").wait_for()

        await page.reload()
        await page.get_by_role("link", name="People").click()
        await page.locator(".people li").filter(has_text="Нина").get_by_role("link").click()
        await expect(page.get_by_label("Supervisor")).to_be_checked()


async def test_a_session_is_ended_from_the_other_browser(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.ADMIN)
    async with window(chromium) as here, window(chromium) as there:
        await sign_in(there, office)
        await there.get_by_text("Live").wait_for()
        await sign_in(here, office)
        await here.get_by_role("link", name="Ada").click()
        other = here.locator("#sessions ~ .rows li").filter(has=here.get_by_role("button"))
        await other.get_by_role("button", name="Sign out").click()
        await here.get_by_text("That browser is signed out.").wait_for()
        assert await other.count() == 0
        # The open page is told at once, without a reload.
        await there.get_by_text("You are signed out.").wait_for()


async def test_a_dangerous_act_asks_for_the_password_and_comes_back(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.ADMIN)
    await office.operator()
    async with window(chromium) as page:
        await sign_in(page, office)
        await page.get_by_role("link", name="People").click()
        await page.get_by_role("link", name="Vera").click()
        office.world.wait(minutes=16)
        for _ in range(2):
            await page.get_by_label("Supervisor").check()
            await page.get_by_role("button", name="Save").click()
            again = page.get_by_label("Password of ada")
            await again.or_(page.get_by_text("Saved.")).wait_for()
            if await again.count():
                await again.fill(PASSWORD)
                await page.get_by_role("button", name="Go on").click()
                await page.get_by_role("heading", name="Vera").wait_for()
        await page.get_by_text("Saved.").wait_for()
        await expect(page.get_by_label("Supervisor")).to_be_checked()


async def test_without_a_script_forms_do_the_same(chromium: Browser, sqlite_office: Office) -> None:
    office = sqlite_office
    await office.operator("ada", "Ada", role=Role.ADMIN)
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, office)
        await page.get_by_role("link", name="Ada").click()
        await page.get_by_label("Name").fill("Ada L")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Saved.").wait_for()
        await page.get_by_label("Current password").fill("wrong")
        await page.get_by_label("New password").fill("three calm green teapots")
        await page.get_by_role("button", name="Change the password").click()
        await page.get_by_text("This is not your password").wait_for()
        await page.get_by_role("link", name="Back").click()
        await page.get_by_role("heading", name="Your account").wait_for()


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
async def test_every_page_fits_a_phone(
    chromium: Browser, sqlite_office: Office, locale: str
) -> None:
    office = sqlite_office
    one = await office.operator("ada", "Ada", role=Role.ADMIN)
    await office.operator("v" * 60, "Maximiliana-Alexandrovna " * 3)
    async with office.world.database.write() as tx:
        by = By(one, "Ada", "2001:db8:1111:2222:3333:4444:5555:6666")
        about = {"whom": "x" * 80, "was": "operator", "role": "admin"}
        await tx.acts.add_many([ActRecord(ActId(1), by, Did.ROLE_CHANGED, office.world.now, about)])
    async with window(chromium, locale, viewport=PHONE, has_touch=True) as page:
        await page.goto(office.url)
        await page.locator("[name=login]").fill("ada")
        await page.locator("[name=password]").fill(PASSWORD)
        await page.locator("button.main").click()
        await page.locator(".sections").wait_for()
        paths = ("/inbox", "/me", "/me/second-factor", "/people", f"/people/{one}", "/audit")
        for path in (*paths, "/confirm"):
            await page.goto(office.url + path)
            assert await page.evaluate(WIDER) == 0, path
            if path == "/inbox":
                # Whoever works on a phone can say that they are away, too.
                await expect(page.locator(".presence")).to_be_visible()
            if path != "/inbox":
                assert await page.evaluate(SMALL) == [], path
