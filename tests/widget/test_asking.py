"""What a shop's page may ask from a browser, and what is refused, each with its reason."""

from datetime import timedelta
from typing import Any

import pytest

from core.ids import AccountId, SiteId
from core.origins import origin_of
from storage.tallies import Seen, Tally
from tests.widget.stall import (
    OTHER_ORIGIN,
    OTHER_SECRET,
    PAGE,
    VKONTAKTE,
    Stall,
    open_stall,
)
from tests.world import NOW, SHOP, TG


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        pytest.param("https://shop.example.com", "https://shop.example.com", id="as it is"),
        pytest.param("https://Shop.Example.com/", "https://shop.example.com", id="from the bar"),
        pytest.param("https://shop.example.com:443/a?b", "https://shop.example.com", id="a page"),
        pytest.param("http://localhost:3000", "http://localhost:3000", id="with its port"),
        pytest.param("https://чай.рф", "https://xn--80as4b.xn--p1ai", id="in Russian"),
        pytest.param("http://[::1]:80/x", "http://[::1]", id="IPv6"),
        pytest.param("null", "", id="null"),
        pytest.param("file:///etc/passwd", "", id="a file"),
        pytest.param("https://shop.example.com:99999", "", id="no port"),
        pytest.param("https://[", "", id="nonsense"),
    ],
)
def test_origins_are_written_as_browsers_write_them(url: str, origin: str) -> None:
    assert origin_of(url) == origin


PATHS = [
    pytest.param("GET", "/shop", id="what to show"),
    pytest.param("POST", "/shop/shown", id="that it was seen"),
    pytest.param("POST", "/shop/links", id="a link"),
    pytest.param("POST", "/shop/known", id="where one is already"),
    pytest.param("GET", "/shop/visits/abc", id="a visit"),
    pytest.param("GET", "/shop/visits/abc/events", id="a stream"),
    pytest.param("OPTIONS", "/shop/links", id="whether it may ask"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(OTHER_ORIGIN, id="another shop's"),
        pytest.param("https://shop.example.com.evil.example", id="one that begins alike"),
        pytest.param("http://shop.example.com", id="without encryption"),
        pytest.param("null", id="of no origin"),
        pytest.param(None, id="no browser's"),
    ],
)
async def test_a_page_of_another_origin_is_refused_and_cannot_even_read_why(
    sqlite_stall: Stall, method: str, path: str, origin: str | None
) -> None:
    answer = await sqlite_stall.call(method, path, {} if method == "POST" else None, origin=origin)
    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


async def test_a_page_of_the_site_may_read_answers_and_refusals(sqlite_stall: Stall) -> None:
    for answer in (
        await sqlite_stall.call("GET", "/shop"),
        await sqlite_stall.call("POST", "/shop/links", {"wrong": 1}),
        await sqlite_stall.call("OPTIONS", "/shop/links"),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert (await sqlite_stall.call("GET", "/nosite")).status == 404


async def test_a_page_on_our_own_server_counts_only_where_the_site_says_so(
    sqlite_stall: Stall,
) -> None:
    """Such a page's browser names no origin when it reads."""
    answer = await sqlite_stall.call(
        "GET", "/shop", origin=None, **{"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status == 403


async def test_the_offer_has_messengers_topics_and_words_in_the_language(
    sqlite_stall: Stall,
) -> None:
    offer = await sqlite_stall.offer("promo orders nothing", "ru-RU")
    assert offer["language"] == "ru"
    assert [(one["account"], one["channel"]) for one in offer["messengers"]] == [
        (TG, "telegram"),
        (VKONTAKTE, "vk"),
    ]
    assert offer["messengers"][1]["vk"]["group"] == 77
    assert offer["service"]["topics"] == ["orders"]
    assert "Статусы заказов" in offer["service"]["words"]
    assert "СТОП" in offer["service"]["words"]
    [box] = offer["marketing"]
    assert box == {"topic": "promo", "title": "Акции", "words": "Согласие получать акции."}


async def test_without_topics_the_sites_own_are_offered_and_no_advertising(
    sqlite_stall: Stall,
) -> None:
    answer = await sqlite_stall.call("GET", "/shop?lang=xx")
    assert answer.json["language"] == "en"
    assert (answer.json["service"]["topics"], answer.json["marketing"]) == (["orders"], [])
    assert answer.headers["Cache-Control"] == "public, max-age=60"


async def test_a_link_is_made_with_its_address_code_and_visit(sqlite_stall: Stall) -> None:
    answer = await sqlite_stall.press(sqlite_stall.token(), qr=True)
    assert answer.status == 201
    code = answer.json["url"].partition("start=")[2]
    assert answer.json["app"] == f"tg://resolve?domain=shop_bot&start={code}"
    assert answer.json["qr"]["path"].startswith("M4 4.5h7M")
    assert answer.json["visit"] not in ("", code)
    assert answer.headers["Cache-Control"] == "no-store"
    async with sqlite_stall.world.database.read() as tx:
        link = (await tx.links.load([code]))[code]
    assert (link.source, link.place, link.expires_at) == ("widget", PAGE, NOW + timedelta(hours=1))
    assert link.page["ip"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"exp": int(NOW.timestamp()) - 120}, "expired", id="expired"),
        pytest.param({"aud": "other"}, "wrong_audience", id="for somebody else"),
        pytest.param({"secret": "x" * 40}, "bad_signature", id="forged"),
        pytest.param({"iss": "other", "secret": OTHER_SECRET}, "unknown_key", id="another site's"),
        pytest.param({"order": {"id": 1, "items": 7}}, "invalid_claim", id="of a wrong shape"),
        pytest.param({"name": "x" * 9000}, "too_long", id="too long"),
    ],
)
async def test_a_token_that_is_not_good_is_refused_and_nothing_told_of_the_order(
    sqlite_stall: Stall, changes: dict[str, Any], code: str
) -> None:
    answer = await sqlite_stall.press(sqlite_stall.token(**changes))
    assert (answer.status, answer.code) == (400, code)
    assert answer.json["error"]["details"] == []
    assert "1042" not in str(answer.json)


