"""`parley_client` and the real server, over HTTP."""

from datetime import timedelta

import pytest

from parley_client import AsyncParley, Button, Changes, Claims, Message, Order, Refused
from server.clock import utc_now
from tests.journeys.town import Town


async def test_from_a_link_to_an_event(shop: Town) -> None:
    anna = await shop.person("Anna")
    claims = Claims(customer=7, name="Anna", order=Order(id=1042, status="paid", total="39.90"))
    key = await shop.key("admin")
    async with AsyncParley(shop.url, key, "shop") as parley:
        assert await parley.contact(7) is None
        (link,) = await parley.links(claims, life=timedelta(days=30), token_id="order-1042")
        assert link.channel == "telegram"
        assert link.expires_at > utc_now() + timedelta(days=29)
        await anna.start(link.code)
        await anna.hears("1042")
        contact = await parley.contact(7)
        assert contact is not None
        assert (contact.name, contact.topics) == ("Anna", {"orders"})
        event = {"key": "d-1", "customer": 7, "order": Order(id=1042, status="delivered")}
        assert not (await parley.event("order.delivered", **event)).is_repeated
        assert (await parley.event("order.delivered", **event)).is_repeated


async def test_a_shop_says_something_changes_somebody_and_prints_codes(small_shop: Town) -> None:
    anna = await small_shop.person("Anna")
    key = await small_shop.key("admin")
    async with AsyncParley(small_shop.url, key, "shop") as parley:
        made = await parley.batch({f"r-{n}": Claims(customer=n) for n in range(3)})
        assert [(ref, len(links)) for ref, links in made.items()] == [
            ("r-0", 1),
            ("r-1", 1),
            ("r-2", 1),
        ]
        await anna.start(made["r-1"][0].code)
        await anna.hears("")
        taken = await parley.event(
            "order.waits",
            key="w-1",
            customer=1,
            message=Message(
                topic="orders",
                text={"en": "Your parcel waits for you.", "ru": "Посылка ждёт вас."},
                buttons=[Button({"en": "Where"}, "https://shop.example.com/where")],
            ),
            changes=Changes(attributes={"tier": "gold"}, add_tags=["regular"]),
        )
        assert [one["outcome"] for one in taken.addresses] == ["sent"]
        await anna.hears("Your parcel waits for you.")
        contact = await parley.contact(1)
        assert contact is not None
        assert (contact.raw["attributes"]["tier"], contact.raw["tags"]) == ("gold", ["regular"])
        changed = await parley.change(contact.id, Changes(name="Anna P.", remove_tags=["regular"]))
        assert (changed.name, changed.raw["tags"]) == ("Anna P.", [])
        page = await parley.preferences(contact.id)
        async with small_shop.client.get(page.url) as answer:
            assert answer.status == 200
            assert "Order" in await answer.text()


async def test_what_the_server_refuses_is_told_in_its_words(small_shop: Town) -> None:
    key = await small_shop.key("admin")
    async with AsyncParley(small_shop.url, key, "shop") as parley:
        with pytest.raises(Refused) as refused:
            await parley.event("order.paid", key="k", customer="nobody")
        assert (refused.value.status, refused.value.code) == (404, "unknown_customer")
        with pytest.raises(Refused, match="no account"):
            await parley.links(account="elsewhere")
    async with AsyncParley(small_shop.url, "wrong", "shop") as stranger:
        with pytest.raises(Refused) as refused:
            await stranger.links()
        assert refused.value.status == 401
