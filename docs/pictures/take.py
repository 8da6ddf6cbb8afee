"""make screenshots: the main screens of a demo that people have used, into this folder.

A fresh `parley demo` on a free port, people on its phone, an operator at its inbox, all in a
real Chromium; nothing is drawn or made up.
"""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.async_api import Browser, Page, async_playwright

HERE = Path(__file__).parent
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WORDS = {
    "Anna Petrova": (
        "Telegram",
        ["5", "Hello, can I still change the address?", "A person, please"],
    ),
    "Boris Ivanov": ("VK", ["2", "The pot came with a crack"]),
    "Clara Weiss": ("MAX", ["4", "Do you have the green one?", "A person, please"]),
}
"""Who orders, which messenger they choose, and what they answer and write there."""
PAGES = (
    ("inbox", "/inbox"),
    ("overview", "/overview"),
    ("contacts", "/contacts"),
)


def main() -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("no chromium on this machine (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        command = [sys.executable, "-m", "server", "demo", "--port", str(port), "--folder", folder]
        demo = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            password = json.loads(Path(folder, "secrets.json").read_text())["password"]
            asyncio.run(_take(found, url, password))
        finally:
            demo.terminate()
            demo.wait(20)


async def _take(chromium: str, url: str, password: str) -> None:
    args = ["--no-sandbox", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=args)
        await _walk(browser, url, password)
        await browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{url}/readyz", timeout=1):  # noqa: S310  # Our own demo.
                return
        except (URLError, OSError):
            time.sleep(0.1)
    sys.exit("the demo did not start")


async def _walk(browser: Browser, url: str, password: str) -> None:
    for name, (messenger, words) in WORDS.items():
        async with _screen(browser, PHONE) as phone:
            await _order(phone, url, name, messenger)
            for text in words:
                await _say(phone, text)
            if messenger == "Telegram":
                await _answer(browser, url, password)
                await phone.locator("li.theirs").filter(has_text="of course").wait_for()
                await phone.screenshot(path=HERE / "phone.png")
    await _shop(browser, url)
    for locale, scheme in (("en-US", "light"), ("ru-RU", "dark")):
        for size in (DESK, PHONE):
            async with _screen(browser, size, locale, scheme) as page:
                await _widget(page, url, f"{size['width']}-{locale[:2]}")
            async with _screen(browser, size, locale, scheme) as page:
                await _pictures(page, url, password, f"{size['width']}-{locale[:2]}")


async def _widget(shop: Page, url: str, suffix: str) -> None:
    """On a computer with the code to scan, which a phone does not need."""
    await _buy(shop, url, "Anna Petrova")
    if suffix.startswith("1440"):
        await shop.locator("parley-subscribe [part~=telegram]").click()
        await shop.locator("parley-subscribe .qr").wait_for()
    await shop.screenshot(path=HERE / f"widget-{suffix}.png")


async def _order(phone: Page, url: str, name: str, messenger: str) -> None:
    """From the shop's button to the messenger's first question; a tap opens the messenger."""
    await _buy(phone, url, name)
    await phone.get_by_role("checkbox").check()
    await phone.get_by_role("button", name=f"Get updates in {messenger}").click()
    await phone.wait_for_url("**/phone?**")
    if not await phone.locator("details.create").evaluate("one => one.open"):
        await phone.get_by_text("New person").click()
    first, _, last = name.partition(" ")
    await phone.get_by_label("First name").fill(first)
    await phone.get_by_label("Last name").fill(last)
    await phone.get_by_role("button", name="Create").click()
    await phone.get_by_role("button", name="Start", exact=True).click()
    await phone.locator("li.theirs").first.wait_for()


async def _buy(visitor: Page, url: str, name: str) -> None:
    await visitor.goto(f"{url}/sandbox/shop")
    await visitor.locator("[name=name]").fill(name)
    await visitor.locator("button.main").click()
    await visitor.locator("parley-subscribe [part=panel]").wait_for()


async def _shop(browser: Browser, url: str) -> None:
    """The thank-you page, and what is behind the counter."""
    async with _screen(browser, DESK) as shop:
        await _buy(shop, url, "Anna Petrova")
        await shop.screenshot(path=HERE / "shop.png")
        await shop.goto(f"{url}/sandbox/shop/office")
        await shop.screenshot(path=HERE / "office.png")


async def _say(phone: Page, text: str) -> None:
    """Press the button with this label where there is one, else write it; wait for an answer."""
    before = await phone.locator("li.theirs").count()
    button = phone.get_by_role("button", name=text, exact=True)
    if await button.count():
        await button.first.click()
    else:
        await phone.get_by_role("textbox").fill(text)
        await phone.keyboard.press("Enter")
    for _ in range(20):
        if await phone.locator("li.theirs").count() > before:
            return
        await phone.wait_for_timeout(100)


async def _answer(browser: Browser, url: str, password: str) -> None:
    async with _screen(browser, DESK) as desk:
        await _sign_in(desk, url, password)
        await desk.locator("#rows li").filter(has_text="Anna").click()
        await desk.get_by_label("Your answer").fill("Yes, of course. Where shall we send it?")
        await desk.keyboard.press("Enter")
        await desk.locator("#messages li.ours .status", has_text="sent").first.wait_for()


async def _pictures(page: Page, url: str, password: str, suffix: str) -> None:
    await _sign_in(page, url, password)
    for name, path in PAGES:
        await page.goto(url + path)
        await page.wait_for_timeout(700)
        await page.screenshot(path=HERE / f"{name}-{suffix}.png")
    await page.goto(f"{url}/inbox")
    await page.locator("#rows li").filter(has_text="Anna").click()
    await page.locator("#connection.live").wait_for(state="attached")
    await page.wait_for_timeout(700)
    await page.screenshot(path=HERE / f"thread-{suffix}.png")


async def _sign_in(page: Page, url: str, password: str) -> None:
    await page.goto(url)
    await page.locator("[name=login]").fill("anna")
    await page.locator("[name=password]").fill(password)
    await page.locator("button.main").click()
    await page.locator(".sections").wait_for()


@asynccontextmanager
async def _screen(
    browser: Browser, size: dict[str, int], locale: str = "en-US", scheme: str = "light"
) -> AsyncIterator[Page]:
    is_phone = size == PHONE
    context = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # Playwright's own.
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        is_mobile=is_phone,
        has_touch=is_phone,
    )
    yield await context.new_page()
    await context.close()


if __name__ == "__main__":
    main()