async def test_nonsense_for_a_token_is_refused(sqlite_stall: Stall) -> None:
    assert (await sqlite_stall.press("nonsense")).code == "malformed"


async def test_a_token_that_somebody_came_by_is_refused_there_and_good_elsewhere(
    stall: Stall,
) -> None:
    await stall.start(await stall.press(stall.token()))
    again = await stall.press(stall.token())
    assert (again.status, again.code) == (400, "replayed")
    assert (await stall.press(stall.token(), account=VKONTAKTE)).status == 201


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"account": "other-tg"}, 404, "not_found", id="another site's messenger"),
        pytest.param({"account": "none"}, 404, "not_found", id="no messenger"),
        pytest.param({"page": None}, 422, "invalid", id="no page"),
        pytest.param({"more": 1}, 422, "invalid", id="a key that is none"),
        pytest.param({"token": "x" * 70_000}, 413, "too_large", id="too much"),
    ],
)
async def test_a_body_that_is_not_good_is_refused(
    sqlite_stall: Stall, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await sqlite_stall.press(**changes)
    assert (answer.status, answer.code) == (status, code)


async def test_whoever_presses_without_end_is_told_to_wait(sqlite_stall: Stall) -> None:
    for _ in range(20):
        assert (await sqlite_stall.press(sqlite_stall.token())).status == 201
    answer = await sqlite_stall.press(sqlite_stall.token())
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "600"
    for _ in range(39):
        await sqlite_stall.press()
    assert (await sqlite_stall.press()).status == 429
    sqlite_stall.world.wait(minutes=11)
    assert (await sqlite_stall.press()).status == 201


async def test_pages_of_orders_are_one_page_to_figures_and_themselves_to_the_evidence(
    stall: Stall,
) -> None:
    """A name with NUL would be refused by PostgreSQL, and all that was counted with it."""
    for path in ("/orders/1042", "/orders/1043", "/orders/\0"):
        await stall.call("POST", "/shop/shown", {"page": f"https://shop.example.com{path}"})
    made = await stall.press(page="https://shop.example.com/orders/1042?mail=a@example.com")
    await stall.counting.flush()
    async with stall.world.database.read() as tx:
        counted = await tx.tallies.since(NOW.date())
        link = await tx.links.of_visit(made.json["visit"])
    shown = {tally.place: many for tally, many in counted.items() if tally.what is Seen.SHOWN}
    assert shown == {
        "https://shop.example.com/orders/*": 2,
        "https://shop.example.com/orders/\ufffd": 1,
    }
    assert link is not None
    assert link.place == "https://shop.example.com/orders/*"
    assert link.page["page"] == "https://shop.example.com/orders/1042"


async def test_what_is_seen_and_pressed_is_counted_by_page(stall: Stall) -> None:
    for page in (f"{PAGE}?mail=a@example.com#x", PAGE, "https://evil.example/x", "nonsense"):
        answer = await stall.call("POST", "/shop/shown", {"page": page})
        assert answer.status == 204
    await stall.press()
    await stall.counting.flush()
    async with stall.world.database.read() as tx:
        counted = await tx.tallies.since(NOW.date())

    def tally(place: str, what: Seen, account: AccountId | None = None) -> Tally:
        return Tally(NOW.date(), SiteId(SHOP), "widget", place, account, what)

    assert counted == {
        tally(PAGE, Seen.SHOWN): 2,
        tally("https://shop.example.com", Seen.SHOWN): 2,
        tally(PAGE, Seen.CLICKED, TG): 1,
    }


async def test_the_script_is_small_packed_and_kept_for_a_while(sqlite_stall: Stall) -> None:
    url = f"{sqlite_stall.url}/widget.js"
    async with sqlite_stall.client.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) < 10_000
        assert answer.content_type == "text/javascript"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        known = {"If-None-Match": answer.headers["ETag"]}
    async with sqlite_stall.client.get(url, headers=known) as answer:
        assert answer.status == 304
    async with sqlite_stall.client.get(url, headers={"Accept-Encoding": ""}) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_a_page_on_our_own_server_is_known_where_the_site_names_it(sqlite_url: str) -> None:
    async with open_stall(sqlite_url, "https://chat.example.com") as stall:
        same = {"Sec-Fetch-Site": "same-origin"}
        answer = await stall.call("GET", "/shop", origin=None, **same)
        assert answer.status == 200
