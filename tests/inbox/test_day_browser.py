"""A day at the desk in real browsers: by keys alone, given to a colleague, found again."""

from contextlib import AsyncExitStack

from playwright.async_api import Browser, Page, expect

from inbox.indexing import Indexer
from tests.inbox.office import PASSWORD, Office
from tests.inbox.test_browser import screen
from tests.inbox.test_people_browser import window
from tests.inbox.test_thread_browser import WIDE, desks, sign_in
from tests.world import BORIS


async def focused(page: Page) -> str:
    """What a reader of screens would say of where one is."""
    told: str = await page.evaluate(
        "() => { const one = document.activeElement;"
        " return one.labels?.[0]?.textContent || one.ariaLabel || one.textContent.trim(); }"
    )
    return told.strip()


async def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await focused(page) == name:
            return
    raise AssertionError(f"{name!r} is not reached by Tab")


async def leave(page: Page) -> None:
    """The field that one was writing in, which takes the focus back when its text has gone."""
    await expect(page.locator("#answer")).to_have_value("")
    await expect(page.locator("[data-busy]")).to_have_count(0)
    await page.evaluate("document.activeElement.blur()")


async def test_a_conversation_is_taken_answered_noted_and_closed_by_keys_alone(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("vera", "Vera")
    await office.hear("Hello", user=BORIS)
    office.world.wait(minutes=1)
    await office.hear("Where is my parcel?")
    async with screen(chromium, viewport=WIDE) as page:
        await page.goto(office.url)
        await tab_to(page, "Login")
        await page.keyboard.type("vera")
        await tab_to(page, "Password")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.locator("#connection.live").wait_for()
        # The newest, the one below it, and back.
        for key, text in (("j", "my parcel?"), ("j", "Hello"), ("k", "my parcel?")):
            await page.keyboard.press(key)
            await page.locator("#messages li", has_text=text).wait_for()
            await page.locator("#connection.live").wait_for()
        await page.keyboard.press("a")
        await page.get_by_text("you have it").wait_for()
        await page.keyboard.press("r")
        await page.keyboard.type("It left today")
        await page.keyboard.press("Enter")
        await page.locator("#messages li.ours:not(.sending)", has_text="It left today").wait_for()
        await leave(page)
        await page.keyboard.press("n")
        await page.keyboard.type("the courier was late")
        await page.keyboard.press("Enter")
        await page.locator("#messages li:not(.sending)", has_text="the courier was late").wait_for()
        await leave(page)
        await page.keyboard.press("?")
        await page.get_by_role("dialog", name="Keys").wait_for()
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog", name="Keys").wait_for(state="hidden")
        await leave(page)
        await page.keyboard.press("e")
        await page.get_by_role("button", name="Open again").wait_for()
    assert await office.world.said() == ["It left today"]
    assert (await office.conversation()).state == "closed"


async def test_what_is_given_to_a_colleague_is_theirs_at_once(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("boris", "Boris")
    async with AsyncExitStack() as stack:
        [vera] = await desks(stack, chromium, office, "vera")
        boris = await stack.enter_async_context(screen(chromium, viewport=WIDE))
        await sign_in(boris, office, "boris", "/inbox?state=open&assignee=me")
        await boris.locator("#empty").wait_for()
        await vera.locator("#head summary").filter(has_text="More").click()
        await vera.locator("#head summary").filter(has_text="Give").click()
        await vera.get_by_label("Colleague").select_option(label="Boris")
        await vera.get_by_role("button", name="Give", exact=True).click()
        await vera.get_by_text("Boris has it").wait_for()
        row = boris.locator("#rows li").filter(has_text="Where is my parcel?")
        await row.wait_for()
        await expect(boris.locator("[data-count=mine]")).to_have_text("1")
        await row.click()
        await boris.get_by_text("you have it").wait_for()


async def test_a_word_is_found_in_another_form_and_leads_to_its_message(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("vera", "Vera")
    await office.hear_all(["Где мои заказы?", *(f"строка {number}" for number in range(80))])
    await Indexer(office.world.database, "test", lambda: office.world.now).index()
    async with window(chromium, "ru-RU", viewport=WIDE) as page:
        await page.goto(office.url)
        await page.get_by_label("Логин").fill("vera")
        await page.get_by_label("Пароль").fill(PASSWORD)
        await page.get_by_role("button", name="Войти").click()
        await page.locator("#connection.live").wait_for()
        await page.keyboard.press("/")
        await page.keyboard.type("заказ")
        await page.keyboard.press("Enter")
        found = page.locator("mark", has_text="заказы")
        await found.wait_for()
        await found.click()
        await expect(page.locator("#messages li", has_text="Где мои заказы?")).to_be_in_viewport()
