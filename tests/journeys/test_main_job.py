"""From the shop's button to the operator's answer, over real HTTP on every side."""

from tests.journeys.town import ACCOUNT, Town

ORDER = {"id": 1042, "number": "1042", "status": "paid", "total": "39.90", "currency": "EUR"}


async def test_the_main_job_end_to_end(shop: Town) -> None:
    anna = await shop.person("Anna")
    token = await shop.token(sub=4711, name="Anna K", order=ORDER, topics=["orders"])
    await anna.start(await shop.go(token))

    await anna.hears("1042")
    question = await anna.hears("from 1 to 5")
    await anna.press(question, "5")
    await anna.hears("Thank")

    await anna.say("Do you also have matcha?")
    conversation = await _conversation(shop)
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    status, written = await shop.api("POST", path, {"text": "We do, in spring.", "key": "a1"})
    assert (status, written["author"]) == (201, "api")
    await anna.hears("We do, in spring.")

    await anna.say("STOP")
    await anna.hears("you will get nothing more here")
    event = {
        "site": "shop",
        "name": "order.delivered",
        "customer": "4711",
        "order": {"id": 1042, "status": "delivered"},
        "key": "e1",
    }
    status, taken = await shop.api("POST", "/api/v1/events", event)
    assert (status, taken["sent"]) == (202, [])

    await anna.say("START")
    await anna.hears("Order updates")
    status, taken = await shop.api("POST", "/api/v1/events", {**event, "key": "e2"})
    assert status == 202
    assert [one["flow"] for one in taken["started"]] == ["order-followup"]
    await anna.hears("delivered")


async def _conversation(shop: Town) -> dict[str, str]:
    for _ in range(200):
        _, page = await shop.api("GET", "/api/v1/conversations?state=open")
        if page["items"]:
            item: dict[str, str] = page["items"][0]
            return item
    raise AssertionError("no conversation was opened")


async def test_a_russian_speaks_russian(small_shop: Town) -> None:
    olga = await small_shop.person("Ольга", "ru")
    token = await small_shop.token(sub=1, name="Ольга", locale="ru", order=ORDER)
    await olga.start(await small_shop.go(token))
    await olga.hears("Ваш заказ 1042")
    await olga.say("стоп")
    await olga.hears("больше ничего сюда не придёт")


async def test_a_block_is_learnt_at_once_and_from_a_send(small_shop: Town) -> None:
    anna = await small_shop.person()
    await anna.start(await small_shop.go(await small_shop.token(sub=1, order=ORDER)))
    await anna.hears("from 1 to 5")
    await small_shop.control("POST", "/delivery", {"paused": True})
    await anna.act("block")
    event = {"site": "shop", "name": "order.delivered", "customer": "1", "order": {"id": 1042}}
    await small_shop.api("POST", "/api/v1/events", {**event, "key": "e1"})
    reachable = True
    while reachable:
        _, page = await small_shop.api("GET", "/api/v1/contacts?site=shop&customer=1")
        reachable = page["items"][0]["addresses"][0]["reachable"]
    states = {row["state"] for row in page["items"][0]["subscriptions"]}
    assert states == {"unsubscribed"}


async def test_a_throttled_account_waits_as_long_as_it_was_told(small_shop: Town) -> None:
    anna = await small_shop.person()
    fault = {
        "method": "sendMessage",
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    await small_shop.control("POST", "/faults", fault)
    await anna.start()
    await anna.say("help")
    await anna.hears("STOP")


async def test_a_reply_whose_fate_is_unknown_is_sent_once_more(small_shop: Town) -> None:
    anna = await small_shop.person()
    await small_shop.control("POST", "/faults", {"kind": "cut_before", "method": "sendMessage"})
    await anna.say("help")
    await anna.hears("STOP")


async def test_photos_and_voices_reach_the_thread_and_files_go_out(small_shop: Town) -> None:
    anna = await small_shop.person()
    await anna.start()
    for kind in ("photo", "voice", "document", "video", "sticker", "location", "contact"):
        await anna.act("send", kind=kind)
    conversation = await _conversation(small_shop)
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    kinds: list[str] = []
    while len(kinds) < 7:
        _, page = await small_shop.api("GET", f"{path}?limit=100")
        kinds = [a["kind"] for m in page["items"] for a in m["attachments"]]
    assert sorted(kinds) == [
        "contact", "document", "location", "photo", "sticker", "video", "voice",
    ]  # fmt: skip


async def test_the_widgetless_visitor_chooses_a_messenger(small_shop: Town) -> None:
    token = await small_shop.token(sub=1, order=ORDER)
    async with small_shop.client.post(f"{small_shop.url}/go", data={"token": token}) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "?start=" in page
    assert "data:image/svg+xml" in page
    assert token not in page
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ACCOUNT not in page
