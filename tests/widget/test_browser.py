"""The widget in a real Chromium, on a page of another origin that allows it nothing else."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, Route, expect

from core.consent import Source
from tests.inbox.test_axe import found
from tests.widget.street import DESK, PHONE, Street, element, link_of
from tests.world import NOW, ORDERS, PROMO

TOPICS = 'topics="orders promo"'


def heard(told: list[list[Any]], name: str) -> list[Any]:
    return [detail for one, detail in told if one == name]


LOOKS = [
    pytest.param("en", "light", DESK, "You are subscribed in Telegram", id="English, on a desk"),
    pytest.param("ru", "dark", PHONE, "Вы подписаны в Telegram", id="Russian, dark, on a phone"),
]


@pytest.mark.parametrize(("lang", "scheme", "size", "done"), LOOKS)
async def test_from_the_button_to_subscribed_on_the_strictest_page(
    chromium: Browser, street: Street, lang: str, scheme: str, size: dict[str, int], done: str
) -> None:
    token = street.stall.token()
    street.body = (
        f'<parley-subscribe token="{token}" scheme="{scheme}" {TOPICS}></parley-subscribe>'
    )
    street.lang = lang
    async with street.visit(chromium, size) as page:
        # The phone has no application that takes the link over: its page stays.
        await page.route("https://t.me/**", lambda route: route.fulfill(status=204))
        widget = element(page)
        box = widget.get_by_role("checkbox")
        await expect(box).not_to_be_checked()
        assert await found(page) == []
        await box.check()
        await widget.get_by_role("button", name="Telegram").click()
        await expect(widget.locator("a.main")).to_be_visible()
        assert await found(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await street.start(await link_of(page))
        await expect(widget.get_by_role("status")).to_have_text(done)
        assert await found(page) == []
        told = await page.evaluate("heard")
    assert [name for name, _ in told] == ["shown", "click", "subscribed"]
    assert told[2][1] == {"channel": "telegram", "topics": ["orders", "promo"]}
    records = {one.topic: one for one in await street.stall.consents()}
    assert set(records) == {ORDERS, PROMO}
    offer = await street.stall.offer("orders promo", lang)
    assert records[PROMO].evidence["words"] == offer["marketing"][0]["words"]
    assert records[ORDERS].evidence["words"] == offer["service"]["words"]
    assert records[PROMO].evidence["page"] == f"{street.url}/thanks"
    assert (records[PROMO].source, records[PROMO].at) == (Source.WIDGET, NOW)
    assert street.problems == []


async def test_a_tap_on_a_phone_opens_the_messenger_and_where_not_there_are_other_ways(
    chromium: Browser, street: Street
) -> None:
    opened: list[str] = []

    async def messenger(route: Route) -> None:
        opened.append(route.request.url)
        await route.fulfill(status=204)

    async with street.visit(chromium, PHONE) as page:
        await page.route("https://t.me/**", messenger)
        widget = element(page)
        await widget.get_by_role("button", name="Telegram").tap()
        await expect(widget.get_by_role("link", name="Open the app")).to_be_visible()
        assert opened == [await link_of(page)]
        app = await widget.get_by_role("link", name="Open the app").get_attribute("href") or ""
        assert app == opened[0].replace("https://t.me/shop_bot?", "tg://resolve?domain=shop_bot&")
        await widget.get_by_role("button", name="Another messenger").tap()
        await expect(widget.get_by_role("button", name="VK")).to_be_visible()
        # Whoever comes by the first link all the same is welcome.
        await street.start(opened[0])
        await expect(widget.get_by_role("status")).to_have_text("You are subscribed in Telegram")


async def test_a_floating_button_by_the_keyboard_alone(chromium: Browser, street: Street) -> None:
    street.body = '<parley-subscribe layout="floating"></parley-subscribe>'
    async with street.visit(chromium) as page:
        launcher = element(page).get_by_role("button", name="Get updates", exact=True)
        await expect(launcher).to_have_attribute("aria-expanded", "false")
        await page.keyboard.press("Tab")
        await expect(launcher).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(element(page).get_by_text("Updates in your messenger")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(launcher).to_be_focused()
        await expect(element(page).get_by_role("button", name="VK")).to_be_hidden()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(element(page).locator(".qr")).to_be_visible()
        await expect(element(page).get_by_text("Telegram", exact=True)).to_be_focused()
        assert await found(page) == []
    assert street.problems == []


async def test_a_popup_keeps_the_focus_and_comes_once(chromium: Browser, street: Street) -> None:
    street.body = (
        '<a href="#">Away</a><parley-subscribe layout="popup" delay="0"></parley-subscribe>'
    )
    async with street.visit(chromium, PHONE) as page:
        dialog = element(page).get_by_role("dialog")
        await expect(dialog).to_be_visible()
        assert await found(page) == []
        for _ in range(6):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.tagName") != "A"
        await element(page).get_by_role("button", name="VK").focus()
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await element(page).evaluate("one => one.setAttribute('data-title', 'Once more')")
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(dialog).to_be_hidden()
        await element(page).evaluate("one => one.open()")
        await expect(dialog.get_by_text("Once more")).to_be_visible()
    assert street.problems == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_bar_lies_at_the_edge_and_goes_away(
    chromium: Browser, street: Street, size: dict[str, int]
) -> None:
    street.body = f'<parley-subscribe layout="bar" {TOPICS}></parley-subscribe>'
    async with street.visit(chromium, size, reduced_motion="reduce") as page:
        bar = element(page).get_by_role("region", name="Updates in your messenger")
        await expect(bar).to_be_visible()
        place = await bar.bounding_box()
        assert place is not None
        assert (place["x"], place["width"]) == (0, size["width"])
        assert place["y"] + place["height"] == pytest.approx(size["height"], abs=1)
        assert await found(page) == []
        await bar.get_by_role("button", name="Close").click()
        await expect(bar).to_be_hidden()
        await element(page).evaluate("one => one.setAttribute('data-title', 'Once more')")
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(element(page).get_by_role("region")).to_have_count(0)


@pytest.mark.parametrize("way", ["a function", "an address"])
async def test_an_expired_token_is_renewed_by_the_shop(
    chromium: Browser, street: Street, way: str
) -> None:
    old = street.stall.token(exp=int(NOW.timestamp()) - 600, jti="old")
    fresh = street.stall.token(jti="fresh")
    renew = 'renew="/renew"' if way == "an address" else ""
    street.body = f'<parley-subscribe token="{old}" {renew}></parley-subscribe>'
    street.policy = street.policy.replace("connect-src", "connect-src 'self'")
    street.renewed = fresh
    async with street.visit(chromium) as page:
        widget = element(page)
        if not renew:
            await widget.evaluate("(one, token) => { one.renew = async () => token; }", fresh)
        await widget.get_by_role("button", name="Telegram").click()
        await street.start(await link_of(page))
        await expect(widget.get_by_role("status")).to_have_text("You are subscribed in Telegram")
    assert (await street.stall.world.said())[0] == "Order A-1042 is in work."


async def test_a_token_that_cannot_be_renewed_opens_the_messenger_without_the_order(
    chromium: Browser, street: Street
) -> None:
    old = street.stall.token(exp=int(NOW.timestamp()) - 600)
    street.body = f'<parley-subscribe token="{old}"></parley-subscribe>'
    async with street.visit(chromium) as page:
        await element(page).get_by_role("button", name="Telegram").click()
        await street.start(await link_of(page))
        status = element(page).get_by_role("status")
        await expect(status).to_have_text("You are subscribed in Telegram")
    assert await street.stall.world.said() == []


async def test_without_the_server_the_page_stays_as_it_is(
    chromium: Browser, street: Street
) -> None:
    street.body = '<parley-subscribe><a href="/mail">Write to us</a></parley-subscribe>'
    async with street.visit(chromium) as page:
        await expect(element(page).get_by_role("button", name="VK")).to_be_visible()
        await page.route("**/widget/**", lambda route: route.abort())
        await page.reload()
        await expect(page.get_by_role("link", name="Write to us")).to_be_visible()
        await page.route("**/widget.js", lambda route: route.abort())
        await page.reload()
        await expect(page.get_by_role("link", name="Write to us")).to_be_visible()
    assert [one for one in street.problems if "ERR_FAILED" not in one] == []


async def never(_route: Route) -> None:
    """The answer does not come."""


async def none(route: Route) -> None:
    await route.abort()


@pytest.mark.parametrize("server", [none, never], ids=["is gone", "is slow"])
async def test_where_no_link_comes_a_form_leads_the_old_way(
    chromium: Browser, street: Street, server: Callable[[Route], Awaitable[None]]
) -> None:
    token = street.stall.token()
    street.body = f'<parley-subscribe token="{token}"></parley-subscribe>'
    async with street.visit(chromium) as page:
        await page.route("**/links", server)
        await page.context.route("**/go/*", lambda route: route.fulfill(body="gone"))
        async with page.context.expect_event("request", lambda one: "/go/" in one.url) as sent:
            await element(page).get_by_role("button", name="Telegram").click()
        request = await sent.value
        assert request.url == f"{street.stall.url}/go/shop-tg"
        assert unquote(request.post_data or "") == f"token={token}&boxes=yes"
        assert page.url.startswith(street.url)
        await expect(element(page).get_by_role("status")).to_contain_text("did not work")


async def test_words_that_changed_are_shown_anew_and_nothing_is_taken(
    chromium: Browser, street: Street
) -> None:
    street.body = f"<parley-subscribe {TOPICS}></parley-subscribe>"
    async with street.visit(chromium) as page:

        async def older(route: Route) -> None:
            answer = await route.fetch()
            offer = await answer.json()
            offer["marketing"][0]["words"] = "The words of yesterday"
            await route.fulfill(response=answer, body=json.dumps(offer))

        await page.route("**/widget/shop?**", older, times=1)
        await page.reload()
        box = element(page).get_by_role("checkbox", name="The words of yesterday")
        await box.check()
        await element(page).get_by_role("button", name="Telegram").click()
        again = element(page).get_by_role("checkbox", name="I agree to get offers.")
        await expect(again).not_to_be_checked()
        await expect(element(page).get_by_role("status")).to_contain_text("changed")


async def test_where_no_stream_is_to_be_had_the_page_asks_now_and_then(
    chromium: Browser, street: Street
) -> None:
    async with street.visit(chromium) as page:
        await page.route("**/events", lambda route: route.fulfill(status=503))
        await element(page).get_by_role("button", name="Telegram").click()
        await street.start(await link_of(page))
        status = element(page).get_by_role("status")
        await expect(status).to_have_text("You are subscribed in Telegram", timeout=20_000)


async def test_several_on_a_page_and_a_token_that_comes_later(
    chromium: Browser, street: Street
) -> None:
    street.body = (
        '<div dir="rtl"><parley-subscribe data-title="Первый" lang="ru"></parley-subscribe></div>'
        "<parley-subscribe></parley-subscribe>"
    )
    async with street.visit(chromium) as page:
        second = page.locator("parley-subscribe").nth(1)
        await expect(element(page).get_by_text("Первый")).to_be_visible()
        await expect(second.get_by_text("Updates in your messenger")).to_be_visible()
        right = await element(page).get_by_role("button", name="Telegram").bounding_box()
        left = await element(page).get_by_role("button", name="VK").bounding_box()
        assert right is not None
        assert left is not None
        assert right["x"] > left["x"]
        token = street.stall.token(topics=["orders", "promo"])
        await second.evaluate("(one, token) => one.setAttribute('token', token)", token)
        await expect(second.get_by_role("checkbox", name="I agree to get offers.")).to_be_visible()
        await expect(element(page).get_by_role("checkbox")).to_have_count(0)
    assert street.problems == []


_VK_STUB = """
window.VK = {Widgets: {AllowMessagesFromCommunity: (id, options, group) => {
  document.getElementById(id).textContent = `Allow ${group} ${options.key}`;
}}};
"""


async def test_vks_own_widget_comes_once_somebody_chose_vk(
    chromium: Browser, street: Street
) -> None:
    street.policy = street.policy.replace("script-src", "script-src https://vk.ru")
    asked: list[str] = []

    async def stub(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(content_type="text/javascript", body=_VK_STUB)

    async with street.visit(chromium) as page:
        await page.route("https://vk.ru/**", stub)
        await element(page).get_by_role("button", name="Telegram").click()
        await element(page).get_by_role("button", name="Another messenger").click()
        assert asked == []
        await element(page).get_by_role("button", name="VK").click()
        code = (await link_of(page)).partition("ref=")[2]
        await expect(page.get_by_text(f"Allow 77 {code}")).to_be_visible()
    assert street.problems == []
