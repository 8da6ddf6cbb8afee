"""/s/NAME: what visitors see and agree to, and what becomes of it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from core.ids import FlowName, SiteId
from tests.inbox.office import Office
from tests.landing.pages import code_of, go, hidden, make
from tests.world import BORIS, PROMO, TOPICS


async def figures(office: Office) -> list[int]:
    await office.counting.flush()
    headers = await office.key("read")
    told = (await office.browser().get("/api/v1/figures/funnel", **headers)).json
    [row] = [one for one in told["items"] if one["place"] == "autumn-fair"]
    assert row["source"] == "page"
    return [row["figures"][name] for name in ("shown", "clicked", "started", "subscribed")]


async def test_from_the_page_to_the_figures(office: Office) -> None:
    """A visitor looks, ticks, presses Start, gets the flow; later STOP counts to the page."""
    await make(office, flow="menu")
    world = office.world
    await world.start(code_of(await go(office, "promo")))
    assert await world.active() == {"orders", "promo"}
    assert "This is the help" in await world.said()
    assert await figures(office) == [1, 1, 1, 1]
    async with world.database.read() as tx:
        contact = (await tx.contacts.load([(await world.address()).contact])).popitem()[1]
        records = await tx.consents.of_addresses([(await world.address()).id])
    assert contact.attributes["source"] == "poster at the counter"
    words = {one.topic: (one.evidence or {})["words"] for one in records}
    assert words == {
        "orders": "What you will get: Order updates",
        "promo": "I agree to get offers.",
    }
    assert (records[0].evidence or {})["page"] == "http://parley.test/s/autumn-fair"

    world.wait(days=2)
    await world.say("STOP")
    headers = await office.key("read")
    told = (await office.browser().get("/api/v1/figures/funnel", **headers)).json
    left = {(one["place"], one["topic"]): one["many"] for one in told["unsubscriptions"]}
    assert left == {("autumn-fair", "orders"): 1, ("autumn-fair", "promo"): 1}
    world.wait(seconds=1)
    await world.say("START")
    told = (await office.browser().get("/api/v1/figures/funnel", **headers)).json
    assert told["unsubscriptions"] == []


async def test_what_is_not_ticked_is_not_taken(office: Office) -> None:
    await make(office)
    await office.world.start(code_of(await go(office)))
    assert await office.world.active() == {"orders"}


async def test_each_visitor_has_a_link_of_their_own(office: Office) -> None:
    await make(office)
    for user in (None, BORIS):
        code = code_of(await go(office, "promo"))
        await (office.world.start(code) if user is None else office.world.start(code, user))
    assert await office.world.active(BORIS) == {"orders", "promo"}
    assert await figures(office) == [2, 2, 2, 2]


async def test_a_flow_that_is_gone_leaves_it_to_the_usual_ones(office: Office) -> None:
    await make(office, flow="menu")
    answer = await go(office)
    office.world.catalog = replace(
        office.world.catalog,
        flows={k: v for k, v in office.world.catalog.flows.items() if k != FlowName("menu")},
    )
    started = await office.world.start(code_of(answer))
    assert started.started == ()
    assert await office.world.active() == {"orders"}


async def test_the_page_speaks_the_visitors_language_and_ticks_nothing(
    sqlite_office: Office,
) -> None:
    await make(sqlite_office)
    page = await sqlite_office.browser().get("/s/autumn-fair", **{"Accept-Language": "ru-RU"})
    assert "Узнавайте первыми" in page.seen
    assert "Согласие получать акции." in page.seen
    assert "checked" not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert "form-action 'self' https://t.me;" in page.headers["Content-Security-Policy"]
    assert 'href="/s/autumn-fair?lang=en"' in page.text


async def test_words_that_changed_meanwhile_are_shown_again(sqlite_office: Office) -> None:
    """Nobody agrees to what they have not seen, and what they ticked stays ticked."""
    office = sqlite_office
    await make(office)
    visitor = office.browser()
    seen = await visitor.get("/s/autumn-fair?lang=en")
    new = replace(TOPICS[PROMO], consent={"en": "I agree to get offers daily."})
    topics = {**TOPICS, PROMO: new}
    office.landing._shop = replace(office.shop, topics=topics)
    fields = {**hidden(seen.text), "account": "shop-tg", "topic:promo": "yes"}
    answer = await visitor.raw_post("/s/autumn-fair?lang=en", fields)
    assert answer.status == 409
    assert "has changed while it was open" in answer.seen
    assert "I agree to get offers daily." in answer.seen
    assert re.search(r'name="topic:promo" value="yes" checked', answer.text)
    again = {**hidden(answer.text), "account": "shop-tg", "topic:promo": "yes"}
    assert (await visitor.raw_post("/s/autumn-fair?lang=en", again)).status == 303


@pytest.mark.parametrize(
    ("headers", "counted"),
    [
        ({}, 1),
        ({"Sec-Purpose": "prefetch;prerender"}, 0),
        ({"Purpose": "prefetch"}, 0),
        ({"User-Agent": "TelegramBot (like TwitterBot)"}, 0),
    ],
    ids=["a person", "a browser that looks ahead", "another one", "a preview in a chat"],
)
async def test_only_people_are_counted(
    sqlite_office: Office, headers: dict[str, str], counted: int
) -> None:
    await make(sqlite_office)
    visitor = sqlite_office.browser(**headers)
    await visitor.get("/s/autumn-fair")
    async with visitor.session.head(f"{sqlite_office.url}/s/autumn-fair") as head:
        assert head.status == 200
    await sqlite_office.counting.flush()
    async with sqlite_office.world.database.read() as tx:
        found = await tx.tallies.since(sqlite_office.world.now.date())
    assert sum(found.values()) == counted


async def test_an_archived_page_leads_on_and_subscribes_nobody(sqlite_office: Office) -> None:
    desk = await make(sqlite_office)
    waiting = await go(sqlite_office)
    await desk.post("/pages/autumn-fair/archive")
    page = await sqlite_office.browser().get("/s/autumn-fair?lang=en")
    assert (page.status, "not used any more" in page.seen) == (410, True)
    assert "https://t.me/shop?start=" in page.text
    assert "<form" not in page.text
    # A link that was made before is a promise.
    await sqlite_office.world.start(code_of(waiting))
    assert await sqlite_office.world.active() == {"orders"}
    await desk.post("/pages/autumn-fair/restore")
    assert (await sqlite_office.browser().get("/s/autumn-fair")).status == 200


@pytest.mark.parametrize("name", ["nowhere", "NEW", "a" * 65, "%00", "..%2fgo", "привет"])
async def test_a_page_that_is_not_there_leads_on(sqlite_office: Office, name: str) -> None:
    page = await sqlite_office.browser().get(f"/s/{name}?lang=ru")
    assert page.status == 404
    if "%2f" not in name:
        assert "Такой страницы нет" in page.seen


async def test_another_sites_form_agrees_to_nothing(sqlite_office: Office) -> None:
    await make(sqlite_office)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        answer = await go(sqlite_office, **headers)
        assert answer.status == 403


async def test_a_button_that_is_none_shows_the_page_again(sqlite_office: Office) -> None:
    await make(sqlite_office)
    assert (await go(sqlite_office, account="elsewhere")).status == 409
    answer = await sqlite_office.browser().raw_post("/s/autumn-fair", {})
    assert answer.status == 409


async def test_nobody_makes_links_without_end(sqlite_office: Office) -> None:
    await make(sqlite_office)
    visitor = sqlite_office.browser()
    fields = {**hidden((await visitor.get("/s/autumn-fair")).text), "account": "shop-tg"}
    found = [(await visitor.raw_post("/s/autumn-fair", fields)).status for _ in range(61)]
    assert (found[59], found[60]) == (303, 429)
    other = sqlite_office.browser(**{"X-From": "192.0.2.9"})
    assert (await other.raw_post("/s/autumn-fair", fields)).status == 303
    sqlite_office.world.now += timedelta(minutes=11)
    assert (await visitor.raw_post("/s/autumn-fair", fields)).status == 303


async def test_a_page_leads_into_messengers_of_its_own_site_alone(sqlite_office: Office) -> None:
    """One that is for another site's visitors is no door, whatever a form says."""
    await make(sqlite_office)
    doors = dict(sqlite_office.shop.doors)
    [first, *_] = doors
    other = {first: replace(doors[first], site=SiteId("other"))}
    sqlite_office.landing._shop = replace(sqlite_office.shop, doors={**doors, **other})
    page = await sqlite_office.browser().get("/s/autumn-fair?lang=en")
    shown = re.findall(r'name="account" value="([^"]+)"', page.text)
    assert shown == [one for one in doors if one != first]
    fields = {**hidden(page.text), "account": first}
    answer = await sqlite_office.browser().raw_post("/s/autumn-fair", fields)
    assert answer.status == 409
