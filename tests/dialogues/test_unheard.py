"""Whom operators have blocked, and who floods us: what they send is kept, and STOP still works."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.content import Content
from core.conversations import Conversation, ConversationState
from core.hearing import Flood
from core.ids import EventKey, OperatorId, OrderId, SessionId, UserId
from core.inbound import (
    ConversationAct,
    Inbound,
    OperatorActed,
    OperatorEdited,
    OperatorEnded,
    OperatorSaid,
    OptedByPage,
    SaidElsewhere,
    ShopEvent,
)
from core.messages import Direction, Status
from core.people import Order
from tests.world import ORDERS, PROMO, TG, World, claims

VERA = OperatorId(7)
DELIVERED = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1042", "1042"))


async def act(world: World, act: ConversationAct) -> None:
    address = await world.address()
    acted = OperatorActed(act, None)
    await world.receive(
        Inbound(TG, address.user, EventKey(f"act{next(world.keys)}"), world.now, acted,
                address=address.id)
    )  # fmt: skip


async def conversation(world: World) -> Conversation:
    address = await world.address()
    async with world.database.read() as tx:
        return (await tx.conversations.load([address.id]))[address.id]


async def heard(world: World) -> list[str]:
    return [m.content.text for m in await world.messages() if m.direction is Direction.IN]


async def ask(world: World) -> None:
    """Anna comes with an order, and writes something for a person."""
    await world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    await world.press("Great")
    await world.say("Hello?")
    await world.deliver()


async def test_who_is_blocked_is_kept_and_nothing_comes_of_it(world: World) -> None:
    await ask(world)
    await act(world, ConversationAct.BLOCK)
    before = await conversation(world)
    assert before.state is ConversationState.BLOCKED
    world.wait(hours=1)
    said = await world.said()
    await world.say("You are all fools")
    await world.say("help")
    await world.start()
    assert await heard(world) == ["/start " + (await heard(world))[0][7:], "Great", "Hello?",
                                  "You are all fools", "help", "/start"]  # fmt: skip
    assert await world.said() == said
    assert await conversation(world) == before


@pytest.mark.parametrize("when", ["blocked", "muted"])
async def test_stop_and_start_are_carried_out_whatever_we_hear(world: World, when: str) -> None:
    await ask(world)
    if when == "blocked":
        await act(world, ConversationAct.BLOCK)
    else:
        world.catalog = replace(world.catalog, flood=FLOOD)
        await flood(world, 6)
    await world.say("STOP")
    assert await world.active() == set()
    assert (await world.said())[-1].startswith("Done")
    world.wait(seconds=1)
    await world.say("START")
    assert await world.active() == {"orders", "promo"}


async def test_nothing_is_started_with_who_is_blocked(world: World) -> None:
    await ask(world)
    await act(world, ConversationAct.BLOCK)
    said = await world.said()
    assert (await world.tell(DELIVERED)).started == ()
    address = await world.address()
    answer = OperatorSaid(VERA, Content("Hi"), next(world.numbers))  # type: ignore[arg-type]
    refused = Inbound(TG, address.user, EventKey("a1"), world.now, answer, address=address.id)
    assert [one.status for one in await world.receive(refused)] == ["blocked"]
    assert await world.said() == said
    async with world.database.read() as tx:
        assert (await tx.sessions.load([address.id])).get(address.id, {}) == {}


async def test_what_waits_to_be_sent_does_not_reach_who_was_blocked(world: World) -> None:
    await world.come(claims())
    await world.deliver()
    await world.press("Great")
    await world.deliver()
    assert (await world.tell(DELIVERED)).started
    await act(world, ConversationAct.BLOCK)
    assert await world.deliver() == []
    last = (await world.messages())[-1]
    assert (last.status, last.error) == (Status.SUPPRESSED, "blocked_here")


async def test_what_the_bot_was_about_to_answer_does_not_reach_them_either(world: World) -> None:
    """A reply needs no subscription; but a STOP said before is confirmed, and what an operator
    wrote before they blocked goes out."""
    await ask(world)
    address = await world.address()
    await act(world, ConversationAct.GIVE_BACK)
    await world.say("STOP")
    await world.say("help")
    answer = OperatorSaid(None, Content("That is enough"), next(world.numbers))  # type: ignore[arg-type]
    await world.receive(
        Inbound(TG, address.user, EventKey("a1"), world.now, answer, address=address.id)
    )
    assert (await world.said())[-2:] == ["This is the help", "That is enough"]
    await act(world, ConversationAct.BLOCK)
    first, second = [text for _, text in await world.deliver()]
    assert first.startswith("Done")
    assert second == "That is enough"


async def test_unblocked_they_stand_before_the_operators_again(world: World) -> None:
    await ask(world)
    await act(world, ConversationAct.BLOCK)
    for late in (ConversationAct.REOPEN, ConversationAct.CLOSE, ConversationAct.TAKE_OVER):
        await act(world, late)
    await world.tell(SaidElsewhere(Content("From the phone"), "e1"))
    assert (await conversation(world)).state is ConversationState.BLOCKED
    await act(world, ConversationAct.UNBLOCK)
    assert (await conversation(world)).state is ConversationState.OPEN
    await world.say("Sorry")
    now = await conversation(world)
    assert (now.unread, now.waiting_since) == (1, world.now)


FLOOD = Flood(5, timedelta(seconds=30), timedelta(minutes=10))


async def flood(world: World, many: int) -> None:
    for number in range(many):
        await world.say(f"spam {number}")


async def test_a_flood_is_kept_and_does_not_push_itself_up(world: World) -> None:
    world.catalog = replace(world.catalog, flood=FLOOD)
    await flood(world, 5)
    before = await conversation(world)
    assert before.unread == 5
    world.wait(seconds=10)
    await flood(world, 7)
    assert await conversation(world) == before
    assert len(await heard(world)) == 12
    address = await world.address()
    assert (address.heard, address.muted_until) == (12, world.now + FLOOD.mute)
    async with world.database.read() as tx:
        [told] = await tx.acts.of_conversation(before.id, 10)
    assert (told.act, told.about["many"]) == ("muted", "6")
    said = await world.said()
    await world.say("help")
    assert await world.said() == said


async def test_what_the_shop_tells_goes_out_to_who_is_muted(world: World) -> None:
    await ask(world)
    world.catalog = replace(world.catalog, flood=FLOOD)
    await flood(world, 9)
    assert (await world.tell(DELIVERED)).started
    assert "Order 1042 has arrived." in [text for _, text in await world.deliver()]


async def test_after_a_while_a_flooder_is_heard_again(world: World) -> None:
    world.catalog = replace(world.catalog, flood=FLOOD)
    await flood(world, 9)
    world.wait(minutes=11)
    await world.say("Now calmly")
    now, address = await conversation(world), await world.address()
    assert (now.unread, address.heard, address.muted_until) == (6, 1, None)


async def test_an_operator_lifts_the_mute(world: World) -> None:
    world.catalog = replace(world.catalog, flood=FLOOD)
    await flood(world, 9)
    await act(world, ConversationAct.UNMUTE)
    await world.say("Thank you")
    assert (await conversation(world)).unread == 6


async def test_whoever_answers_a_flooder_hears_them_again(world: World) -> None:
    """What they write to that would else be news to nobody, now or later."""
    world.catalog = replace(world.catalog, flood=FLOOD)
    await flood(world, 9)
    address = await world.address()
    answer = OperatorSaid(None, Content("Which one?"), next(world.numbers))  # type: ignore[arg-type]
    await world.receive(
        Inbound(TG, address.user, EventKey("a1"), world.now, answer, address=address.id)
    )
    await world.say("The last one")
    now = await conversation(world)
    assert (now.unread, now.waiting_since) == (1, world.now)
    async with world.database.read() as tx:
        told = await tx.acts.of_conversation(now.id, 10)
    assert [one.act for one in told] == ["muted", "unmuted"]


async def test_many_messages_over_a_longer_time_are_no_flood(world: World) -> None:
    world.catalog = replace(world.catalog, flood=FLOOD)
    for _ in range(5):
        await flood(world, 4)
        world.wait(seconds=31)
    assert (await conversation(world)).unread == 20


@pytest.mark.parametrize("step", [1, -1])
async def test_what_a_messenger_brings_late_is_no_flood(world: World, step: int) -> None:
    """After an outage many come at once, in any order; the messenger tells when each was
    written."""
    world.catalog = replace(world.catalog, flood=FLOOD)
    world.wait(hours=1)
    for minute in range(20)[::step]:
        await world.say("hello", at=world.now - timedelta(minutes=40 - minute))
    assert (await world.address()).muted_until is None


async def test_an_operator_edits_tags_and_attributes(world: World) -> None:
    await ask(world)
    address = await world.address()

    async def edit(name: str, value: object, *, is_tag: bool = False) -> None:
        event = OperatorEdited(name, value, None, is_tag)
        key = EventKey(f"e{next(world.keys)}")
        inbound = Inbound(TG, address.user, key, world.now, event, address=address.id)
        assert [one.status for one in await world.receive(inbound)] == ["taken"]

    await edit("vip", True, is_tag=True)
    await edit("late", True, is_tag=True)
    await edit("late", None, is_tag=True)
    await edit("size", "M")
    await edit("tea", "green")
    await edit("tea", None)
    async with world.database.read() as tx:
        contact = (await tx.contacts.lock([address.contact]))[address.contact]
        told = await tx.acts.of_conversation((await conversation(world)).id, 10)
    assert (contact.tags, contact.attributes["size"]) == ({"vip"}, "M")
    assert "tea" not in contact.attributes
    assert len(told) == 6
    # What operators call somebody stays out of what nobody can erase.
    assert [one.about.get("name", "") for one in told] == ["", "", "", "size", "tea", "tea"]


async def test_an_operator_ends_a_dialogue_with_its_timers(world: World) -> None:
    await world.come(claims())
    address = await world.address()
    async with world.database.read() as tx:
        [session] = (await tx.sessions.load([address.id]))[address.id]
    for id_, status in ((session, "taken"), (session, "unknown"), (SessionId(1), "unknown")):
        key = EventKey(f"e{next(world.keys)}")
        ended = OperatorEnded(id_, VERA if id_ == 1 else None)
        inbound = Inbound(TG, address.user, key, world.now, ended, address=address.id)
        assert [one.status for one in await world.receive(inbound)] == [status]
    said = await world.said()
    world.wait(days=2)
    assert await world.fire_timers() == 0
    await world.say("Great")
    assert await world.said() == said


async def test_advertising_that_ended_by_a_stop_elsewhere_is_not_switched_on(world: World) -> None:
    """One person on two accounts; STOP on one of them ends offers on both."""
    await world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    await world.come(claims("7", token="jti:2", topics=(ORDERS,)), account="shop-two")
    await world.say("STOP")
    address = await world.address(account="shop-two")  # type: ignore[arg-type]

    async def opt(topic: str) -> str:
        key = EventKey(f"o{next(world.keys)}")
        event = OptedByPage(topic, True, "operator", {"written": "yes"})
        inbound = Inbound(address.account, address.user, key, world.now, event, address=address.id)
        return (await world.receive(inbound))[0].status

    assert await opt(PROMO) == "marketing_stopped"
    assert await opt(ORDERS) == "taken"


async def test_a_blocked_person_is_not_heard_by_another_messenger_either(world: World) -> None:
    await ask(world)
    await act(world, ConversationAct.BLOCK)
    stranger = UserId("777")
    await world.say("Hello, a person please", stranger)
    said = await world.said(stranger)
    answer = await world.come(claims("7", token="jti:2"), stranger)
    address = await world.address(stranger)
    assert (answer.started, address.blocked_at) == ((), world.now)
    async with world.database.read() as tx:
        [there] = (await tx.conversations.load([address.id])).values()
    assert there.state is ConversationState.BLOCKED
    assert await world.said(stranger) == said
