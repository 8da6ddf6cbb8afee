"""What the outside meets at the door: proofs, sizes, broken bodies, tokens, keys."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from core.ids import SiteId
from server.app import build_app
from tests.journeys.servers import SECRET
from tests.journeys.town import ACCOUNT, Town

HOOK = f"/webhooks/{ACCOUNT}"
PROOF = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
ORDER = {"id": 1042, "number": "1042"}


async def post(shop: Town, body: bytes, headers: dict[str, str] | None = None) -> int:
    async with shop.client.post(
        shop.url + HOOK, data=io.BytesIO(body), headers=headers or PROOF
    ) as answer:
        return answer.status


async def number(shop: Town, table: str) -> int:
    from tests.world import count

    async with shop.parley.database.read() as tx:
        return await count(tx, table)


def update(update_id: int = 7, **fields: Any) -> bytes:
    person = {"id": 5550001, "is_bot": False, "first_name": "Anna"}
    message = {
        "message_id": 1,
        "date": 1_795_000_000,
        "from": person,
        "chat": {"id": 5550001, "type": "private"},
        "text": "hello",
        **fields,
    }
    return json.dumps({"update_id": update_id, "message": message}).encode()


async def test_a_wrong_secret_is_401_and_nothing_is_stored(small_shop: Town) -> None:
    for headers in ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, {"X-Nothing": ""}):
        assert await post(small_shop, update(), headers) == 401
    assert await number(small_shop, "event_keys") == 0
    assert await number(small_shop, "rejected") == 0


async def test_a_body_over_a_mebibyte_is_413(small_shop: Town) -> None:
    assert await post(small_shop, b" " * (1024 * 1024 + 1)) == 413


async def test_an_account_that_is_not_ours_is_404(small_shop: Town) -> None:
    async with small_shop.client.post(f"{small_shop.url}/webhooks/other") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "body",
    [b"{broken", b"", b"[]", b"[" * 100_000, b'{"update_id": NaN}', b"\xff\xfe"],
    ids=["broken", "empty", "a list", "a bomb", "not a number", "not UTF-8"],
)
async def test_a_body_that_makes_no_sense_is_acknowledged_and_put_aside(
    small_shop: Town, body: bytes
) -> None:
    assert await post(small_shop, body) == 200
    async with small_shop.parley.database.read() as tx:
        rejected = await tx.events.rejected()
    assert [one.body for one in rejected] == [body]
    assert small_shop.parley.webhooks.tally.unparsable == 1


async def test_an_update_of_a_type_we_do_not_know_is_200(small_shop: Town) -> None:
    assert await post(small_shop, b'{"update_id": 9, "telepathy": {"from": 1}}') == 200
    assert await number(small_shop, "rejected") == 0


async def test_a_redelivery_is_200_and_changes_nothing(shop: Town) -> None:
    assert await post(shop, update()) == 200
    assert await post(shop, update()) == 200
    assert await number(shop, "messages") == 1


async def test_a_link_with_an_8_kib_token_fits(small_shop: Town) -> None:
    token = await small_shop.token(sub=1, order=ORDER, note="x" * 5000)
    async with small_shop.client.get(
        f"{small_shop.url}/go/{ACCOUNT}", params={"token": token}, allow_redirects=False
    ) as answer:
        assert answer.status == 302


@pytest.mark.parametrize(
    ("token", "status"),
    [("", 400), ("nonsense", 400), ("a.b.c", 400), ("x" * 9000, 413)],
    ids=["none", "nonsense", "three parts", "9 KiB"],
)
async def test_a_token_that_is_not_good_shows_a_page_with_a_plain_start(
    small_shop: Town, token: str, status: int
) -> None:
    for path in (f"/go/{ACCOUNT}", "/go"):
        async with small_shop.client.get(
            small_shop.url + path, params={"token": token}, allow_redirects=False
        ) as answer:
            page = await answer.text()
            assert answer.status == status
            assert "t.me/shop_bot" in page
            assert "?start=" not in page
            assert not token or token not in page


async def test_a_form_of_the_widget_takes_no_advertising_by_the_words_of_the_token(
    small_shop: Town,
) -> None:
    """It asks for each topic of advertising, and what was ticked does not come this way."""
    asked = {"sub": 1, "topics": ["orders", "promo"], "consent": {"text": "I agree"}}
    token = await small_shop.token(**asked)
    for boxes, has_consent in ({}, True), ({"boxes": "yes"}, False):
        async with small_shop.client.post(
            f"{small_shop.url}/go/{ACCOUNT}", data={"token": token, **boxes}, allow_redirects=False
        ) as answer:
            code = answer.headers["Location"].partition("?start=")[2]
        async with small_shop.parley.database.read() as tx:
            link = (await tx.links.load([code]))[code]
        assert (link.claims.consent is not None) is has_consent


async def test_head_mints_nothing(small_shop: Town) -> None:
    token = await small_shop.token(sub=1, order=ORDER)
    async with small_shop.client.head(
        f"{small_shop.url}/go/{ACCOUNT}", params={"token": token}, allow_redirects=False
    ) as answer:
        assert answer.status == 200
    assert await number(small_shop, "links") == 0


async def test_a_visitor_who_tries_too_often_is_told_to_wait(small_shop: Town) -> None:
    token = await small_shop.token(sub=1, order=ORDER)
    statuses = []
    for _ in range(25):
        async with small_shop.client.get(
            f"{small_shop.url}/go/{ACCOUNT}", params={"token": token}, allow_redirects=False
        ) as answer:
            statuses.append(answer.status)
    assert statuses[0] == 302
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "unauthorised"),
        ({"Authorization": "Bearer nobody"}, 401, "unauthorised"),
        ({"Authorization": "Basic x"}, 401, "unauthorised"),
    ],
    ids=["no key", "an unknown key", "another scheme"],
)
async def test_the_api_wants_a_key(
    small_shop: Town, headers: dict[str, str], status: int, code: str
) -> None:
    async with small_shop.client.post(
        f"{small_shop.url}/api/v1/links", json={}, headers=headers
    ) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]["code"] == code


async def test_a_key_does_what_its_scopes_say_and_no_more(small_shop: Town) -> None:
    status, _ = await small_shop.api("GET", "/api/v1/conversations", key="links")
    assert status == 403
    status, _ = await small_shop.api("GET", "/api/v1/conversations", key="inbox")
    assert status == 200


LINKS = {"site": "shop", "claims": {"sub": "c-1", "order": {"id": 1}}}


async def test_links_are_made_for_every_messenger_or_for_one(small_shop: Town) -> None:
    status, made = await small_shop.api("POST", "/api/v1/links", LINKS)
    assert status == 201
    assert [item["account"] for item in made["items"]] == [ACCOUNT]
    assert made["items"][0]["url"].endswith(f"/shop_bot?start={made['items'][0]['code']}")
    anna = await small_shop.person()
    await anna.start(made["items"][0]["code"])
    await anna.hears("from 1 to 5")


async def test_no_link_is_made_of_a_token_that_somebody_has_used(small_shop: Town) -> None:
    body = {"site": "shop", "claims": {**LINKS["claims"], "jti": "order-1"}}
    for _ in range(2):  # Until somebody comes, it may be asked for again.
        status, made = await small_shop.api("POST", "/api/v1/links", body)
        assert status == 201
    anna = await small_shop.person()
    await anna.start(made["items"][0]["code"])
    await anna.hears("from 1 to 5")
    status, refused = await small_shop.api("POST", "/api/v1/links", body)
    assert (status, refused["error"]["code"]) == (409, "replayed")
    assert refused["error"]["details"] == [{"place": "claims.jti", "message": "was used"}]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({**LINKS, "site": "other"}, 404, "other"),
        ({**LINKS, "account": "other"}, 404, "other"),
        ({**LINKS, "claims": {"order": 5}}, 422, "order must be an object"),
        ({**LINKS, "surprise": 1}, 422, "surprise"),
        ({"claims": {}}, 422, "site"),
        ({**LINKS, "expires_in": 1}, 422, "expires_in"),
        ([], 422, ""),
    ],
)
async def test_what_is_wrong_with_a_request_for_links_is_said(
    small_shop: Town, body: Any, status: int, word: str
) -> None:
    got, answer = await small_shop.api("POST", "/api/v1/links", body)
    assert got == status
    assert word in json.dumps(answer["error"])


EVENT = {"site": "shop", "name": "order.paid", "customer": "c-1", "key": "k1"}


async def test_an_event_is_taken_once_per_key(shop: Town) -> None:
    anna = await shop.person()
    await anna.start(await shop.go(await shop.token(sub="c-1", order=ORDER)))
    await anna.hears("from 1 to 5")
    event = {**EVENT, "name": "order.delivered", "order": {"id": 1042}}
    first = await shop.api("POST", "/api/v1/events", event)
    again = await shop.api("POST", "/api/v1/events", event)
    other = await shop.api("POST", "/api/v1/events", {**event, "data": {"x": 1}})
    assert first[0] == 202
    assert again == (200, first[1])
    assert other[0] == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 404),
        ({"customer": None}, 422),
        ({"site": "other"}, 404),
        ({"name": "has spaces"}, 422),
        ({"order": {"number": []}}, 422),
        ({"key": ""}, 422),
    ],
    ids=["unknown customer", "nobody", "unknown site", "bad name", "bad order", "no key"],
)
async def test_what_is_wrong_with_an_event_is_said(
    small_shop: Town, change: dict[str, Any], status: int
) -> None:
    got, answer = await small_shop.api("POST", "/api/v1/events", {**EVENT, **change})
    assert got == status
    assert answer["error"]["message"]


async def test_what_flows_emit_is_read_by_pages(small_shop: Town) -> None:
    anna = await small_shop.person()
    await anna.start(await small_shop.go(await small_shop.token(sub="c-1", order=ORDER)))
    await anna.press(await anna.hears("from 1 to 5"), "5")
    await anna.hears("Thank")
    later = small_shop.parley.clock() + timedelta(seconds=10)
    async with small_shop.parley.database.read() as tx:
        (rated,) = await tx.timers.emitted(0, 10, later, SiteId("shop"))
        assert await tx.timers.emitted(rated.id, 10, later, SiteId("shop")) == []
        assert await tx.timers.emitted(0, 10, later, SiteId("other")) == []
    assert (rated.name, rated.data["rating"]) == ("order.rated", 5)
    status, page = await small_shop.api("GET", "/api/v1/events", key="events")
    assert (status, page) == (200, {"items": [], "next": None})
    status, _ = await small_shop.api("GET", "/api/v1/events?after=x")
    assert status == 422


async def test_the_document_of_the_api_names_every_route(small_shop: Town) -> None:
    async with small_shop.client.get(f"{small_shop.url}/api/openapi.json") as answer:
        document = await answer.json()
    served = {
        (route.method, resource.canonical)
        for resource in build_app(small_shop.parley).router.resources()
        for route in resource
        if resource.canonical.startswith("/api/v1") and route.method != "HEAD"
    }
    told = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods}
    assert served <= told


async def test_the_documents_page_tells_of_every_call_in_it(small_shop: Town) -> None:
    async with small_shop.client.get(f"{small_shop.url}/api/openapi.json") as answer:
        document = await answer.json()
    async with small_shop.client.get(f"{small_shop.url}/docs") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert (answer.status, "unsafe" in policy, "<script" in page) == (200, False, False)
    for path, methods in document["paths"].items():
        for one in methods.values():
            assert f'id="{one["operationId"]}"' in page
        assert f"</span> {path}</code>" in page
    # A value in a value in a list, what it is, and that it may be null.
    assert "<code>items[].addresses[].last_inbound_at</code>" in page
    assert "<td>date-time or null</td>" in page
    async with small_shop.client.get(f"{small_shop.url}/docs/docs.css") as answer:
        assert answer.content_type == "text/css"


async def test_health_and_readiness(small_shop: Town) -> None:
    for path in ("/healthz", "/readyz"):
        async with small_shop.client.get(small_shop.url + path) as answer:
            assert answer.status == 200
