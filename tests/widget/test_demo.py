"""The demo's shop has the widget, and its page hears of the Start on the demo's phone."""

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.journeys.servers import start
from tests.ports import free_port


async def test_from_an_order_of_the_demo_to_its_phone_and_back(
    chromium: Browser, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["server", "demo", "--port", str(port), "--folder", str(tmp_path / "demo")]
    demo = await start(arguments, url, "/readyz", tmp_path / "demo.log")
    context = await chromium.new_context(locale="en-US")
    try:
        shop = await context.new_page()
        await shop.goto(f"{url}/sandbox/shop")
        await shop.get_by_label("Your name").fill("Anna")
        await shop.get_by_role("button", name="Place the order").click()
        widget = shop.locator("parley-subscribe")
        # Until then the shop's own form stands in its place, with a box of the same kind.
        await expect(widget.locator("[part=panel]")).to_be_visible(timeout=30_000)
        await widget.get_by_role("checkbox").check()
        await widget.get_by_role("button", name="Telegram").click()
        async with context.expect_page() as opened:
            await widget.get_by_role("link", name="Open Telegram here").click()
        phone = await opened.value
        await phone.get_by_label("First name").fill("Anna")
        await phone.get_by_role("button", name="Create").click()
        await phone.get_by_role("button", name="Start", exact=True).click()
        await expect(widget.get_by_role("status")).to_have_text(
            "You are subscribed in Telegram", timeout=30_000
        )
    finally:
        await context.close()
        assert await demo.terminate() == 0
