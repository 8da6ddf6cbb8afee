"""An operator's day in a real browser, with the shop and the phone beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, FilePayload, Page, Route

from core.ids import OperatorId
from inbox.passwords import Passwords
from sandbox.app import build as build_sandbox
from sandbox.samples import sample
from sandbox.settings import BotSettings, Settings, ShopSettings
from server.app import build_app
from server.clock import utc_now
from server.commands.flow_reading import read_sound
from server.config_read import parse_config
from server.timekeeping import Clock
from server.wiring import Parley, wire
from storage.database import Database
from storage.operators import Operator
from tests.inbox.office import CHEAP, PASSWORD
from tests.ports import free_port

PHOTO: FilePayload = {
    "name": "cup.jpg", "mimeType": "image/jpeg", "buffer": sample("photo").content
}  # fmt: skip
GIVE = """(target, [event, holder]) => {
    const given = new DataTransfer();
    given.items.add(new File([event], `${event}.txt`, { type: "text/plain" }));
    const options = { [holder]: given, bubbles: true, cancelable: true };
    const Kind = event === "paste" ? ClipboardEvent : DragEvent;
    target.dispatchEvent(new Kind(event, options));
}"""
"""Pastes or drops a small file where this is run."""
BOT, SITE = "700:browser-token", "a-shop-secret-of-at-least-32-bytes!"


@asynccontextmanager
async def screen(browser: Browser, *, refused: int = 0, **options: object) -> AsyncIterator[Page]:
    """A window of its own, which must not complain, save of answers with the status `refused`."""
    context = await browser.new_context(locale="en-US", **options)  # type: ignore[arg-type]  # Playwright's own.
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    yield page
    await context.close()
    assert [one for one in wrong if f"status of {refused} " not in one] == []


@pytest.fixture
async def town(sqlite_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The server, the shop and the phone on one port; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    raw = {
        "public_url": url,
        "listen": f"127.0.0.1:{port}",
        "database": sqlite_url,
        "secret": "0123456789abcdef0123456789abcdef",
        "egress_allow": ["127.0.0.1"],
        "sites": [
            {
                "id": "shop", "name": "Shop", "url": f"{url}/sandbox/shop",
                "default_topics": ["orders"],
                "keys": [{"kid": "k", "alg": "HS256", "secret": SITE}],
            }
        ],
        "topics": [
            {"id": "orders", "class": "service", "title": {"en": "Orders", "ru": "Заказы"}},
            {
                "id": "promo", "class": "marketing", "title": {"en": "Offers", "ru": "Акции"},
                "consent": {"en": "I agree.", "ru": "Согласен."},
            },
        ],
        "accounts": [
            {
                "id": "shop-tg", "channel": "telegram", "token": BOT, "username": "shop_bot",
                "webhook_secret": "hook", "api_url": f"{url}/sandbox/telegram",
                "link_url": f"{url}/sandbox/telegram/t.me",
            }
        ],
    }  # fmt: skip
    config = parse_config(raw, tmp_path / "town", {})
    parley = await wire(config, read_sound(config), Database(config.database), Clock())
    app = build_app(parley)
    app.add_subapp("/sandbox", build_sandbox(_sandbox(url)))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    working = asyncio.get_running_loop().create_task(_work(parley))
    await _hire(parley)
    await parley.bots[next(iter(parley.bots))].set_webhook(f"{url}/webhooks/shop-tg", "hook")
    yield url
    await runner.cleanup()
    for sender in parley.senders.values():
        sender.stop()
    working.cancel()
    await asyncio.wait([working])
    for bot in parley.bots.values():
        await bot.close()
    await parley.egress.close()
    await parley.database.close()


def _sandbox(url: str) -> Settings:
    return Settings(
        base_url=f"{url}/sandbox",
        bots=(BotSettings.of(BOT, "shop_bot", "Shop"),),
        shop=ShopSettings(
            site="shop", kid="k", secret=SITE, go_url=f"{url}/go",
            go_account_urls={"shop-tg": f"{url}/go/shop-tg"},
            account_titles={"shop-tg": "Telegram"}, inbox_url=f"{url}/",
        ),
    )  # fmt: skip


async def _work(parley: Parley) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(parley.intake.run())
        group.create_task(parley.acknowledger.run())
        group.create_task(parley.collector.run())
        for sender in parley.senders.values():
            group.create_task(sender.run())


async def _hire(parley: Parley) -> None:
    now, password = utc_now(), await Passwords(CHEAP).hash(PASSWORD)
    async with parley.database.write() as tx:
        id_ = OperatorId(parley.node.next_id(now))
        await tx.operators.add(Operator(id_, "vera", "Vera", password, now))


async def _subscribe(phone: Page, url: str) -> None:
    """Order something, press the subscribe button, and Start in the messenger."""
    await phone.goto(f"{url}/sandbox/shop")
    await phone.get_by_label("Your name").fill("Anna")
    await phone.get_by_role("button", name="Place the order").click()
    await phone.get_by_role("button", name="Get updates in Telegram").click()
    await phone.get_by_role("button", name="Create").click()
    await phone.get_by_role("button", name="Start").click()
    await phone.locator("li.theirs").first.wait_for()


async def _say(phone: Page, text: str) -> None:
    await phone.get_by_role("textbox").fill(text)
    await phone.keyboard.press("Enter")


async def _sign_in(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_question_arrives_live_and_its_answer_reaches_the_phone(
    chromium: Browser, town: str
) -> None:
    async with (
        screen(chromium, viewport={"width": 1440, "height": 900}) as desk,
        screen(chromium, viewport={"width": 390, "height": 844}) as phone,
    ):
        await _sign_in(desk, town)
        await desk.get_by_text("Nobody is waiting").wait_for()
        await desk.get_by_text("Live").wait_for()
        await _subscribe(phone, town)
        # The flow asks about the order; what it does not understand goes to a person.
        await _say(phone, "Is the pot <b>blue</b>?")
        await _say(phone, "A person, please")
        row = desk.locator("#rows li").filter(has_text="Anna")
        await row.wait_for()
        await row.click()
        thread = desk.locator("#messages")
        await thread.get_by_text("Is the pot <b>blue</b>?").wait_for()
        await thread.get_by_text("Anna came by a link").wait_for()
        await desk.get_by_text("Live").wait_for()

        await _say(phone, "Are you there?")
        await thread.get_by_text("Are you there?").wait_for()
        answer = desk.get_by_label("Your answer")
        await answer.fill("Yes. It is green 🫖 & <i>round</i>.")
        await answer.press("Enter")
        await (
            phone.locator("li.theirs").filter(has_text="It is green 🫖 & <i>round</i>.").wait_for()
        )
        bubble = thread.locator("li.ours").filter(has_text="It is green")
        await bubble.locator(".status", has_text="sent").wait_for()
        assert await bubble.count() == 1
        assert await answer.input_value() == ""

        await phone.get_by_title("Attach").click()
        await phone.get_by_role("button", name="Photo", exact=True).click()
        picture = thread.locator(".picture img")
        await picture.wait_for()
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0

        # STOP is told in the open page, and the answer to a question after it still goes out.
        await _say(phone, "STOP")
        await thread.get_by_text("Anna left everything by writing “STOP”").wait_for()
        await desk.get_by_role("button", name="Close", exact=True).click()
        await desk.get_by_role("button", name="Open again").wait_for()
        await desk.locator("#rows li").wait_for(state="detached")


async def test_a_block_closes_the_answer_while_the_page_is_open(
    chromium: Browser, town: str
) -> None:
    async with screen(chromium) as desk, screen(chromium) as phone:
        await _subscribe(phone, town)
        await _say(phone, "Hello")
        await _say(phone, "A person, please")
        await _sign_in(desk, town)
        await desk.locator("#rows li").filter(has_text="Anna").click()
        await desk.get_by_text("Live").wait_for()
        await desk.get_by_label("Your answer").fill("a draft")
        await phone.get_by_title("More").click()
        await phone.get_by_role("button", name="Block the bot").click()
        await desk.get_by_text("has blocked us or is gone").wait_for()
        assert await desk.get_by_label("Your answer").is_disabled()
        await phone.get_by_role("button", name="Unblock", exact=True).click()
        await phone.get_by_role("textbox").wait_for()
        await _say(phone, "I am back")
        await desk.locator("#messages").get_by_text("I am back").wait_for()
        await desk.locator("#answer:enabled").wait_for()
        assert await desk.get_by_label("Your answer").input_value() == "a draft"


async def _open_thread(phone: Page, desk: Page, url: str) -> None:
    """Anna asks for a person, and the operator opens her conversation."""
    await _subscribe(phone, url)
    await _say(phone, "Hello")
    await _say(phone, "A person, please")
    await _sign_in(desk, url)
    await desk.locator("#rows li").filter(has_text="Anna").click()


async def test_files_reach_the_phone_chosen_pasted_and_dropped(
    chromium: Browser, town: str
) -> None:
    async with screen(chromium) as desk, screen(chromium) as phone:
        await _open_thread(phone, desk, town)
        await desk.get_by_text("Live").wait_for()
        await desk.get_by_label("Attach files").set_input_files(PHOTO)
        for event, holder in (("paste", "clipboardData"), ("drop", "dataTransfer")):
            await desk.get_by_label("Your answer").evaluate(GIVE, [event, holder])
        chosen = await desk.locator("#chosen bdi").all_inner_texts()
        assert chosen == ["cup.jpg", "paste.txt", "drop.txt"]
        await desk.get_by_title("Remove paste.txt").click()
        await desk.get_by_label("Your answer").fill("Like this one?")
        await desk.get_by_role("button", name="Send").click()
        bubble = desk.locator("#messages li.ours").filter(has_text="drop.txt")
        await bubble.locator(".status", has_text="sent").wait_for()
        picture = bubble.locator(".picture img")
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        assert await desk.locator("#chosen li").count() == 0
        await phone.locator("li.theirs img").wait_for()
        await phone.locator("li.theirs").filter(has_text="drop.txt").wait_for()
        assert await phone.get_by_text("paste.txt").count() == 0


async def test_what_did_not_go_out_stays_in_the_form(chromium: Browser, town: str) -> None:
    async with screen(chromium) as desk, screen(chromium) as phone:
        await _open_thread(phone, desk, town)

        async def answer_for_us(route: Route) -> None:
            await route.fulfill(body="A proxy's page.")

        await desk.route("**/messages?*", answer_for_us)
        answer, send = desk.get_by_label("Your answer"), desk.get_by_role("button", name="Send")
        await answer.evaluate(GIVE, ["drop", "dataTransfer"])
        await answer.fill("words")
        await send.click()
        await desk.get_by_text("the server did not answer").wait_for()
        assert await answer.input_value() == "words"
        assert await desk.locator("#chosen li").count() == 1
        await desk.unroute("**/messages?*")
        await send.click()
        await phone.locator("li.theirs").filter(has_text="drop.txt").wait_for()
        assert await desk.locator("#messages li.ours").count() == 1


async def test_without_a_script_forms_do_the_same(chromium: Browser, town: str) -> None:
    async with screen(chromium, java_script_enabled=False) as desk, screen(chromium) as phone:
        await _subscribe(phone, town)
        await _say(phone, "Hello")
        await _say(phone, "A person, please")
        await _sign_in(desk, town)
        await desk.locator("#rows li").filter(has_text="Anna").click()
        await desk.get_by_label("Your answer").fill("From a plain form")
        await desk.get_by_label("Attach files").set_input_files(PHOTO)
        await desk.get_by_role("button", name="Send").click()
        await phone.locator("li.theirs").filter(has_text="From a plain form").wait_for()
        await phone.locator("li.theirs img").wait_for()
        # Whoever answers what nobody has takes it by that.
        await desk.get_by_text("you have it").wait_for()
        await desk.get_by_role("button", name="Let it go").click()
        await desk.get_by_role("button", name="Take it").click()
        await desk.get_by_text("you have it").wait_for()
        await desk.get_by_role("link", name="Mine").click()
        await desk.locator("#rows li").filter(has_text="Anna").wait_for()
