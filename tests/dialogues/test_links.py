"""Links bind the first address that brings them, and show nobody else's order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.channels import Channel
from core.consent import ConsentRecord, Source
from core.content import Content
from core.ids import CustomerId, OrderId
from core.inbound import Said, ShopEvent, Started
from core.people import Order
from core.tokens import WIDGET, Claims
from subscriptions.minting import mint
from tests.world import ANNA, BORIS, DIGEST, ORDERS, PROMO, SHOP, VK, World, catalog, claims, opened


async def test_a_link_subscribes_greets_by_the_order_and_joins_the_customer(world: World) -> None:
    answer = await world.come(claims("1042"))
    assert answer.started == ("followup",)
    assert (await world.said())[:2] == ["Order 1042 is in work.", "How did you like it?"]
    assert await world.active() == {"orders"}
    async with world.database.read() as tx:
        found = await tx.contacts.find_customers([(SHOP, "c-1")])  # type: ignore[list-item]
        people = await tx.addresses.of_people(list(found.values()))
    assert [address.user for _, address in people] == [ANNA]


async def test_a_second_person_with_the_same_link_gets_an_ordinary_start_and_no_order(
    world: World,
) -> None:
    code = await world.link(claims("1042"))
    await world.start(code)
    await world.start(code, BORIS)
    assert all("1042" not in text for text in await world.said(BORIS))
    assert await world.active(BORIS) == set()


async def test_a_second_code_of_the_same_token_is_the_same_token(world: World) -> None:
    await world.start(await world.link(claims("1042")))
    await world.start(await world.link(claims("1042")), BORIS)
    assert all("1042" not in text for text in await world.said(BORIS))


async def test_the_same_person_again_counts_as_coming_back(world: World) -> None:
    code = await world.link(claims("1042"))
    await world.start(code)
    answer = await world.start(code)
    assert answer.started == ("followup",)


async def test_one_token_serves_each_channel_once(world: World) -> None:
    """Two accounts of one channel are one door; another channel would be another."""
    code = await world.link(claims("1042"))
    await world.start(code)
    await world.start(code, ANNA, account=VK)
    assert await world.active(ANNA, VK) == set()
    assert world.catalog.accounts[VK].channel == Channel.TELEGRAM


async def test_two_people_who_press_at_the_same_moment_are_told_apart(world: World) -> None:
    code = await world.link(claims("1042"))
    await world.receive(world.inbound(Started(code), ANNA), world.inbound(Started(code), BORIS))
    assert await world.active(ANNA) == {"orders"}
    assert await world.active(BORIS) == set()


@pytest.mark.parametrize("code", ["unknown123", "x" * 64], ids=["unknown", "long"])
async def test_a_code_that_nobody_made_is_an_ordinary_start(world: World, code: str) -> None:
    await world.start(code)
    assert await world.active() == set()


async def test_a_link_that_has_expired_shows_nothing(world: World) -> None:
    code = await world.link(claims("1042"))
    world.wait(minutes=61)
    await world.start(code)
    assert await world.active() == set()
    assert await world.said() == []


async def test_a_printed_link_lives_as_long_as_was_asked_for(world: World) -> None:
    code = await world.link(claims("1042"), life=timedelta(days=90))
    world.wait(days=80)
    await world.start(code)
    assert await world.active() == {"orders"}


async def test_another_customers_token_is_not_merged_and_operators_see_a_notice(
    world: World,
) -> None:
    await world.come(claims("1", token="jti:1", customer="c-1"))
    await world.come(claims("2", token="jti:2", customer="c-2"))
    address = await world.address()
    async with world.database.read() as tx:
        conversations = await tx.conversations.of_addresses([address.id])
        found = await tx.contacts.find_customers([(SHOP, "c-1"), (SHOP, "c-2")])  # type: ignore[list-item]
        visible = await tx.orders.visible([address.id])
    assert len(set(found.values())) == 2
    assert "c-2" in conversations[0].conversation.note
    assert {order.number for order in visible[address.id]} == {"1", "2"}


async def test_the_same_customer_on_two_accounts_is_one_contact_with_two_addresses(
    world: World,
) -> None:
    await world.come(claims("1", token="jti:1"))
    await world.come(claims("2", token="jti:2"), BORIS, account=VK)
    async with world.database.read() as tx:
        found = await tx.contacts.find_customers([(SHOP, "c-1")])  # type: ignore[list-item]
        people = await tx.addresses.of_people(list(found.values()))
    assert [(a.account, a.user) for _, a in people] == [("shop-tg", ANNA), ("shop-two", BORIS)]


async def test_an_address_sees_the_order_of_its_token_only_until_a_second_proof(
    world: World,
) -> None:
    await world.come(claims("1", token="jti:1"))
    await world.come(claims("2", token="jti:2"), BORIS, account=VK)
    event = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1"))
    await world.tell(event, BORIS, account=VK)
    assert all("1 has arrived" not in text for text in await world.said(BORIS, VK))

    await world.come(claims("3", token="jti:3"), BORIS, account=VK)
    await world.tell(event, BORIS, account=VK)
    assert "Order 1 has arrived." in await world.said(BORIS, VK)


async def test_stop_then_link_then_text_all_from_one_message(world: World) -> None:
    code = await world.link(claims("1042"))
    await world.tell(Said(Content("Where is it?"), "m1", link=code))
    assert await world.active() == {"orders"}
    address = await world.address()
    async with world.database.read() as tx:
        assert await tx.sessions.load([address.id])


async def test_a_link_names_its_topics_and_unknown_ones_do_no_harm(world: World) -> None:
    topics = (ORDERS, PROMO, "gone")
    await world.come(claims(topics=topics, consent="I agree"))  # type: ignore[arg-type]
    assert await world.active() == {"orders", "promo"}


async def test_what_a_person_did_before_joining_is_kept(world: World) -> None:
    await world.say("hello there")
    await world.come(claims("1042"))
    texts = [m.content.text for m in await world.messages()]
    assert texts[0] == "hello there"


async def test_the_same_link_pressed_twice_is_no_second_proof(world: World) -> None:
    await world.come(claims("77", token="jti:77"), BORIS, account=VK)
    code = await world.link(claims("1", token="jti:1"))
    await world.start(code)
    await world.start(code)
    assert not (await world.address()).is_proven


async def test_a_guests_order_that_turns_out_to_be_a_customers_is_taken(world: World) -> None:
    await world.come(claims("1042", token="jti:1", customer=None))
    answer = await world.come(claims("1042", token="jti:2"))
    assert answer.started == ("followup",)


async def test_who_joins_a_customer_learns_nothing_that_others_told(sqlite_url: str) -> None:
    """A second address shows the name and attributes only after a second proof."""
    flow = """
