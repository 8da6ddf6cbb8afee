"""Why a message went, or did not, in words; and why somebody gets nothing on a topic."""

import re
from datetime import timedelta
from itertools import count

import pytest

from core.content import Content
from core.ids import MessageId, OperatorId, UserId
from core.inbound import AddedToTopic, Delivered, OperatorSaid, Read, Said, ShopEvent
from core.messages import Author, Status
from core.outcomes import (
    Outcome,
    Refused,
    Sent,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
    WindowClosed,
)
from core.people import Order
from dialogues.clockwork import KEEP_ATTEMPTS, tidy
from storage.erasure import erase_person, export_person
from storage.ids import Ids
from tests.inbox.office import Browser, Office
from tests.world import ANNA, BORIS, ORDERS, PROMO, TG, VK, World, claims


def _live(world: World) -> None:
    """Ids that tell the time, as the server makes them."""
    ids = Ids(1)
    world.numbers = iter(lambda: ids.next(world.now), None)


async def _ordered(office: Office) -> World:
    """Anna ordered, subscribed to both topics, and wrote something to a person."""
    world = office.world
    _live(world)
    await world.come(claims("1042", topics=(ORDERS, PROMO), consent="I agree"))
    await world.say("what")
    await world.say("a person, please")
    await world.deliver()
    world.wait(minutes=5)
    return world


async def _arrived(world: World) -> None:
    await world.tell(ShopEvent("order.delivered", {}, Order(0, "id-1042")))  # type: ignore[arg-type]


async def _why(browser: Browser, office: Office, text: str) -> str:
    """What the page tells of the newest message with this text."""
    message = [one for one in await office.world.messages() if text in one.content.text][-1]
    page = await browser.get(f"{await office.path()}/why/{message.id}")
    assert page.status == 200, page.text
    return page.seen


async def test_a_notice_that_went_tells_of_the_subscription_it_relied_on(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    world.wait(seconds=40)
    await world.deliver(Sent("77"))
    world.wait(seconds=20)
    await world.say("STOP")
    seen = await _why(await office.signed_in(), office, "has arrived")
    for words in (
        "The dialogue “After the order” said it, at its step “later”.",
        "It counts as news on “Order updates”: it needs a subscription",
        "Taken for sending, after 40 s in the queue",
        "At that moment they were subscribed to “Order updates”. "
        "Anna K subscribed to Order updates by a link",
        "The messenger took it.",
        "What came later did not concern it any more. Anna K left everything by writing “STOP”",
    ):
        assert words in seen, seen


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Throttled(timedelta(seconds=9)), "The messenger asked us to slow down. until"),
        (Transient("502 Bad Gateway"), "Attempt 1 did not go through: 502 Bad Gateway. It was to"),
        (Refused("400 CHAT_RESTRICTED"), "Attempt 1 was the last: 400 CHAT_RESTRICTED."),
        (WindowClosed("901 window"), "Attempt 1 was the last: 901 window."),
        (Unknown("timeout"), "Attempt 1 did not go through: timeout. It was to be tried again."),
    ],
)
async def test_what_the_messenger_answered(office: Office, outcome: Outcome, words: str) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.deliver(outcome)
    seen = await _why(await office.signed_in(), office, "has arrived")
    assert words in seen
    if "was the last" not in words:
        world.wait(minutes=1)
        await world.deliver()
        seen = await _why(await office.signed_in(), office, "has arrived")
        assert seen.index(words) < seen.index("Taken for sending") < seen.index("took it")


