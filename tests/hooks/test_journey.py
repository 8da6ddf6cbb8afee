"""From a phone to the shop's own server, through everything: a message, then STOP, then a crash."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from sandbox.settings import BotSettings, Settings, ShopSettings
from server.config_read import read_config
from server.health import Metrics
from tests.hooks.shop import SECRET, Shop, verified
from tests.journeys.servers import SITE_SECRET, TOKEN, configure
from tests.journeys.town import Town, built
from tests.ports import free_port


@dataclass
class Street:
    town: Town
    shop: Shop


@pytest.fixture
async def street(database_url: str, tmp_path: Path, shop: Shop) -> AsyncIterator[Street]:
    """A server with a messenger on one side and the shop's server on the other."""
    port, double_port = free_port(), free_port()
    double, url = f"http://127.0.0.1:{double_port}", f"http://127.0.0.1:{port}"
    file = configure(tmp_path, database_url, double, port)
    text = await asyncio.to_thread(file.read_text)
    hook = f'webhooks = [{{ url = "{shop.url}", secret = "{SECRET.decode()}" }}]\n\n[[topics]]'
    text = 'egress_allow = ["127.0.0.1"]\n' + text.replace("[[topics]]", hook, 1)
    await asyncio.to_thread(file.write_text, text)
    go = {"shop-tg": f"{url}/go/shop-tg"}
    settings = Settings(
        base_url=double,
        bots=(BotSettings.of(TOKEN, "shop_bot", "Shop"),),
        limits=True,
        shop=ShopSettings(
            site="shop", kid="k1", secret=SITE_SECRET, go_url=f"{url}/go", go_account_urls=go
        ),
    )
    async with built(read_config(file, {}), settings) as town:
        yield Street(town, shop)


async def test_the_shop_hears_of_a_link_a_message_and_a_stop_in_their_order(street: Street) -> None:
    town, shop = street.town, street.shop
    anna = await town.person()
    await anna.start(await town.go(await town.token(sub="c-1", order={"id": 1042})))
    await anna.hears("from 1 to 5")
    await anna.say("Where is my tea?")
    await anna.say("STOP")
    await shop.until(lambda shop: "unsubscribed" in shop.types)
    told = [one.type for one in shop.requests if one.type != "message.status"]
    linked, received, left = (
        told.index(kind) for kind in ("contact.linked", "message.received", "unsubscribed")
    )
    assert linked < received < left
    for request in shop.requests:
        assert verified(request)["type"] == request.type
    texts = [one["message"]["text"] for one in shop.data("message.received")]
    assert texts == ["Where is my tea?", "STOP"]
    (one,) = shop.data("unsubscribed")
    assert (one["topics"], one["everything"]) == (["orders"], True)
    assert one["contact"]["customer"] == "c-1"
    assert "sent" in {one["status"] for one in shop.data("message.status")}
    metrics = (await Metrics(town.parley).serve(make_mocked_request("GET", "/metrics"))).body
    assert isinstance(metrics, bytes)
    assert b'outcome="delivered",site="shop"' in metrics
    assert b"parley_deliveries_age_seconds{" in metrics
    ids = [one.id for one in shop.requests]
    assert len(ids) == len(set(ids))
