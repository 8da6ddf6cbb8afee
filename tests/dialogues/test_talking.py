"""Flows talk, free text reaches the inbox, operators take over and give back."""

from dataclasses import replace

import pytest

from core.content import Content, UrlButton
from core.conversations import Conversation, ConversationState
from core.ids import MessageId, OrderId, UserId
from core.inbound import (
    ConversationAct,
    Edited,
    OperatorActed,
    OperatorSaid,
    Pressed,
    SendRefused,
    ShopEvent,
)
from core.messages import Author
from core.people import Order
from flows.buttons import FlowButton, encode
from tests.world import ANNA, BORIS, TG, World, claims

DELIVERED = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1042"))


async def _conversation(world: World) -> Conversation | None:
    address = await world.address()
    async with world.database.read() as tx:
        return (await tx.conversations.load([address.id])).get(address.id)


async def test_a_button_answers_and_the_press_is_acknowledged(world: World) -> None:
    await world.come()
    await world.press("Great")
    assert (await world.said())[-1] == "Thank you"
    assert world.last is not None
    assert [(a.press, a.text) for a in world.last.acknowledges] == [("press", "")]


async def test_the_same_button_a_second_time_says_that_it_is_over(world: World) -> None:
    await world.come()
    await world.press("Great")
    await world.press("Great")
    assert (await world.said()).count("Thank you") == 1
    assert world.last is not None
    assert "earlier question" in world.last.acknowledges[0].text


@pytest.mark.parametrize(
    "value",
    ["", "f.zz.0.0", "c.undo.12.0", "x" * 64, encode(FlowButton(1, 2, 3)), "c.topic.promo.yes.0"],  # type: ignore[arg-type]
)
async def test_a_forged_button_changes_nothing_and_is_acknowledged(
    world: World, value: str
) -> None:
    await world.come()
    before = await world.active()
    await world.tell(Pressed(value, "press"))
    assert await world.active() == before
    assert world.last is not None
    assert len(world.last.acknowledges) == 1


async def test_free_text_opens_a_conversation_and_counts_as_unread(world: World) -> None:
    await world.say("Do you have green tea?")
    await world.say("Hello?")
    conversation = await _conversation(world)
    assert conversation is not None
    assert (conversation.state, conversation.unread) == (ConversationState.OPEN, 2)
    assert conversation.waiting_since == world.now


async def test_what_a_flow_took_does_not_bother_operators(world: World) -> None:
    await world.come()
    await world.say("great")
    assert await _conversation(world) is None


async def test_a_bad_rating_goes_to_an_operator_with_a_note(world: World) -> None:
    await world.come()
    await world.press("Not good")
    conversation = await _conversation(world)
    assert conversation is not None
    assert conversation.note == "Unhappy with 1042"
    assert conversation.is_handed_over


async def test_the_bot_is_silent_while_an_operator_has_taken_over(world: World) -> None:
    await world.come()
    await world.say("I have a question")
    await world.tell(OperatorSaid(None, Content("Yes?"), MessageId(7)))
    before = await world.said()
    await world.say("help")
    assert await world.said() == before

    await world.tell(OperatorActed(ConversationAct.GIVE_BACK, None))
    await world.say("help")
    assert "This is the help" in await world.said()


async def test_closing_gives_the_bot_its_voice_back_and_a_message_opens_again(
    world: World,
) -> None:
    await world.say("question")
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(7)))
    await world.tell(OperatorActed(ConversationAct.CLOSE, None))
    conversation = await _conversation(world)
    assert conversation is not None
    assert conversation.state is ConversationState.CLOSED
    await world.say("one more question")
    again = await _conversation(world)
    assert again is not None
    assert (again.state, again.unread, again.is_handed_over) == (ConversationState.OPEN, 1, False)


async def test_an_operator_cannot_write_to_who_has_blocked_us(world: World) -> None:
    await world.say("hello")
    await world.tell(SendRefused(1, "blocked", is_dead=False))  # type: ignore[arg-type]
    answer = await world.tell(OperatorSaid(None, Content("hello"), MessageId(7)))
    assert answer.status == "unreachable"
    assert await world.said() == []


async def test_a_timeout_goes_on_with_the_flow_and_has_its_topics_class(world: World) -> None:
    await world.come()
    world.wait(hours=24, seconds=1)
    assert await world.fire_timers() == 1
    last = (await world.messages())[-1]
    assert (last.content.text, last.cls, last.topic) == ("Thank you", "service", "orders")


async def test_a_timer_whose_question_was_answered_does_nothing(world: World) -> None:
    await world.come()
    await world.press("Great")
    world.wait(hours=24, seconds=1)
    before = await world.said()
    await world.fire_timers()
    assert await world.said() == before


async def test_a_timer_waits_while_an_operator_talks(world: World) -> None:
    await world.come()
    await world.tell(OperatorSaid(None, Content("Hi"), MessageId(7)))
    world.wait(hours=24, seconds=1)
    await world.fire_timers()
    assert "Thank you" not in await world.said()
    await world.tell(OperatorActed(ConversationAct.CLOSE, None))
    world.wait(minutes=16)
    await world.fire_timers()
    assert "Thank you" in await world.said()


async def test_an_event_of_the_shop_starts_every_flow_it_concerns(world: World) -> None:
    await world.come()
    await world.press("Great")
    answer = await world.tell(DELIVERED)
    assert set(answer.started) == {"followup", "offer"}


async def test_a_redelivery_changes_nothing(world: World) -> None:
    await world.say("hello", key="same")
    answer = await world.say("hello", key="same")
    assert answer.status == "duplicate"
    assert len(await world.messages()) == 1


