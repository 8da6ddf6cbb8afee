"""An operator's own messenger: linked once, told alerts, nobody's as a contact until a STOP."""

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from core.acts import Did
from core.conversations import ConversationState
from core.ids import OperatorId, OrderId
from core.inbound import Inbound, Opened, OperatorAlerted, OperatorUnlinked, ShopEvent
from core.people import Order
from core.tokens import OPERATOR, Claims
from storage.acts import Wanted
from storage.operators import Operator
from subscriptions.minting import mint
from tests.world import (
    ANNA,
    BORIS,
    FLOWS,
    NOW,
    ORDERS,
    PROMO,
    SHOP,
    TG,
    World,
    catalog,
    claims,
)

VERA = OperatorId(5)
DELIVERED = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1042", "1042"))
WELCOME = """
flow: welcome
title: {en: Welcome}
enter: [{on: resubscribed}]
steps:
  hello:
    say: {en: "Good to see you"}
    next: finish
  finish:
    end: true
"""
LINKED = "Alerts from the inbox will come here. To end them, write STOP."


async def own_link(world: World, token: str = "operator:1", language: str = "") -> str:  # noqa: S107
    async with world.database.write() as tx:
        await tx.operators.add(Operator(VERA, "vera", "Vera", "x", NOW))
        link = mint(
            Claims(SHOP, token, locale=language), OPERATOR, world.now, life=timedelta(minutes=30),
            page={"operator": str(VERA)},
        )  # fmt: skip
        await tx.links.add([link])
    return link.code


async def alerted(world: World, operator: OperatorId = VERA) -> str:
    address = await world.address()
    event = OperatorAlerted(operator, "Somebody waits")
    answer = await world.receive(
        Inbound(TG, ANNA, world.inbound(event).key, world.now, event, address=address.id)
    )
    return answer[0].status


async def unlink(world: World) -> None:
    """As they do on their page."""
    address = await world.address()
    event = OperatorUnlinked(VERA)
    await world.receive(
        Inbound(TG, ANNA, world.inbound(event).key, world.now, event, address=address.id)
    )


async def conversation_state(world: World) -> ConversationState | None:
    address = await world.address()
    async with world.database.read() as tx:
        found = (await tx.conversations.load([address.id])).get(address.id)
    return found.state if found else None


async def test_by_the_link_it_is_theirs_and_subscribes_to_nothing(world: World) -> None:
    await world.start(await own_link(world))
    assert (await world.address()).operator == VERA
    assert await world.said() == [LINKED]
    assert await world.subscriptions() == {}
    assert await alerted(world) == "taken"
    assert (await world.deliver())[-1][1] == "Somebody waits"
    async with world.database.read() as tx:
        [act] = await tx.acts.page(Wanted(), 10)
    assert (act.act, act.by.name, act.about) == (
        Did.MESSENGER_LINKED, "Vera", {"account": "Telegram"},
    )  # fmt: skip


async def test_it_speaks_the_language_of_their_pages(world: World) -> None:
    await world.start(await own_link(world, language="ru"))
    await world.say("STOP")
    first, last = await world.said()
    assert first.startswith("Сюда будут приходить")
    assert last.startswith("Готово: уведомления")


async def test_where_opening_says_nothing_yet_the_first_word_links(world: World) -> None:
    await world.tell(Opened(await own_link(world)))
    assert (await world.address()).operator is None
    await world.say("hello")
    assert (await world.address()).operator == VERA


async def test_what_it_writes_is_nobodys_conversation(world: World) -> None:
    await world.start(await own_link(world))
    for text in ("Hello?", "help", "START", "START promo"):
        await world.say(text)
    assert await conversation_state(world) is None
    assert await world.subscriptions() == {}
    assert len([one for one in await world.said() if one.startswith("Only alerts")]) == 4


async def test_a_shops_link_and_event_start_nothing_there(world: World) -> None:
    await world.start(await own_link(world))
    await world.come()
    assert await world.subscriptions() == {}
    assert "in work" not in " ".join(await world.said())


@pytest.mark.parametrize("word", ["STOP", "стоп, спасибо"])
async def test_stop_ends_it_and_it_is_anybodys_again(world: World, word: str) -> None:
    await world.start(await own_link(world))
    world.wait(minutes=1)
    await alerted(world)
    await world.say(word)
    assert (await world.address()).operator is None
    assert await alerted(world) == "unknown"
    # What was queued before the STOP is not sent after it.
    assert "Somebody waits" not in [text for _, text in await world.deliver()]
    assert (await world.said())[-1].startswith("Done: no more alerts here")
    world.wait(minutes=1)
    await world.say("I have a question")
    assert await conversation_state(world) is ConversationState.OPEN


async def test_a_link_counts_once(world: World) -> None:
    code = await own_link(world)
    await world.start(code)
    world.wait(minutes=1)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.start(code)
    assert (await world.address()).operator is None
    await world.start(await own_link(world, "operator:2"))
    assert (await world.address()).operator == VERA


async def test_a_link_that_was_used_subscribes_to_nothing(world: World) -> None:
    """The site's topics for tokens that name none are not meant for an operator's link."""
    [site] = world.catalog.sites.values()
    assert site.default_topics
    code = await own_link(world)
    await world.start(code)
    await unlink(world)
    await world.start(code)
    assert (await world.address()).operator is None
    assert await world.subscriptions() == {}


async def test_nobody_else_is_linked_by_it(world: World) -> None:
    code = await own_link(world)
    await world.start(code)
    await world.start(code, BORIS)
    assert (await world.address(BORIS)).operator is None


async def test_an_old_link_links_nobody(world: World) -> None:
    code = await own_link(world)
    world.wait(minutes=31)
    await world.start(code)
    assert (await world.address()).operator is None


async def test_somebody_elses_alert_does_not_come_here(world: World) -> None:
    await world.start(await own_link(world))
    assert await alerted(world, OperatorId(6)) == "unknown"


async def test_who_was_a_contact_gives_that_up_for_a_while(world: World) -> None:
    """An operator may be the shop's customer too: what they subscribed to comes back with STOP's
    counterpart alone, and their dialogue and conversation end."""
    await world.say("A question")
    await world.come()
    await world.start(await own_link(world))
    assert await conversation_state(world) is ConversationState.CLOSED
    async with world.database.read() as tx:
        left = (await tx.sql.run(sql("SELECT count(*) FROM sessions"))).scalar()
    assert left == 0
    await unlink(world)
    assert (await world.address()).operator is None
    await world.say("Another question")
    assert await conversation_state(world) is ConversationState.OPEN


async def test_what_they_subscribed_to_does_not_come_there_meanwhile(world: World) -> None:
    """Not what is queued already, nor what somebody queues while it is theirs."""
    await world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    await world.deliver()
    assert (await world.tell(DELIVERED)).started
    await world.start(await own_link(world))
    assert [text for _, text in await world.deliver()] == [LINKED]
    errors = {one.error for one in await world.messages()}
    assert "operators_own" in errors
    assert await world.active() == {"orders", "promo"}
    await unlink(world)
    assert (await world.tell(DELIVERED)).started
    assert "Order 1042 has arrived." in [text for _, text in await world.deliver()]


async def test_a_button_from_before_starts_no_flow_there(world: World) -> None:
    world.catalog = catalog((*FLOWS, WELCOME))
    await world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    world.wait(minutes=1)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.start()
    await world.start(await own_link(world))
    await world.press("Offers")
    assert await world.active() == {"promo"}
    assert "Good to see you" not in await world.said()
