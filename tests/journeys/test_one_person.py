"""One person on several messengers: one contact, and a STOP that reaches as far as it should."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.channels import Channel
from tests.journeys.every_messenger import EveryTown, every_town
from tests.journeys.test_conformance import ORDER, arrived

AGREED = {"text": "I agree to get offers.", "at": "2026-11-20T10:00:00Z", "ip": "192.0.2.7"}


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[EveryTown]:
    async with every_town(database_url, tmp_path, list(Channel)) as running:
        yield EveryTown(running, Channel.TELEGRAM)


async def test_stop_on_one_messenger_ends_marketing_on_both_and_orders_there_alone(
    town: EveryTown,
) -> None:
    telegram = await town.phone()
    vk = town.phone_of(telegram.id, Channel.VK)
    for phone in (telegram, vk):
        await arrived(town, phone, topics=["orders", "promo"], consent=AGREED)
    _, page = await town.town.api("GET", "/api/v1/contacts?site=shop&customer=4711")
    (contact,) = page["items"]
    assert {one["account"] for one in contact["addresses"]} == {"demo-telegram", "demo-vk"}

    await vk.say("STOP")
    said = await vk.hears("you will get nothing more here")
    assert "Still on elsewhere: Order updates (Telegram)" in said["text"]
    _, page = await town.town.api("GET", "/api/v1/contacts?site=shop&customer=4711")
    states = {
        (one["account"], row["topic"]): row["state"]
        for one in page["items"][0]["addresses"]
        for row in one["subscriptions"]
    }
    assert states["demo-vk", "orders"] == "unsubscribed"
    assert states["demo-telegram", "orders"] == "subscribed"

    await town.send_event("e1")
    await telegram.hears("delivered")
    assert not any("delivered" in one["text"] for one in await vk.bubbles())


async def test_operators_see_two_threads_of_one_person(town: EveryTown) -> None:
    telegram = await town.phone()
    viber = town.phone_of(telegram.id, Channel.VIBER)
    for phone in (telegram, viber):
        await arrived(town, phone)
        await phone.say("Anybody there? A person please, not a bot.")
        await phone.say("Anybody there? A person please, not a bot.")
    for channel in (Channel.TELEGRAM, Channel.VIBER):
        await EveryTown(town.town, channel).conversation()
    _, page = await town.town.api("GET", "/api/v1/conversations?state=open")
    assert len(page["items"]) == 2
    assert len({one["contact"] for one in page["items"]}) == 1


async def test_the_chooser_offers_every_messenger(town: EveryTown) -> None:
    token = await town.town.token(sub="1", order=ORDER)
    async with town.town.client.post(f"{town.town.url}/go", data={"token": token}) as answer:
        page = await answer.text()
    for title in ("Telegram", "VK", "Viber", "MAX"):
        assert title in page
    assert page.count("data:image/svg+xml") >= 4