async def test_whoever_is_gone_is_told_in_the_messengers_own_words_too(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.deliver(Unreachable("403 Forbidden: bot was blocked by the user"))
    words = "they have blocked us (403 Forbidden: bot was blocked by the user)"
    seen = await _why(await office.signed_in(), office, "has arrived")
    assert f"Attempt 1 was the last: {words}." in seen


async def test_a_rule_that_stopped_it_names_the_act(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.say("STOP orders")
    await world.deliver()
    browser = await office.signed_in()
    seen = await _why(browser, office, "has arrived")
    assert "Not sent: unsubscribed. Anna K left Order updates by writing “STOP orders”" in seen
    assert "Taken for sending" not in seen


async def test_what_a_stop_took_back_and_what_was_no_advertising_at_night(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.say("STOP")
    seen = await _why(await office.signed_in(), office, "has arrived")
    assert "Taken back before it went: they left before it went out." in seen


async def test_advertising_ended_by_a_stop_at_another_messenger(office: Office) -> None:
    world = office.world
    _live(world)
    for account in (TG, VK):
        await world.come(claims("1", token=f"jti:{account}", topics=(PROMO,), consent="yes"),
                         account=account)  # fmt: skip
    await world.say("hm")
    await world.say("a person")
    world.wait(minutes=1)
    await world.say("STOP", account=VK)
    world.wait(minutes=1)
    address = await world.address()
    browser = await office.signed_in()
    page = (await browser.get(f"/contacts/{address.contact}")).seen
    telegram, second = page.split("Second", 1)
    assert "a STOP ended all advertising for this person" in telegram
    assert "Anna K left everything by writing “STOP”" in telegram
    assert "Not sent: they left. Anna K left everything by writing “STOP”" in second
    assert "never subscribed here" in telegram


async def test_what_a_person_gets_topic_by_topic(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.deliver()
    browser = await office.signed_in()
    contact = (await world.address()).contact
    page = await browser.get(f"/contacts/{contact}")
    assert "It is sent: they are subscribed. Anna K subscribed to Offers by a link" in page.seen
    assert "No dialogue and no mailing has had anything to say on it here yet." in page.seen
    link = re.search(r'href="(/inbox/\d+/why/\d+)"', page.text)
    assert link is not None
    assert "has arrived" in (await browser.get(link[1])).seen
    await world.say("don't write to me any more")
    page = await browser.get(f"/contacts/{contact}")
    assert "It waits: they were asked whether to stop" in page.seen
    await office.hear("Once more")
    await browser.post(f"{await office.path()}/block")
    page = await browser.get(f"/contacts/{contact}")
    assert "Not sent: an operator has blocked them here." in page.seen
    assert (await browser.get("/contacts/1")).status == 404


async def test_who_wrote_it(office: Office) -> None:
    world = await _ordered(office)
    vera = await office.operator()
    said = OperatorSaid(OperatorId(vera), Content("Good day"), MessageId(next(world.numbers)))
    await world.tell(said)
    said = OperatorSaid(None, Content("From us"), MessageId(next(world.numbers)), author=Author.API)
    await world.tell(said)
    await world.deliver(Sent("m1"))
    await world.tell(Delivered("m1"))
    await world.tell(Read("m1"))
    browser = await office.signed_in("boris")
    seen = await _why(browser, office, "Good day")
    assert "Written by Vera. It counts as an answer" in seen
    assert "Delivered." in seen
    assert "Read." in seen
    assert "The shop’s system sent it" in await _why(browser, office, "From us")
    await world.tell(AddedToTopic(PROMO, {}), BORIS)
    page = (await browser.get(await office.path())).text
    assert f'href="{await office.path()}/why/' in page


async def test_only_messages_of_this_conversation_and_our_own(office: Office) -> None:
    world = await _ordered(office)
    await world.say("hi", BORIS)
    browser, path = await office.signed_in(), await office.path(BORIS)
    mine = (await world.messages(ANNA))[-1]
    theirs = next(one for one in await world.messages(BORIS))
    for id_ in (mine.id, theirs.id, 1, "x"):
        assert (await browser.get(f"{path}/why/{id_}")).status == 404


async def test_an_erasure_takes_what_the_messenger_said(office: Office) -> None:
    world = await _ordered(office)
    await _arrived(world)
    await world.deliver(Refused("400 Anna is not there"))
    message = (await world.messages())[-1]
    contact = (await world.address()).contact
    async with world.database.write() as tx:
        everything = await export_person(tx, contact)
        assert [one["error"] for one in everything["attempts"]] == ["400 Anna is not there"]
        await erase_person(tx, contact, count(10**6), world.now)
    async with world.database.read() as tx:
        assert await tx.attempts.of_message(message.id) == []


async def test_what_simply_went_leaves_no_attempt_and_old_ones_are_forgotten(
    office: Office,
) -> None:
    world = office.world
    _live(world)
    await world.receive(
        *(world.inbound(Said(Content("help")), UserId(str(number))) for number in range(30))
    )
    await world.deliver()
    answered = [one for one in await world.messages(UserId("3")) if one.status is Status.SENT]
    async with world.database.read() as tx:
        assert await tx.attempts.of_message(answered[0].id) == []
        [part] = await tx.sends.story(answered[0].id)
    assert part.claimed_at == world.now
    await world.say("help")
    await world.deliver(Refused("no"))
    [failed] = [one for one in await world.messages() if one.status is Status.FAILED]
    async with world.database.read() as tx:
        assert [one.error for one in await tx.attempts.of_message(failed.id)] == ["no"]
    await tidy(world.database, world.now + KEEP_ATTEMPTS + timedelta(days=1))
    async with world.database.read() as tx:
        assert await tx.attempts.of_message(failed.id) == []