flow: followup
title: {en: T, ru: T}
topic: orders
enter: [{on: subscribed}]
steps:
  hello:
    say: {en: "You are {{ contact.name or 'nobody' }}", ru: "Вы {{ contact.name or 'никто' }}"}
"""
    async with opened(sqlite_url) as shop:
        shop.catalog = catalog((flow,))
        await shop.come(claims("1", token="jti:1", name="Anna Secret"))
        await shop.come(claims("2", token="jti:2", name=""), BORIS, account=VK)
        assert all("Secret" not in text for text in await shop.said(BORIS, VK))
        await shop.come(claims("3", token="jti:3", name=""), BORIS, account=VK)
        assert "Secret" in (await shop.said(BORIS, VK))[-1]


async def come_by_widget(world: World, given: Claims) -> None:
    page = {"page": "https://shop.example.com/thanks"}
    link = mint(given, WIDGET, world.now, page=page, is_awaited=True)
    async with world.database.write() as tx:
        await tx.links.add([link])
    await world.start(link.code)


async def consents(world: World) -> list[ConsentRecord]:
    address = await world.address()
    async with world.database.read() as tx:
        return list(await tx.consents.of_addresses([address.id]))


async def test_what_a_page_of_ours_showed_counts_topic_by_topic(world: World) -> None:
    """The token names an advertising topic and even has its words: only a tick takes it."""
    named = claims("1042", topics=(ORDERS, PROMO), consent="Words of the shop's own")
    agreed = {ORDERS: "By pressing I agree to order updates"}
    await come_by_widget(world, replace(named, agreed=agreed))
    assert await world.active() == {"orders"}
    [record] = await consents(world)
    assert (record.source, record.at, record.topic) == (Source.WIDGET, world.now, ORDERS)
    assert record.evidence["words"] == agreed[ORDERS]
    assert record.evidence["page"] == "https://shop.example.com/thanks"
    assert record.evidence["agreed_at"] == world.now.isoformat(timespec="seconds")


async def test_a_tick_takes_a_topic_with_its_own_words(world: World) -> None:
    agreed = {ORDERS: "Order updates, please", PROMO: "I agree to get offers."}
    await come_by_widget(world, replace(claims("1042", topics=(ORDERS,)), agreed=agreed))
    assert await world.active() == {"orders", "promo"}
    words = {record.topic: record.evidence["words"] for record in await consents(world)}
    assert words == agreed


async def test_a_tick_for_a_topic_that_wants_a_yes_is_asked_about_all_the_same(
    world: World,
) -> None:
    await come_by_widget(world, replace(claims(None), agreed={DIGEST: "I agree to the digest"}))
    assert await world.active() == set()
    await world.press("Yes")
    assert await world.active() == {"digest"}


async def test_nothing_taken_on_a_page_of_ours_is_nothing(world: World) -> None:
    """Not the site's default topics: the page has shown what was to be had."""
    await come_by_widget(world, replace(claims(None), agreed={}))
    assert await world.subscriptions() == {}


