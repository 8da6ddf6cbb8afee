"""Files of contacts that have not come: said in words, and asked for once more."""

import html
import re

from playwright.async_api import Browser as Chromium

from core.content import Content, Media, MediaKind
from core.inbound import Said, SaidElsewhere
from sandbox.samples import sample
from tests.inbox.office import PASSWORD, Browser, Office

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 3000


async def opened(office: Office, *refs: str) -> tuple[Browser, str]:
    """A thread with one message of pictures, and the browser of who reads it."""
    pictures = tuple(Media(MediaKind.PHOTO, ref, f"{ref}.png") for ref in refs or ("tent",))
    await office.tell(Said(Content("Look", attachments=pictures), "f1"))
    return await office.signed_in(), await office.path()


def retries(page: str) -> list[str]:
    """Where the forms lead that ask for a file once more."""
    found = re.findall(r'<form class="retry" method="post" action="([^"]*)"', page)
    return [html.unescape(one) for one in found]


async def test_a_file_on_its_way_says_so_and_is_shown_once_it_came(office: Office) -> None:
    office.files["tent"] = PNG
    browser, path = await opened(office)
    before = await browser.get(path)
    assert "tent.png being fetched" in before.seen
    assert ("<img" in before.text, retries(before.text)) == (False, [])
    await office.collect()
    after = await browser.get(path)
    assert "being fetched" not in after.seen
    assert re.search(r'<img src="/inbox/files/\d+/0"', after.text)


async def test_one_that_failed_is_asked_for_by_a_form(office: Office) -> None:
    office.files["other"] = PNG
    browser, path = await opened(office, "other", "tent")
    await office.collect()
    page = await browser.get(path)
    assert "tent.png the messenger did not give it to us" in page.seen
    [retry] = retries(page.text)
    answer = await browser.post(retry)
    message = (await office.world.messages())[-1].id
    assert answer.status == 303
    assert answer.headers["Location"] == f"{path}?state=open#m{message}"
    assert office.wakes == 1
    assert "tent.png being fetched" in (await browser.get(path)).seen
    office.files["tent"] = PNG
    await office.collect()
    assert (await browser.get(path)).text.count("<img src=") == 2


async def test_our_script_gets_the_bubble_and_others_see_it_live(office: Office) -> None:
    browser, path = await opened(office)
    await office.collect()
    [retry] = retries((await browser.get(path)).text)
    other = await office.signed_in("boris")
    conversation = path.rpartition("/")[2]
    async with other.stream(f"/inbox/stream?state=open&conversation={conversation}") as stream:
        shown = await stream.message("did not give it")
        office.world.wait(seconds=1)
        answer = await browser.post(retry, Accept="application/json")
        assert answer.status == 200
        assert "being fetched" in answer.json["html"]
        assert answer.json["id"] == shown["id"]
        assert answer.json["mark"] != shown["mark"]
        assert (await stream.message("being fetched"))["mark"] == answer.json["mark"]


async def test_an_earlier_page_tells_it_too(sqlite_office: Office) -> None:
    office = sqlite_office
    browser, path = await opened(office)
    await office.collect()
    await office.hear_all(f"message {number}" for number in range(60))
    link = re.search(r'href="([^"]*/older[^"]*)"', (await browser.get(path)).text)
    assert link is not None
    page = await browser.get(html.unescape(link[1]), Accept="application/json")
    [retry] = retries(page.json["html"])
    assert (await browser.post(retry)).status == 303


async def test_asking_twice_fetches_once(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await sqlite_office.collect()
    [retry] = retries((await browser.get(path)).text)
    answers = [await browser.post(retry) for _ in range(3)]
    assert [one.status for one in answers] == [303] * 3
    assert sqlite_office.wakes == 1


async def test_a_forged_wish_fetches_nothing(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await sqlite_office.collect()
    [retry] = retries((await browser.get(path)).text)
    assert (await browser.raw_post(retry, {})).status == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post(retry, {}, **elsewhere)).status == 403
    assert (await sqlite_office.browser().raw_post(retry, {})).status == 303
    assert sqlite_office.wakes == 0
    assert retries((await browser.get(path)).text) == [retry]


async def test_what_is_no_file_cannot_be_asked_for(sqlite_office: Office) -> None:
    browser, _ = await opened(sqlite_office)
    for path in ("7/0", "x/0", f"{'9' * 30}/0"):
        assert (await browser.post(f"/inbox/files/{path}/retry")).status == 404


async def test_the_button_works_in_a_real_browser(
    chromium: Chromium, sqlite_office: Office
) -> None:
    office = sqlite_office
    _, path = await opened(office)
    await office.collect()
    desk = await chromium.new_page()
    await desk.goto(f"{office.url}/sign-in?next={path}")
    await desk.get_by_label("Login").fill("vera")
    await desk.get_by_label("Password").fill(PASSWORD)
    await desk.get_by_role("button", name="Sign in").click()
    await desk.get_by_text("Live").wait_for()
    # Lost when the page is loaded anew: so it shows that the script did it.
    await desk.get_by_label("Your answer").evaluate("one => one.dataset.seen = 'yes'")
    office.world.wait(seconds=1)
    await desk.get_by_role("button", name="Try again").click()
    await desk.get_by_text("being fetched").wait_for()
    # A real one: the page takes away what a browser cannot show.
    office.files["tent"] = sample("photo").content
    office.world.wait(seconds=1)
    await office.collect()
    await desk.locator("#messages .picture img").wait_for()
    assert await desk.locator("#answer").get_attribute("data-seen") == "yes"
    assert office.wakes == 1


ELSEWHERE = "https://sun9.example.com/tent.png"


async def answered_in_the_messenger(office: Office) -> tuple[Browser, str]:
    """A thread where somebody of the shop answered by a picture, past Parley."""
    await office.hear("Have you tents?")
    picture = Media(MediaKind.PHOTO, ELSEWHERE, "tent.png")
    await office.tell(SaidElsewhere(Content("", attachments=(picture,)), "e1"))
    return await office.signed_in(), await office.path()


async def test_what_the_shop_sent_in_the_messenger_is_shown_from_what_was_kept(
    office: Office,
) -> None:
    office.files[ELSEWHERE] = PNG
    browser, path = await answered_in_the_messenger(office)
    assert "tent.png being fetched" in (await browser.get(path)).seen
    await office.collect()
    page = (await browser.get(path)).text
    [own] = re.findall(r'<img src="(/inbox/files/\d+/0)"', page)
    assert ELSEWHERE not in page
    assert (await browser.get(own)).body == PNG
    attachment = own.replace("/inbox/files", "/api/v1/messages").replace("/0", "/attachments/0")
    answer = await office.browser().get(attachment, **await office.key())
    assert (answer.status, answer.body) == (200, PNG)


async def test_where_it_was_not_kept_a_link_is_left_and_no_form_leads_there(
    office: Office,
) -> None:
    browser, path = await answered_in_the_messenger(office)
    await office.collect()
    page = (await browser.get(path)).text
    assert f'href="{ELSEWHERE}"' in page
    assert retries(page) == []