async def test_a_redelivery_in_the_same_batch_changes_nothing(world: World) -> None:
    from core.inbound import Said

    one = world.inbound(Said(Content("hello"), "m1"), key="same")
    answers = await world.receive(one, one)
    assert [answer.status for answer in answers] == ["taken", "duplicate"]
    assert len(await world.messages()) == 1


async def test_the_second_event_of_a_batch_sees_what_the_first_did(world: World) -> None:
    from core.inbound import Said, Started

    code = await world.link()
    await world.receive(
        world.inbound(Started(code)),
        world.inbound(Said(Content("great"), "m2")),
        world.inbound(Said(Content("STOP"), "m3")),
    )
    assert await world.active() == set()
    texts = await world.said()
    assert texts[-2] == "Thank you"
    assert [text for _, text in await world.deliver()] == [texts[-1]]


async def test_an_edited_message_shows_its_latest_wording(world: World) -> None:
    await world.say("helo")
    first = (await world.messages())[0]
    await world.tell(Edited(first.external_id, Content("hello")))
    edited = (await world.messages())[0]
    assert edited.content.text == "hello"
    assert edited.edited_at == world.now


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b> & {{ 7 * 7 }} {% raw %}",
        "שלום \u202e עולם",
        "👩‍👩‍👧‍👦 你好 नमस्ते",
        "x" * 4096,
        "слово " * 7000,
        "nul \x00 and \ud800 surrogate",
    ],
    ids=["HTML and Jinja", "right to left", "emoji", "4,096", "40,000", "NUL and surrogates"],
)
async def test_any_text_is_kept_as_text(world: World, text: str) -> None:
    from core.text import clean

    await world.say(clean(text))
    assert (await world.messages())[0].content.text == clean(text)


async def test_jinja_in_a_name_is_shown_as_text(world: World) -> None:
    await world.come(claims(name="{{ 7*7 }} <b>"))
    async with world.database.read() as tx:
        address = await world.address()
        contact = (await tx.contacts.load([address.contact]))[address.contact]
        whole = (await tx.contacts.load([contact.merged_into or contact.id])).popitem()[1]
    assert whole.name == "{{ 7*7 }} <b>"
    assert all("49" not in text for text in await world.said())


async def test_a_keyword_is_answered_at_once_and_the_open_question_comes_again(
    world: World,
) -> None:
    await world.come()
    await world.say("help")
    assert (await world.said())[-2:] == ["This is the help", "How did you like it?"]
    await world.press("Great")
    assert (await world.said())[-1] == "Thank you"


async def test_no_question_comes_between_the_contact_and_the_operator(world: World) -> None:
    """The keyword that calls a person does not bring the interrupted question back."""
    await world.come()
    await world.tell(OperatorSaid(None, Content("I am here"), MessageId(10**9)))
    await world.press("Great")
    assert "Thank you" not in await world.said()
    await world.tell(OperatorActed(ConversationAct.GIVE_BACK, None))
    await world.press("Great")
    assert "Thank you" in await world.said()


SHOP_PAGE = "https://shop.example.com/tea?from=chat"


@pytest.fixture
async def echoing(world: World) -> World:
    """The account of a messenger that also sends the URL of a button that opens a page."""
    account = world.catalog.accounts[TG]
    limits = replace(account.limits, echoes_urls=True)
    world.catalog = replace(world.catalog, accounts={TG: replace(account, limits=limits)})
    await world.come()
    content = Content("Look", buttons=(UrlButton("To the shop", SHOP_PAGE),))
    message = MessageId(next(world.numbers))
    await world.tell(OperatorSaid(None, content, message, author=Author.API))
    return world


async def test_a_press_that_comes_as_a_url_is_a_press_and_waits_for_nobody(
    echoing: World,
) -> None:
    said = await echoing.said()
    await echoing.say(SHOP_PAGE)
    assert (await echoing.messages())[-1].content.text == "To the shop"
    assert await echoing.said() == said, "the open question is not answered by it"
    conversation = await _conversation(echoing)
    assert conversation is not None
    assert (conversation.unread, conversation.waiting_since) == (0, None)


@pytest.mark.parametrize(
    ("days", "user", "text"),
    [
        pytest.param(0, ANNA, "https://shop.example.com/coffee", id="a URL that is not ours"),
        pytest.param(0, ANNA, f"What is {SHOP_PAGE}?", id="our URL in a sentence"),
        pytest.param(0, BORIS, SHOP_PAGE, id="what another person was offered"),
        pytest.param(31, ANNA, SHOP_PAGE, id="what was offered long ago"),
    ],
)
async def test_any_other_text_with_a_url_is_read_by_operators(
    echoing: World, days: int, user: UserId, text: str
) -> None:
    await echoing.press("Great")
    echoing.wait(days=days)
    await echoing.say(text, user)
    assert (await echoing.messages(user))[-1].content.text == text
    address = await echoing.address(user)
    async with echoing.database.read() as tx:
        conversation = (await tx.conversations.load([address.id]))[address.id]
    assert conversation.unread == 1


async def test_where_presses_bring_no_url_our_own_is_a_text(world: World) -> None:
    content = Content("Look", buttons=(UrlButton("To the shop", SHOP_PAGE),))
    await world.come()
    await world.tell(OperatorSaid(None, content, MessageId(next(world.numbers))))
    await world.say(SHOP_PAGE)
    assert (await world.messages())[-1].content.text == SHOP_PAGE
