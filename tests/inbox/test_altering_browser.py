"""An answer is edited in the composer and deleted from its menu, before a colleague."""

from contextlib import AsyncExitStack

from playwright.async_api import Browser, expect

from tests.inbox.office import Office
from tests.inbox.test_thread_browser import desks


async def test_editing_by_arrow_up_and_deleting_by_the_menu(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("boris", "Boris")
    async with AsyncExitStack() as stack:
        vera, boris = await desks(stack, chromium, office, "vera", "boris")
        field = vera.locator("#answer")
        await field.fill("We open at nine")
        await vera.keyboard.press("Enter")
        mine = vera.locator("li.mine")
        await expect(mine).to_contain_text("We open at nine")
        await office.world.deliver()
        await vera.locator("li.mine .does > summary").wait_for()

        await field.fill("")
        await vera.keyboard.press("ArrowUp")
        await expect(field).to_have_value("We open at nine")
        await expect(vera.get_by_text("You are editing an answer")).to_be_visible()

        await vera.keyboard.press("Escape")
        await expect(field).to_have_value("")
        await expect(vera.get_by_text("You are editing an answer")).to_be_hidden()

        await field.press("ArrowUp")
        await field.fill("We open at ten")
        await vera.keyboard.press("Enter")
        await expect(mine).to_contain_text("the edit is on its way")
        assert len(await office.world.carry_out()) == 1
        await expect(mine).to_contain_text("We open at ten")
        await expect(boris.locator("li.ours")).to_contain_text("We open at ten")
        await expect(boris.locator("li.ours details.does")).to_have_count(0)
        await expect(field).to_have_value("")

        await vera.locator("li.mine .does > summary").focus()
        await vera.keyboard.press("Enter")
        await vera.locator("li.mine .sure > summary").focus()
        await vera.keyboard.press("Enter")

        await vera.get_by_role("button", name="Delete for everybody").click()
        await expect(mine).to_contain_text("being deleted")
        await office.world.carry_out()
        await expect(mine).to_contain_text("This answer was deleted")
        await expect(boris.locator("li.ours")).not_to_contain_text("We open at ten")
