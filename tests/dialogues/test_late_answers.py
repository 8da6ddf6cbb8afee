"""Answers that come late, questions that come again, and what a mere message may not do."""

from core.consent import Act
from core.content import PressButton
from core.ids import OrderId
from core.inbound import Pressed, ShopEvent
from core.messages import Status
from core.people import Order
from core.topics import SubscriptionState
from tests.world import BORIS, DIGEST, FLOWS, PROMO, World, catalog, claims

EAGER = """
flow: eager
title: {en: Eager, ru: Ретивый}
enter: [{on: message}]
steps:
  join: {subscribe: promo, next: told}
  told: {say: {en: "You are in.", ru: "Вы с нами."}, next: finish}
  finish: {end: true}
"""


async def button(world: World, label: str) -> Pressed:
    for message in reversed(await world.messages()):
        for one in message.content.buttons:
            if isinstance(one, PressButton) and one.label == label:
                return Pressed(one.value, "press", made_at=message.created_at)
    raise AssertionError(label)


async def test_a_no_counts_whenever_it_comes_and_a_late_yes_does_not(world: World) -> None:
    await world.come(claims(topics=(DIGEST,)))
    yes, no = await button(world, "Yes"), await button(world, "No")
    await world.tell(no)
    assert (await world.subscriptions())[DIGEST].state is SubscriptionState.UNSUBSCRIBED
    await world.tell(yes)
    assert await world.active() == set()
    address = await world.address()
    await world.tell(no)
    async with world.database.read() as tx:
        records = await tx.consents.of_addresses([address.id])
    assert [one.act for one in records if one.topic == DIGEST][-1] is Act.UNSUBSCRIBE


async def test_a_link_brought_again_asks_again_while_nobody_answered(world: World) -> None:
    await world.come(claims(topics=(DIGEST,)))
    asked = [text for text in await world.said() if "Digest" in text]
    await world.come(claims(topics=(DIGEST,), token="jti:2"))
    again = [text for text in await world.said() if "Digest" in text]
    assert (len(asked), len(again)) == (1, 2)
    await world.press("Yes")
    await world.come(claims(topics=(DIGEST,), token="jti:3"))
    assert [text for text in await world.said() if text == asked[0]] == asked * 2


async def test_an_event_about_somebody_elses_order_says_nothing(world: World) -> None:
    await world.come()
    await world.come(claims("2077", token="jti:2", customer="c-2"), BORIS)
    before = await world.said(BORIS)
    answer = await world.tell(
        ShopEvent("order.delivered", {"note": "secret"}, Order(OrderId(0), "id-1042")), BORIS
    )
    assert (answer.started, await world.said(BORIS)) == ((), before)


async def test_a_message_that_a_flow_takes_subscribes_nobody(world: World) -> None:
    world.catalog = catalog((*FLOWS, EAGER))
    await world.say("just a question")
    assert PROMO not in await world.subscriptions()
    assert world.last is not None
    assert [flow for flow, _, _ in world.last.reports] == ["eager"]


LONG = """
flow: long
title: {en: Long, ru: Долго}
enter: [{on: keyword, words: {en: [story], ru: [сказка]}}]
steps:
  tell: {say: {en: "WORDS", ru: "WORDS"}, next: finish}
  finish: {end: true}
""".replace("WORDS", "once upon a time " * 400)


async def test_a_stop_in_the_middle_of_a_long_message_ends_it(world: World) -> None:
    world.catalog = catalog((*FLOWS, LONG))
    await world.say("story")
    claimed = await world.claim_some()
    assert len(claimed) == 1
    await world.record_sent(claimed)
    await world.say("STOP")
    sent = [text for _, text in await world.deliver()]
    assert [text.split(":")[0] for text in sent] == ["Done"]
    story = next(m for m in await world.messages() if "once" in m.content.text)
    assert (story.status, story.error) == (Status.CANCELLED, "stopped")


async def test_the_part_under_way_when_somebody_stops_is_the_last_one(world: World) -> None:
    world.catalog = catalog((*FLOWS, LONG))
    await world.say("story")
    claimed = await world.claim_some()
    await world.say("STOP")
    await world.record_sent(claimed)
    sent = [text for _, text in await world.deliver()]
    assert [text.split(":")[0] for text in sent] == ["Done"]
