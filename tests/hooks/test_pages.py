"""/deliveries and the same by the API: who may see it, find in it, and send again."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Browser

from core.hooks import DeliveryState, Endpoint
from core.roles import Role
from tests.hooks.shop import KEY, OTHER, SECRET, Shop, deliverer, stored, with_hooks
from tests.inbox.office import Office, open_office
from tests.inbox.test_axe import LOOKS, found
from tests.inbox.test_people_browser import window
from tests.world import BORIS, SHOP

URL = "https://shop.example.com/hooks?token=secret"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url, endpoints=[Endpoint(KEY, SHOP, URL, (SECRET,))]) as office:
        with_hooks(office.world)
        office.intake.catalog = office.world.catalog
        yield office


async def happen(office: Office, shop: Shop) -> None:
    """One that was taken, and one that waits since it failed."""
    await office.world.say("Taken words")
    worker = deliverer(office.world, shop)
    while await worker.deliver_due():
        pass
    shop.answer = lambda _: web.Response(status=500, text="out of <order>")
    await office.world.say("Failed words", BORIS)
    await worker.deliver_due()


async def test_it_is_for_those_who_lead(office: Office) -> None:
    supervisor = await office.signed_in("sofia", Role.SUPERVISOR)
    operator = await office.signed_in("olga", Role.OPERATOR)
    assert "/deliveries" in (await supervisor.get("/inbox")).text
    assert "/deliveries" not in (await operator.get("/inbox")).text
    assert (await supervisor.get("/deliveries")).status == 200
    assert (await operator.get("/deliveries")).status == 403
    assert (await operator.post(f"/deliveries/endpoints/{KEY}/test")).status == 403


async def test_what_was_told_is_found_by_its_state_and_type(office: Office, shop: Shop) -> None:
    await happen(office, shop)
    ada = await office.signed_in("ada", Role.ADMIN)
    page = (await ada.get("/deliveries")).seen
    assert "https://shop.example.com/hooks?… shop · works" in page.replace("  ", " ")
    assert "secret" not in page
    assert "2 wait" in page
    waiting = (await ada.get("/deliveries?state=waiting&type=message.received")).text
    assert waiting.count('<a class="grow" href="/deliveries/') == 1
    assert "HTTP 500" in waiting
    assert "Nothing here" in (await ada.get("/deliveries?state=failed")).seen
    for bad in ("state=x", "before=x", "endpoint=x", "type=x", "before=99999999999999999999"):
        assert (await ada.get(f"/deliveries?{bad}")).status == 200


async def test_one_tells_its_tries_and_what_it_says_and_is_sent_again(
    office: Office, shop: Shop
) -> None:
    await happen(office, shop)
    rows = await stored(office.world)
    ada = await office.signed_in("ada", Role.ADMIN)
    failed = next(one for one in rows if one.state is DeliveryState.WAITING)
    page = (await ada.get(f"/deliveries/{failed.id}")).text
    assert "out of &lt;order&gt;" in page
    assert "Failed words" in page
    refused = await ada.post(f"/deliveries/{failed.id}/resend", Accept="application/json")
    assert (refused.status, "waits to be sent already" in refused.json["error"]) == (409, True)
    taken = next(one for one in rows if one.state is DeliveryState.DELIVERED)
    answer = await ada.post(f"/deliveries/{taken.id}/resend")
    assert answer.headers["Location"] == f"/deliveries/{taken.id}?done=delivery_is_queued"
    shop.answer = lambda _: web.Response()
    await deliverer(office.world, shop).deliver_due()
    ids = [one.id for one in shop.requests if one.type == taken.type]
    assert ids.count(f"evt_{taken.event}") == 2
    assert "sent a webhook to https://shop.example.com/hooks?… again" in await office.acts("Ada")
    assert (await ada.get("/deliveries/1")).status == 404
    assert (await ada.get("/deliveries/x")).status == 404


async def test_all_that_failed_is_sent_again_and_an_endpoint_switched_on(
    office: Office, shop: Shop
) -> None:
    shop.answer = lambda _: web.Response(status=410)
    await office.world.say("One")
    await deliverer(office.world, shop).deliver_due()
    ada = await office.signed_in("ada", Role.ADMIN)
    page = (await ada.get("/deliveries")).seen
    assert "switched off: it answered 410" in page
    answer = await ada.post(f"/deliveries/endpoints/{KEY}/enable")
    assert answer.headers["Location"].endswith("done=endpoint_is_on")
    answer = await ada.post(f"/deliveries/endpoints/{KEY}/resend", {"since": "day"})
    assert answer.headers["Location"].endswith("done=deliveries_are_queued&many=2")
    assert "2 wait to be sent again" in (await ada.get(answer.headers["Location"])).seen
    shop.answer = lambda _: web.Response()
    worker = deliverer(office.world, shop)
    while await worker.deliver_due():
        pass
    assert {one.state for one in await stored(office.world)} == {DeliveryState.DELIVERED}
    assert (await ada.post(f"/deliveries/endpoints/{KEY}/resend", {"since": "x"})).status == 400
    assert (await ada.post("/deliveries/endpoints/nowhere/enable")).status == 404
    assert await office.acts("Ada") == [
        "signed in",
        "switched the endpoint https://shop.example.com/hooks?… on",
        "sent 2 failed webhooks to https://shop.example.com/hooks?… again",
    ]


async def test_a_test_goes_the_same_way(office: Office, shop: Shop) -> None:
    ada = await office.signed_in("ada", Role.ADMIN)
    answer = await ada.post(f"/deliveries/endpoints/{KEY}/test")
    assert answer.status == 303
    await deliverer(office.world, shop).deliver_due()
    assert shop.data("test")[0]["site"] == "shop"
    page = (await ada.get(answer.headers["Location"].partition("?")[0])).seen
    assert "HTTP 204" in page


async def test_the_api_shows_each_site_its_own_and_sends_again(office: Office, shop: Shop) -> None:
    await happen(office, shop)
    browser = office.browser()
    key = await office.key("admin")
    page = await browser.get("/api/v1/webhooks/deliveries?state=waiting&limit=1", **key)
    (first,) = page.json["items"]
    more = await browser.get(
        f"/api/v1/webhooks/deliveries?state=waiting&after={page.json['next']}", **key
    )
    assert first["id"] not in {one["id"] for one in more.json["items"]}
    assert first["url"] == "https://shop.example.com/hooks?…"
    taken = await browser.get("/api/v1/webhooks/deliveries?state=delivered", **key)
    one = taken.json["items"][0]
    whole = (await browser.get(f"/api/v1/webhooks/deliveries/{one['id']}", **key)).json
    assert (whole["delivery"], whole["tries"][0]["status"]) == (one, 204)
    for bad in ("x", "1", "9" * 30, "0" * 20 + "9" * 20, "9" * 5000):
        for list_ in ("webhooks/deliveries", "contacts"):
            assert (await browser.get(f"/api/v1/{list_}/{bad}", **key)).status == 404
    assert whole["data"]["contact"]["id"] == one["contact"]
    path = f"/api/v1/webhooks/deliveries/{one['id']}/resend"
    again = await browser.raw_post(path, {}, **key)
    assert (again.status, again.json["state"]) == (202, "waiting")
    assert (await browser.raw_post(path, {}, **key)).status == 409
    theirs = await office.key("admin", OTHER)
    listed = await browser.get("/api/v1/webhooks/deliveries", **theirs)
    assert listed.json["items"] == []
    assert (await browser.raw_post(path, {}, **theirs)).status == 404
    reader = await office.key("read")
    assert (await browser.get("/api/v1/webhooks/deliveries", **reader)).status == 403
    assert "sent a webhook to https://shop.example.com/hooks?… again" in await office.acts()


@pytest.mark.parametrize(("locale", "scheme", "viewport"), LOOKS)
async def test_nothing_stands_in_anybodys_way(
    chromium: Browser, sqlite_url: str, shop: Shop, locale: str, scheme: str,
    viewport: dict[str, int],
) -> None:  # fmt: skip
    async with open_office(sqlite_url, endpoints=[Endpoint(KEY, SHOP, URL, (SECRET,))]) as office:
        with_hooks(office.world)
        await happen(office, shop)
        await office.operator("ada", "Ada", role=Role.ADMIN)
        rows = await stored(office.world)
        async with window(chromium, locale, color_scheme=scheme, viewport=viewport) as page:
            await page.goto(office.url)
            await page.locator("[name=login]").fill("ada")
            await page.locator("[name=password]").fill("correct horse battery")
            await page.locator("button.main").click()
            await page.locator(".sections").wait_for()
            wrong = {}
            for place in ("/deliveries", f"/deliveries/{rows[-1].id}"):
                await page.goto(office.url + place)
                wrong[place] = await found(page)
                wide = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert wide <= 0
            taken = next(one for one in rows if one.state is DeliveryState.DELIVERED)
            await page.goto(f"{office.url}/deliveries/{taken.id}")
            await page.locator("form.act button").click()
            await page.locator(".done").wait_for()
            wrong["resent"] = await found(page)
    assert {place: one for place, one in wrong.items() if one} == {}
