"""Messengers where opening the chat permits nothing yet, and where a keyboard vanishes."""

from dataclasses import replace

import pytest

from core.content import Content, PressButton
from core.ids import MessageId, OrderId
from core.inbound import Blocked, Opened, OperatorSaid, Pressed, Said, ShopEvent
from core.people import Order
from tests.world import ANNA, BORIS, FLOWS, TG, World, catalog, claims

NEWS = """
flow: news
title: {en: News, ru: Новости}
topic: orders
enter: [{on: event, name: order.packed}]
steps:
  packed: {say: {en: "It is packed.", ru: "Упакован."}, next: finish}
  finish: {end: true}
"""


async def test_opening_a_chat_subscribes_to_nothing_and_permits_nothing(world: World) -> None:
    await world.tell(Opened(await world.link()))
    assert await world.active() == set()
    assert not (await world.address()).is_reachable
    assert await world.messages() == []
    assert await world.tell(OperatorSaid(None, Content("hi"), MessageId(7))) != "taken"
    assert await world.deliver() == []


@pytest.mark.parametrize("way", ["the messenger's Start", "the first message"])
async def test_the_link_is_redeemed_when_the_person_acts(world: World, way: str) -> None:
    await world.tell(Opened(await world.link()))
    await (world.start() if way == "the messenger's Start" else world.say("Hi"))
    assert await world.active() == {"orders"}
    assert "Order 1042 is in work." in await world.said()
    await world.say("and again")
    assert (await world.said()).count("Order 1042 is in work.") == 1


async def test_opening_and_acting_in_one_batch_is_the_same(world: World) -> None:
    from core.inbound import Started

    code = await world.link()
    await world.receive(world.inbound(Opened(code)), world.inbound(Started("")))
    assert await world.active() == {"orders"}


async def test_the_last_opening_counts(world: World) -> None:
    await world.tell(Opened(await world.link()))
    await world.tell(Opened(await world.link(claims("2077", token="jti:2"))))
    await world.start()
    assert [text for text in await world.said() if "in work" in text] == ["Order 2077 is in work."]


async def test_opening_binds_the_token_to_nobody(world: World) -> None:
    code = await world.link()
    await world.tell(Opened(code))
    await world.start(code, BORIS)
    assert await world.active(BORIS) == {"orders"}
    await world.start()
    assert await world.active() == set()


async def test_a_second_link_of_the_customer_is_the_second_proof_there_too(world: World) -> None:
    await world.tell(Opened(await world.link()))
    await world.start()
    assert not (await world.address()).is_proven
    await world.tell(Opened(await world.link(claims("2077", token="jti:2"))))
    await world.start()
    assert (await world.address()).is_proven


async def test_an_open_question_keeps_its_buttons_under_later_messages(world: World) -> None:
    known = catalog((*FLOWS, NEWS))
    limits = replace(known.accounts[TG].limits, keyboard_vanishes=True)
    world.catalog = replace(known, accounts={TG: replace(known.accounts[TG], limits=limits)})
    await world.come()
    await world.tell(ShopEvent("order.packed", {}, Order(OrderId(0), "id-1042")))
    assert await parts(world, "It is packed.") == ["Great", "Not good"]
    assert (await world.messages())[-1].content.buttons == ()
    await world.tell(OperatorSaid(None, Content("a person speaks"), MessageId(7)))
    assert await parts(world, "a person speaks") == []


async def parts(world: World, text: str) -> list[str]:
    """The labels of the buttons that go out with this text."""
    from sqlalchemy import select

    from storage.codec import load_content
    from storage.tables import sends

    async with world.database.read() as tx:
        rows = await tx.sql.run(select(sends.c.content))
        contents = [load_content(row.content) for row in rows]
    found = next(one for one in contents if one.text == text)
    return [one.label for one in found.buttons if isinstance(one, PressButton)]


async def test_a_stale_press_is_told_in_a_message_where_no_notice_can_be_shown(
    world: World,
) -> None:
    await world.start()
    await world.tell(Pressed("f.1.1.1", ""), ANNA)
    assert (await world.said())[-1] == "This button belongs to an earlier question."
    assert world.last is not None
    assert world.last.acknowledges == ()


async def test_whoever_leaves_does_not_come_in_by_an_earlier_opening(world: World) -> None:
    for leaves in (Said(Content("STOP"), "m1"), Blocked("unsubscribed in Viber")):
        await world.tell(Opened(await world.link(claims(token=f"jti:{leaves!r}"[:90]))))
        await world.tell(leaves)
        world.wait(minutes=5)
        await world.say("thanks, bye")
        assert await world.active() == set()


async def test_a_stop_in_the_same_batch_forgets_the_opening_too(world: World) -> None:
    code = await world.link()
    await world.receive(
        world.inbound(Opened(code)),
        world.inbound(Said(Content("STOP"), "m1")),
        world.inbound(Said(Content("thanks"), "m2")),
    )
    assert await world.active() == set()


async def test_opening_without_a_link_takes_none_away(world: World) -> None:
    await world.tell(Opened(await world.link()))
    await world.tell(Opened(""))
    await world.start()
    assert await world.active() == {"orders"}


async def test_an_older_opening_that_comes_late_changes_nothing(world: World) -> None:
    early = world.now
    first, second = await world.link(), await world.link(claims("2077", token="jti:2"))
    world.wait(minutes=2)
    await world.tell(Opened(second))
    await world.tell(Opened(first), at=early)
    await world.start()
    assert [text for text in await world.said() if "in work" in text] == ["Order 2077 is in work."]


@pytest.mark.parametrize("act", ["a press", "the word Start"])
async def test_any_first_act_redeems_the_link(world: World, act: str) -> None:
    await world.tell(Opened(await world.link()))
    await (world.tell(Pressed("old", "")) if act == "a press" else world.say("Start"))
    assert await world.active() == {"orders"}
