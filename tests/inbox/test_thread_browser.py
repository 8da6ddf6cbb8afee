"""The thread and its composer in real browsers, often two of them."""

from contextlib import AsyncExitStack

from playwright.async_api import Browser, Page

from core.content import Content, Media, MediaKind
from core.ids import ReplyId
from core.inbound import Said
from storage.replies import Reply
from tests.inbox.office import PASSWORD, Office
from tests.inbox.test_browser import screen
from tests.world import NOW

WIDE = {"width": 1440, "height": 900}
WIDTH = """Math.max(...[...document.querySelectorAll("main, main *")]
    .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().right))"""
PHONE = {"width": 390, "height": 844}


async def sign_in(page: Page, office: Office, login: str, path: str = "/inbox") -> None:
    async with office.world.database.read() as tx:
        known = await tx.operators.find(login)
    if known is None:
        await office.operator(login, login.capitalize())
    await page.goto(f"{office.url}{path}")
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    # On a phone it is only said to readers of screens.
    await page.locator("#connection.live").wait_for(state="attached")


async def desks(
    stack: AsyncExitStack, chromium: Browser, office: Office, *logins: str
) -> list[Page]:
    """A window for each of these operators, with Anna's conversation open."""
    await office.hear("Where is my parcel?")
    pages = []
    for login in logins:
        page = await stack.enter_async_context(screen(chromium, refused=409, viewport=WIDE))
        await sign_in(page, office, login, await office.path())
        pages.append(page)
    return pages


