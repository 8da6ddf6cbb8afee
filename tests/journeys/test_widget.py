"""From the widget on a shop's page to the record of consent, over real HTTP on every side."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bots.table import MESSENGERS
from core.channels import Channel
from tests.journeys.every_messenger import EveryTown, every_town
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


async def press(town: Town, account: str, token: str, *ticks: str) -> Any:
    """What the widget posts once somebody chose this messenger, with these boxes ticked."""
    offer = await ask(town, "?topics=orders+promo&lang=en")
    ticked = [one for one in offer["marketing"] if one["topic"] in ticks]
    return await ask(
        town,
        "/links",
        {
            "account": account,
            "page": f"{ORIGIN}/thanks?order=1042",
            "language": "en",
            "token": token,
            "service": offer["service"],
            "ticked": [{"topic": one["topic"], "words": one["words"]} for one in ticked],
        },
    )


async def states(town: Town, visit: str) -> list[Any]:
    """All that the page hears of its visit, until it is over."""
    url = f"{town.url}/widget/shop/visits/{visit}/events"
    async with asyncio.timeout(60), town.client.get(url, headers={"Origin": ORIGIN}) as stream:
        lines = [line async for line in stream.content if line.startswith(b"data: {")]
    return [json.loads(line[6:]) for line in lines]


async def test_the_widgets_visitor_is_subscribed_and_the_page_hears_of_it(shop: Town) -> None:
    anna = await shop.person("Anna")
    token = await shop.token(sub=4711, name="Anna K", order=ORDER, jti="w-1")
    made = await press(shop, ACCOUNT, token, "promo")
    async with asyncio.TaskGroup() as group:
        told = group.create_task(states(shop, made["visit"]))
        await anna.start(made["url"].partition("?start=")[2])
        await anna.hears("1042")
    assert told.result()[-1] == {
        "state": "subscribed",
        "channel": "telegram",
        "topics": ["orders", "promo"],
    }
    _, page = await shop.api("GET", "/api/v1/contacts?site=shop&customer=4711")
    _, records = await shop.api("GET", f"/api/v1/contacts/{page['items'][0]['id']}/consents")
    taken = {one["topic"]: one for one in records["items"]}
    assert {one["source"] for one in taken.values()} == {"widget"}
    assert taken["promo"]["evidence"]["words"] == "I agree to get offers."
    assert "Order updates" in taken["orders"]["evidence"]["words"]
    assert taken["orders"]["evidence"]["page"] == f"{ORIGIN}/thanks"


@pytest.mark.parametrize("channel", MESSENGERS, ids=str)
async def test_the_page_hears_of_a_start_in_every_messenger(
    sqlite_url: str, tmp_path: Path, channel: Channel
) -> None:
    async with every_town(sqlite_url, tmp_path, [channel]) as running:
        town = EveryTown(running, channel)
        anna = await town.phone()
        token = await running.token(sub=4711, order=ORDER, jti="w-1")
        made = await press(running, town.account, token)
        await anna.arrive(parse_qsl(urlsplit(made["url"]).query)[-1][1])
        [*_, last] = await states(running, made["visit"])
        assert last == {"state": "subscribed", "channel": channel, "topics": ["orders"]}


async def test_who_allows_messages_by_vks_own_widget_has_brought_the_link(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with every_town(sqlite_url, tmp_path, [Channel.VK]) as running:
        town = EveryTown(running, Channel.VK)
        anna = await town.phone()
        token = await running.token(sub=4711, order=ORDER, jti="w-1")
        made = await press(running, town.account, token)
        await anna.act("allow", key=made["key"])
        await anna.hears("1042")
        [*_, last] = await states(running, made["visit"])
        assert (last["state"], last["channel"]) == ("subscribed", "vk")
