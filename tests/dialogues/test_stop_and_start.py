"""STOP always wins, and START restores exactly what it took."""

import pytest

from core.content import Content
from core.ids import MessageId
from core.inbound import Blocked, Edited, OperatorSaid, ShopEvent, Unblocked
from core.topics import SubscriptionState
from tests.world import BORIS, DIGEST, ORDERS, PROMO, VK, World, claims, statuses


async def test_stop_ends_everything_and_tells_what_ended(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    assert await world.active() == {"orders", "promo"}

    await world.say("стоп, спасибо")

    assert await world.active() == set()
    last = (await world.said())[-1]
    assert "Order updates" in last
    assert "START" in last


async def test_stop_cancels_what_is_queued_and_only_the_confirmation_goes_out(
    world: World,
) -> None:
    await world.come()
    await world.say("STOP")
    sent = [text for _, text in await world.deliver()]
    assert len(sent) == 1
    assert sent[0].startswith("Done")


@pytest.mark.parametrize(
    "text", ["stop", "STOP!", "/stop", "Отпишите меня, пожалуйста", "не пишите мне", "🛑 стоп"]
)
async def test_each_clear_word_of_leaving_acts_at_once(world: World, text: str) -> None:
    await world.come()
    await world.say(text)
    assert await world.active() == set()


@pytest.mark.parametrize(
    "text", ["стоп заказ", "чай хватит на месяц", "please do not stop replying", "не стоп"]
)
async def test_a_word_inside_a_sentence_is_no_stop(world: World, text: str) -> None:
    await world.come()
    await world.say(text)
    assert await world.active() == {"orders"}
    assert (await world.address()).held_since is None


async def test_start_restores_the_topics_that_stop_took_in_the_state_they_had(
    world: World,
) -> None:
    await world.come(claims(topics=(ORDERS, DIGEST), consent="I agree"))
    before = {t: row.state for t, row in (await world.subscriptions()).items()}
    assert before == {ORDERS: SubscriptionState.SUBSCRIBED, DIGEST: SubscriptionState.PENDING}
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.say("START")
    assert {t: row.state for t, row in (await world.subscriptions()).items()} == before


async def test_a_second_stop_takes_nothing_and_erases_nothing(world: World) -> None:
    await world.come()
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.say("STOP")
    assert len([text for text in await world.said() if "START" in text]) == 1
    world.wait(seconds=5)
    await world.say("START")
    assert await world.active() == {"orders"}


async def test_a_second_stop_is_confirmed_again_after_a_day(world: World) -> None:
    await world.come()
    await world.say("STOP")
    world.wait(days=1, seconds=1)
    await world.say("STOP")
    assert "already" in (await world.said())[-1]


async def test_stop_of_one_topic_is_not_undone_by_start(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    world.wait(seconds=5)
    await world.say("СТОП акции")
    assert await world.active() == {"orders"}
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.say("START")
    assert await world.active() == {"orders"}


async def test_a_fresh_link_after_stop_brings_its_own_topics_and_no_others(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.come(claims("1043", token="jti:2"))
    assert await world.active() == {"orders"}


async def test_a_start_that_was_written_before_the_stop_and_comes_late_changes_nothing(
    world: World,
) -> None:
    await world.come()
    written_at = world.now
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.say("START", at=written_at)
    assert await world.active() == set()


@pytest.mark.parametrize("word", ["START", "START PROMO"])
async def test_on_a_tie_of_times_the_contact_is_told_once_that_stop_won(
    world: World, word: str
) -> None:
    await world.come()
    await world.say("STOP")
    before = await world.said()
    for _ in range(3):
        await world.say(word)
    assert (await world.said())[len(before) :] == [
        "You are unsubscribed already. To come back, write START."
    ]
    assert await world.active() == set()
    world.wait(seconds=1)
    await world.say("START")
    assert await world.active() == {ORDERS}


async def test_a_start_that_is_older_than_the_stop_is_not_answered(world: World) -> None:
    await world.come()
    written_at = world.now
    world.wait(seconds=1)
    await world.say("STOP")
    before = await world.said()
    await world.say("START", at=written_at)
    assert await world.said() == before


async def test_on_a_tie_of_times_stop_wins(world: World) -> None:
    await world.come()
    world.wait(seconds=5)
    await world.say("STOP")
    await world.say("START", at=world.now)
    assert await world.active() == set()


async def test_a_plain_message_never_brings_back(world: World) -> None:
    await world.come()
    await world.say("STOP")
    world.wait(seconds=5)
    await world.say("Where is my order?")
    assert await world.active() == set()
    assert [text for _, text in await world.deliver()][-1].startswith("Done")


async def test_after_stop_a_question_gets_an_operators_reply_and_nothing_else(
    world: World,
) -> None:
    await world.come()
    await world.say("STOP")
    await world.deliver()
    await world.say("Where is my order?")
    answer = OperatorSaid(None, Content("It is on its way"), MessageId(77))
    await world.tell(answer)
    assert [text for _, text in await world.deliver()] == ["It is on its way"]


async def test_words_that_work_at_any_time_still_answer_after_stop(world: World) -> None:
    await world.come()
    await world.say("STOP")
    await world.say("help")
    assert (await world.said())[-1] == "This is the help"


async def test_stop_on_one_address_ends_marketing_on_the_other_and_order_updates_here_only(
    world: World,
) -> None:
    both = (ORDERS, PROMO)
    await world.come(claims(topics=both, consent="I agree"))
    await world.come(claims("1", token="jti:2", topics=both, consent="I agree"), BORIS, account=VK)
    await world.deliver(account=VK)
    world.wait(minutes=1)
    await world.say("STOP")
    assert "Order updates (Second)" in (await world.said())[-1]

    order = claims("1").order
    assert order is not None
    await world.tell(ShopEvent("order.delivered", {}, _order(order.ref)), BORIS, account=VK)
    assert [text for _, text in await world.deliver(account=VK)] == ["Order 1 has arrived."]
    world.wait(days=7, minutes=1)
    await world.fire_timers()
    assert await world.deliver(account=VK) == []
    offers = [s for text, s in statuses(await world.messages(BORIS, VK)) if "Ten" in text]
    assert offers == ["suppressed"]


async def test_start_on_the_address_that_stopped_gives_marketing_back_on_the_other(
    world: World,
) -> None:
    both = (ORDERS, PROMO)
    await world.come(claims(topics=both, consent="I agree"))
    await world.come(claims("1", token="jti:2", topics=both, consent="I agree"), BORIS, account=VK)
    await world.deliver(account=VK)
    order = claims("1").order
    assert order is not None
    await world.tell(ShopEvent("order.delivered", {}, _order(order.ref)), BORIS, account=VK)
    world.wait(minutes=1)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.say("START")
    world.wait(days=7, minutes=1)
    await world.fire_timers()
    assert "Ten percent off" in [text for _, text in await world.deliver(account=VK)]


async def test_a_likely_stop_is_asked_about_and_holds_what_we_start_ourselves(
    world: World,
) -> None:
    await world.come()
    await world.deliver()
    await world.say("перестаньте мне писать")
    assert "Shall we stop" in (await world.said())[-1]
    order = claims().order
    assert order is not None
    await world.tell(ShopEvent("order.delivered", {}, _order(order.ref)))
    assert [text for _, text in await world.deliver()] == [(await world.said())[-2]]

    await world.press("No, go on")
    world.wait(hours=1, seconds=1)
    sent = [text for _, text in await world.deliver()]
    assert "Order 1042 has arrived." in sent


async def test_yes_to_the_question_is_a_stop(world: World) -> None:
    await world.come()
    await world.say("не надо мне писать")
    await world.press("Yes, write no more")
    assert await world.active() == set()


async def test_a_message_edited_into_stop_is_a_stop(world: World) -> None:
    await world.come()
    await world.tell(Edited("m1", Content("стоп")))
    assert await world.active() == set()


async def test_a_block_unsubscribes_this_address_and_unblocking_restores_nothing(
    world: World,
) -> None:
    await world.come()
    await world.come(claims("1", token="jti:2"), BORIS, account=VK)
    await world.tell(Blocked("kicked"))
    assert not (await world.address()).is_reachable
    assert await world.active() == set()
    assert await world.active(BORIS, VK) == {"orders"}
    await world.tell(Unblocked())
    assert (await world.address()).is_reachable
    assert await world.active() == set()


async def test_a_bare_start_after_a_stop_asks_with_one_button_per_class(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.start()
    assert await world.active() == set()
    asked = (await world.messages())[-1]
    assert [button.label for button in asked.content.buttons] == ["Order updates", "Offers"]

    await world.press("Order updates")
    assert await world.active() == {"orders"}


async def test_a_button_made_before_a_stop_subscribes_to_nothing(world: World) -> None:
    await world.come(claims(topics=(ORDERS, DIGEST), consent="I agree"))
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.press("Yes")
    assert await world.active() == set()


async def test_marketing_without_the_words_agreed_to_waits_for_a_yes(world: World) -> None:
    await world.come(claims(topics=(PROMO,)))
    assert await world.active() == set()
    await world.press("Yes")
    assert await world.active() == {"promo"}


async def test_every_act_leaves_a_record_with_its_evidence(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree to offers"))
    world.wait(seconds=5)
    await world.say("Стоп")
    world.wait(seconds=5)
    await world.say("старт")
    address = await world.address()
    async with world.database.read() as tx:
        records = await tx.consents.of_addresses([address.id])
    assert [(r.act, r.topic, r.source) for r in records] == [
        ("subscribe", "orders", "link"),
        ("subscribe", "promo", "link"),
        ("unsubscribe", None, "keyword"),
        ("resubscribe", "orders", "keyword"),
        ("resubscribe", "promo", "keyword"),
    ]
    assert records[1].evidence is not None
    assert records[1].evidence["words"] == "I agree to offers"
    assert records[2].evidence is not None
    assert records[2].evidence["written"] == "Стоп"


BOTH = (ORDERS, PROMO)


async def _two_addresses(world: World) -> None:
    await world.come(claims(topics=BOTH, consent="I agree"))
    await world.come(claims("1", token="jti:2", topics=BOTH, consent="I agree"), BORIS, account=VK)
    await world.deliver(account=VK)
    world.wait(minutes=1)


async def _offered_to_boris(world: World) -> list[str]:
    order = claims("1").order
    assert order is not None
    await world.tell(ShopEvent("order.delivered", {}, _order(order.ref)), BORIS, account=VK)
    world.wait(days=7, minutes=1)
    await world.fire_timers()
    sent = await world.deliver(account=VK)
    return [text for _, text in sent if "Ten" in text]


async def test_a_stop_said_again_ends_marketing_elsewhere_again(world: World) -> None:
    await _two_addresses(world)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.say("START promo", BORIS, account=VK)
    world.wait(minutes=1)
    await world.say("STOP")
    assert await _offered_to_boris(world) == []


async def test_start_here_does_not_lift_a_stop_that_stands_elsewhere(world: World) -> None:
    await _two_addresses(world)
    await world.say("STOP", BORIS, account=VK)
    world.wait(minutes=1)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.say("START")
    assert await world.active(BORIS, VK) == set()
    async with world.database.read() as tx:
        address = await world.address()
        contact = (await tx.contacts.load([address.contact]))[address.contact]
        whole = (await tx.contacts.load([contact.merged_into or contact.id])).popitem()[1]
    assert whole.marketing_stopped_at is not None


async def test_who_asks_for_offers_after_a_stop_elsewhere_gets_them(world: World) -> None:
    await _two_addresses(world)
    await world.say("STOP")
    world.wait(minutes=1)
    await world.say("START promo", BORIS, account=VK)
    assert await _offered_to_boris(world) == ["Ten percent off"]


async def test_yes_write_no_more_is_heard_at_any_time(world: World) -> None:
    await world.come()
    await world.say("перестаньте мне писать")
    await world.press("No, go on")
    await world.press("Yes, write no more")
    assert await world.active() == set()


async def test_undo_belongs_to_the_stop_it_was_made_for(world: World) -> None:
    await world.come(claims(topics=BOTH, consent="I agree"))
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.start()
    world.wait(seconds=5)
    await world.say("STOP")
    world.wait(seconds=5)
    await world.press("Offers")
    assert await world.active() == set()


async def test_a_reply_that_waits_to_be_retried_does_not_come_after_the_stop(
    world: World,
) -> None:
    from core.outcomes import Transient

    await world.come()
    await world.deliver(Transient("502"))
    world.wait(seconds=1)
    await world.say("STOP")
    world.wait(minutes=5)
    assert [text.split(":")[0] for _, text in await world.deliver()] == ["Done"]


def _order(ref: str):  # type: ignore[no-untyped-def]
    from core.ids import OrderId
    from core.people import Order

    return Order(OrderId(0), ref)