async def test_a_note_is_shown_to_colleagues_and_never_sent(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("boris", "Boris")
    async with AsyncExitStack() as stack:
        vera, boris = await desks(stack, chromium, office, "vera", "boris")
        await boris.goto(f"{office.url}/inbox")
        await vera.get_by_label("Your answer").fill("half an answer")
        await vera.keyboard.press("Control+Shift+N")
        note = vera.get_by_label("Your note")
        assert await note.input_value() == ""
        await note.press_sequentially("Ask @bo")
        await vera.get_by_role("option", name="@Boris").wait_for()
        await vera.keyboard.press("Enter")
        await note.press_sequentially("about it")
        await vera.keyboard.press("Enter")
        await vera.locator("#messages .note").filter(has_text="Ask @Boris about it").wait_for()
        assert await note.input_value() == ""
        await boris.locator("#rows .called").wait_for()
        await boris.locator("#rows li a").click()
        await boris.locator("#messages .note.for-me").filter(has_text="calls Boris").wait_for()
        await boris.locator("#rows .called").wait_for(state="detached")
        await vera.get_by_label("Answer", exact=True).check(force=True)
        assert await vera.get_by_label("Your answer").input_value() == "half an answer"
        await vera.reload()
        assert await vera.get_by_label("Your answer").input_value() == "half an answer"
    assert await office.world.said() == []


async def test_a_note_can_be_kept_where_nothing_can_be_sent(
    chromium: Browser, sqlite_office: Office
) -> None:
    from core.inbound import Blocked

    office = sqlite_office
    async with AsyncExitStack() as stack:
        [vera] = await desks(stack, chromium, office, "vera")
        await office.tell(Blocked())
        await vera.get_by_text("has blocked us or is gone").wait_for()
        assert await vera.get_by_label("Your answer").is_disabled()
        await vera.keyboard.press("n")
        await vera.get_by_label("Your note").fill("She blocked us")
        await vera.get_by_role("button", name="Keep the note").click()
        await vera.locator("#messages .note").wait_for()


async def test_a_slash_offers_replies_filled_for_the_contact(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    async with office.world.database.write() as tx:
        for number, (shortcut, text) in enumerate(
            {
                "thanks": "Thank you, {{ first_name }}.",
                "till": "Till soon",
                "where": "On its way",
            }.items()
        ):
            reply = Reply(ReplyId(number + 1), shortcut, None, {"en": text})
            assert await tx.replies.add(reply, NOW)
    async with AsyncExitStack() as stack:
        [vera] = await desks(stack, chromium, office, "vera")
        answer = vera.get_by_label("Your answer")
        await answer.press_sequentially("/t")
        await vera.locator("#offers li").first.wait_for()
        titles = await vera.locator("#offers b").all_inner_texts()
        assert titles == ["/thanks", "/till", "/where"]
        await vera.keyboard.press("ArrowDown")
        await vera.keyboard.press("ArrowUp")
        assert await answer.get_attribute("aria-activedescendant") == "offer0"
        await vera.keyboard.press("Enter")
        assert await answer.input_value() == "Thank you, Anna."
        assert await office.world.said() == []
        await vera.keyboard.press("Enter")
        await (
            vera.locator("#messages li.ours:not(.sending)")
            .filter(has_text="Thank you, Anna.")
            .wait_for()
        )
    assert await office.world.said() == ["Thank you, Anna."]


async def test_two_who_answer_at_once_are_told(chromium: Browser, sqlite_office: Office) -> None:
    office = sqlite_office
    async with AsyncExitStack() as stack:
        vera, boris = await desks(stack, chromium, office, "vera", "boris")
        await vera.get_by_text("Boris has this open too").wait_for()
        await boris.get_by_label("Your answer").press_sequentially("I think")
        await vera.get_by_text("Boris is typing").wait_for()
        await vera.get_by_label("Your answer").fill("It left today")
        await vera.keyboard.press("Enter")
        await (
            vera.locator("#messages li.ours:not(.sending)")
            .filter(has_text="It left today")
            .wait_for()
        )
        # It is taken from Boris's page again, as if it had not come there yet.
        theirs = boris.locator("#messages li.ours:not(.sending)")
        await theirs.wait_for()
        await theirs.evaluate("one => one.remove()")
        await boris.get_by_label("Your answer").fill("I do not know")
        await boris.keyboard.press("Enter")
        await boris.get_by_text("Vera answered a moment ago: “It left today”").wait_for()
        assert await office.world.said() == ["It left today"]
        assert await boris.get_by_label("Your answer").input_value() == "I do not know"
        await boris.get_by_role("button", name="Send anyway").click()
        await (
            boris.locator("#messages li.ours:not(.sending)")
            .filter(has_text="I do not know")
            .wait_for()
        )
        await boris.get_by_role("button", name="Send", exact=True).wait_for()
    assert await office.world.said() == ["It left today", "I do not know"]


async def test_the_head_puts_off_labels_and_closes(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.operator("boris", "Boris")
    async with AsyncExitStack() as stack:
        [vera] = await desks(stack, chromium, office, "vera")
        await vera.keyboard.press("a")
        await vera.get_by_text("you have it").wait_for()
        more = vera.locator("#head summary").filter(has_text="More")
        await more.click()
        await vera.locator("#head summary").filter(has_text="Labels").click()
        await vera.get_by_label("Name; a new one").fill("vip")
        await vera.keyboard.press("Enter")
        await vera.locator(".put-on").get_by_text("vip").wait_for()
        await vera.locator("#rows .label").get_by_text("vip").wait_for()
        await vera.get_by_role("button", name="Take off “vip”").click()
        await vera.locator(".put-on").wait_for(state="detached")
        await more.click()
        await vera.locator("#head summary").filter(has_text="Give to a colleague").click()
        await vera.get_by_label("Colleague").select_option(label="Boris")
        await vera.get_by_role("button", name="Give", exact=True).click()
        await vera.get_by_text("Boris has it").wait_for()
        await vera.keyboard.press("s")
        await vera.get_by_role("button", name="For an hour").click()
        await vera.get_by_text("put off until").wait_for()
        await vera.get_by_role("button", name="Bring it back").click()
        await more.click()
        await vera.locator("#head summary").filter(has_text="Close because").click()
        await vera.get_by_role("button", name="It is spam").click()
        await vera.locator("#head").get_by_text("(It is spam)").wait_for()
        await vera.keyboard.press("?")
        await vera.get_by_role("dialog").get_by_text("next conversation").wait_for()
        await vera.keyboard.press("Escape")


async def test_on_a_phone_everything_is_in_one_menu(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.hear("Hello")
    async with screen(chromium, viewport=PHONE, has_touch=True) as phone:
        await sign_in(phone, office, "vera", await office.path())
        await phone.locator("#head summary").filter(has_text="More").click()
        await phone.get_by_role("button", name="Take it").click()
        await phone.get_by_text("you have it").wait_for()
        assert await phone.evaluate(WIDTH) <= PHONE["width"]
        reply = {"shortcut": "a", "text_en": "A long reply without an end. " * 20, "whose": "me"}
        await (await office.signed_in("vera")).post("/replies", reply)
        await phone.goto(f"{office.url}/replies")
        assert await phone.evaluate(WIDTH) <= PHONE["width"]


async def test_a_thread_opens_where_the_new_begins_and_veils_strangers_pictures(
    chromium: Browser, sqlite_office: Office
) -> None:
    office = sqlite_office
    await office.hear("First")
    browser = await office.signed_in("boris")
    await browser.post(f"{await office.path()}/read")
    await office.hear_all(f"Line {number}" for number in range(40))
    office.files["f"] = await _photo()
    await office.tell(Said(Content("", attachments=(Media(MediaKind.PHOTO, "f"),)), "p1"))
    await office.collect()
    async with screen(chromium, viewport=WIDE) as vera:
        await sign_in(vera, office, "vera", await office.path())
        mark = vera.locator("#new")
        assert await mark.evaluate("one => one.nextElementSibling.innerText.includes('Line 0')")
        await mark.wait_for()
        box = await mark.bounding_box()
        assert box is not None
        assert 0 < box["y"] < 400
        await vera.locator("#below").wait_for(state="hidden")
        veiled = vera.locator("a.veiled")
        await veiled.scroll_into_view_if_needed()
        await veiled.click()
        assert await vera.locator("a.veiled").count() == 0
        assert len(vera.context.pages) == 1


async def _photo() -> bytes:
    from sandbox.samples import sample

    return sample("photo").content
