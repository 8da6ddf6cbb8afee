"""From the widget on a shop's page to the record of consent, over real HTTP on every side."""

import json
from typing import Any

from tests.journeys.town import ACCOUNT, Town

ORIGIN = "https://shop.example.com"
ORDER = {"id": 1042, "number": "1042", "status": "paid"}


async def ask(town: Town, path: str, body: Any = None) -> Any:
    method = "GET" if body is None else "POST"
    url = f"{town.url}/widget/shop{path}"
    headers = {"Origin": ORIGIN}
    async with town.client.request(method, url, json=body, headers=headers) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def test_the_widgets_visitor_is_subscribed_and_the_page_hears_of_it(shop: Town) -> None:
    anna = await shop.person("Anna")
    token = await shop.token(sub=4711, name="Anna K", order=ORDER, jti="w-1")
    offer = await ask(shop, "?topics=orders+promo&lang=en")
    box = offer["marketing"][0]
    made = await ask(
        shop,
        "/links",
        {
            "account": ACCOUNT,
            "page": f"{ORIGIN}/thanks?order=1042",
            "language": "en",
            "token": token,
            "service": offer["service"],
            "ticked": [{"topic": "promo", "words": box["words"]}],
        },
    )
    url = f"{shop.url}/widget/shop/visits/{made['visit']}/events"
    async with shop.client.get(url, headers={"Origin": ORIGIN}) as stream:
        await anna.start(made["url"].partition("?start=")[2])
        await anna.hears("1042")
        states = [
            json.loads(line[6:])
            async for line in stream.content
            if line.startswith(b"data: ") and len(line) > 8
        ]
    assert states[-1] == {
        "state": "subscribed",
        "channel": "telegram",
        "topics": ["orders", "promo"],
    }
    _, page = await shop.api("GET", "/api/v1/contacts?site=shop&customer=4711")
    _, records = await shop.api("GET", f"/api/v1/contacts/{page['items'][0]['id']}/consents")
    taken = {one["topic"]: one for one in records["items"]}
    assert {one["source"] for one in taken.values()} == {"widget"}
    assert taken["promo"]["evidence"]["words"] == "I agree to get offers."
    assert taken["orders"]["evidence"]["words"] == offer["service"]["words"]
    assert taken["orders"]["evidence"]["page"] == f"{ORIGIN}/thanks"