async def test_what_was_agreed_to_before_a_stop_is_asked_anew_after_it(world: World) -> None:
    """The Start comes after the STOP and brings order updates back; the words it does not show."""
    agreed = {ORDERS: "Order updates, please", PROMO: "I agree to get offers."}
    code = await world.link(replace(claims("1042"), agreed=agreed), WIDGET)
    await world.start(code)
    assert await world.active() == {"orders", "promo"}
    world.wait(minutes=5)
    await world.say("STOP")
    world.wait(minutes=5)
    await world.start(code)
    assert await world.active() == {"orders"}
    assert any("I agree to get offers." in text for text in await world.said())
    await world.press("Yes")
    assert await world.active() == {"orders", "promo"}


async def test_a_stop_in_one_messenger_ends_what_a_link_of_another_had_agreed_to(
    world: World,
) -> None:
    await world.come(claims("1", topics=(PROMO,), consent="I agree"))
    old = await world.link(claims("1", token="jti:2", topics=(PROMO,), consent="I agree"))
    world.wait(minutes=5)
    await world.say("STOP")
    world.wait(minutes=5)
    await world.start(old, BORIS, account=VK)
    assert await world.active(BORIS, VK) == set()
    fresh = claims("1", token="jti:3", topics=(PROMO,), consent="I agree")
    await world.come(fresh, BORIS, account=VK)
    assert await world.active(BORIS, VK) == {"promo"}


async def test_whoever_joins_a_customer_brings_the_later_stop_along(world: World) -> None:
    await world.come(claims("1"))
    await world.say("STOP")
    world.wait(days=1)
    await world.come(claims("1", token="jti:2", topics=(PROMO,), consent="I agree"))
    world.wait(days=1)
    await world.start("", BORIS, account=VK)
    await world.say("STOP", BORIS, account=VK)
    stopped = world.now
    world.wait(days=1)
    await world.come(claims("1", token="jti:3"), BORIS, account=VK)
    async with world.database.read() as tx:
        [id_] = (await tx.contacts.find_customers([(SHOP, CustomerId("c-1"))])).values()
        contact = (await tx.contacts.load([id_]))[id_]
    assert contact.marketing_stopped_at == stopped
