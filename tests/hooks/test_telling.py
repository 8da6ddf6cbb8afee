"""What happens in the messenger is written down for the site, in its order, and for no other."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from core.content import Content
from core.hooks import HookType
from core.ids import ContactId, CustomerId, MessageId
from core.inbound import (
    Blocked,
    ConversationAct,
    Delivered,
    OperatorActed,
    OperatorSaid,
    Read,
    Said,
    Started,
)
from core.messages import Author
from dialogues.hook_events import SHAPES
from storage.erasure import erase_person, export_person
from tests.hooks.shop import (
    KEY,
    OTHER,
    OTHER_KEY,
    deliver_messages,
    stored,
    told,
    with_hooks,
)
from tests.world import ANNA, BORIS, FLOWS, PROMO, World, catalog, claims, count

RATING = """
flow: rating
title: {en: Rating, ru: Оценка}
enter:
  - on: keyword
    words: {en: [rate], ru: [оценка]}
steps:
  ask:
    ask: {en: "How was it?", ru: "Как вам?"}
    answer: {kind: number, min: 1, max: 5}
    save: rating
    next: tell
  tell:
    emit:
      name: conversation.rated
      data: {rating: "{{ rating | int }}", comment: "fine"}
    next: more
  more:
    emit:
      name: tea.wanted
      data: {leaves: 2}
    next: finish
  finish:
    end: true
"""


async def test_without_webhooks_nothing_is_written(world: World) -> None:
    await world.come()
    await world.say("Hello")
    async with world.database.read() as tx:
        assert await count(tx, "deliveries") == 0
    assert world.last is not None
    assert not world.last.has_told


async def test_whoever_comes_by_a_link_is_told_of_with_their_topics(world: World) -> None:
    with_hooks(world)
    code = await world.link()
    await world.start(code)
    contact = {"id": str((await world.address()).contact), "site": "shop", "customer": "c-1"}
    async with world.database.read() as tx:
        root = (await tx.contacts.load([ContactId(int(contact["id"]))])).popitem()[1]
    contact["id"] = str(root.merged_into or root.id)
    where = {
        "id": str((await world.address()).id), "account": "shop-tg", "channel": "telegram",
    }  # fmt: skip
    at = "2026-11-22T12:00:00Z"
    assert await told(world) == [
        (
            "contact.linked",
            {"contact": contact, "address": where, "code": code, "source": "go",
             "order": "id-1042", "at": at},
        ),
        (
            "subscribed",
            {"contact": contact, "address": where, "topics": ["orders"], "source": "link",
             "at": at},
        ),
    ]  # fmt: skip
    assert world.last is not None
    assert world.last.has_told


async def test_a_message_then_stop_then_start_in_their_order_also_within_one_batch(
    world: World,
) -> None:
    await world.come(claims(topics=(PROMO,), consent="I agree"))
    with_hooks(world)
    world.wait(minutes=1)
    said = [Said(Content(text), f"x{n}") for n, text in enumerate(("Hi", "STOP", "START", "So?"))]
    began = world.now - timedelta(seconds=10)
    await world.receive(
        *(
            world.inbound(one, at=began + timedelta(seconds=number))
            for number, one in enumerate(said)
        )
    )
    events = [(kind, one.get("topics"), one.get("everything")) for kind, one in await told(world)]
    assert events[:7] == [
        ("message.received", None, None),
        ("message.received", None, None),
        ("unsubscribed", ["promo"], True),
        ("message.received", None, None),
        ("subscribed", ["promo"], None),
        ("message.received", None, None),
        ("conversation.opened", None, None),
    ]


async def test_who_comes_back_and_who_blocks_us(world: World) -> None:
    await world.come()
    await world.say("stop")
    with_hooks(world, HookType.SUBSCRIBED, HookType.UNSUBSCRIBED)
    world.wait(minutes=1)
    await world.say("start")
    world.wait(minutes=1)
    await world.tell(Blocked("kicked"))
    assert [(kind, one["topics"], one["source"]) for kind, one in await told(world)] == [
        ("subscribed", ["orders"], "keyword"),
        ("unsubscribed", ["orders"], "platform"),
    ]
    assert (await told(world))[1][1]["everything"] is False


async def test_a_stop_of_somebody_without_topics_is_told_too(world: World) -> None:
    with_hooks(world, HookType.UNSUBSCRIBED)
    await world.say("stop")
    ((_, one),) = await told(world)
    assert (one["topics"], one["everything"], one["source"]) == ([], True, "keyword")


async def test_an_answer_an_event_and_a_rating_of_a_flow(world: World) -> None:
    world.catalog = catalog((*FLOWS, RATING))
    with_hooks(world, HookType.FLOW_ANSWER, HookType.FLOW_EVENT, HookType.CONVERSATION_RATED)
    await world.say("rate")
    await world.say("many")
    await world.say("4")
    events = dict(await told(world))
    answer, event, rated = (
        events["flow.answer"], events["flow.event"], events["conversation.rated"],
    )  # fmt: skip
    assert (answer["flow"], answer["step"], answer["name"], answer["value"]) == (
        "rating", "ask", "rating", 4,
    )  # fmt: skip
    assert (event["name"], event["data"]) == ("tea.wanted", {"leaves": 2})
    assert (rated["rating"], rated["comment"]) == (4, "fine")
    assert len(await told(world)) == 3


async def test_an_answer_by_a_button_names_its_order(world: World) -> None:
    await world.come()
    with_hooks(world, HookType.FLOW_ANSWER)
    await world.press("Great")
    ((_, answer),) = await told(world)
    assert (answer["name"], answer["value"], answer["order"]) == ("rating", "great", "id-1042")


async def test_a_conversation_that_opens_and_closes(world: World) -> None:
    with_hooks(world, HookType.CONVERSATION_OPENED, HookType.CONVERSATION_CLOSED)
    await world.say("Where is it?")
    await world.say("Hello?")
    await world.tell(OperatorActed(ConversationAct.CLOSE, None, reason="solved"))
    await world.say("One more thing")
    events = await told(world)
    assert [kind for kind, _ in events] == [
        "conversation.opened", "conversation.closed", "conversation.opened",
    ]  # fmt: skip
    assert events[1][1]["reason"] == "solved"


async def test_a_start_is_no_message(world: World) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.tell(Started(""))
    assert await told(world) == []


async def test_statuses_of_messages_are_told_once_each_as_they_climb(world: World) -> None:
    with_hooks(world, HookType.MESSAGE_STATUS)
    await world.say("help")
    (external,) = await deliver_messages(world)
    message = (await world.messages())[-1]
    for event in (Delivered(external), Delivered(external), Read(external), Delivered(external)):
        await world.tell(event)
    events = await told(world)
    assert [one["status"] for _, one in events] == ["sent", "delivered", "read"]
    assert {one["message"] for _, one in events} == {str(message.id)}
    assert (events[0][1]["class"], events[0][1]["author"]) == ("reply", "flow")
    assert all(one["address"]["channel"] == "telegram" for _, one in events)


async def test_a_message_of_the_api_is_told_under_its_own_key(world: World) -> None:
    await world.say("Where is it?")
    with_hooks(world, HookType.MESSAGE_STATUS)
    id_ = MessageId(next(world.numbers))
    said = OperatorSaid(None, Content("Soon"), id_, "said:77:crm:5", Author.API)
    await world.tell(said)
    await deliver_messages(world)
    (one,) = [data for _, data in await told(world) if data["message"] == str(id_)]
    assert (one["status"], one["author"], one["key"]) == ("sent", "api", "crm:5")


async def test_what_a_stop_cancels_is_told(world: World) -> None:
    await world.come()
    with_hooks(world, HookType.MESSAGE_STATUS)
    await world.say("stop")
    statuses = {one["status"] for _, one in await told(world)}
    assert statuses == {"cancelled"}


async def test_two_endpoints_hear_of_one_event_under_one_name(world: World) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED, targets=(KEY, OTHER_KEY))
    await world.say("Hello")
    (one,), (other,) = await stored(world), await stored(world, OTHER_KEY)
    assert (one.event, one.payload) == (other.event, other.payload)
    assert one.id != other.id


async def test_a_site_hears_nothing_of_another_sites_people(world: World) -> None:
    with_hooks(world, other=True)
    await world.come()
    await world.say("Hello")
    assert await told(world, OTHER_KEY) == []
    assert len(await told(world)) > 0


async def test_with_two_sites_nobody_hears_of_whoever_came_by_no_token(world: World) -> None:
    with_hooks(world, other=True)
    await world.say("Hello", BORIS)
    assert await told(world) == []
    assert await told(world, OTHER_KEY) == []


async def test_of_a_link_of_another_site_neither_hears_about_a_person_who_is_not_its_own(
    world: World,
) -> None:
    with_hooks(world, HookType.CONTACT_LINKED, other=True)
    await world.come()
    before = len(await told(world))
    theirs = replace(claims(token="jti:9", customer=None, order=None), site=OTHER)
    await world.come(theirs)
    assert await told(world, OTHER_KEY) == []
    assert len(await told(world)) == before
    anonymous = replace(theirs, token="jti:10")
    await world.come(anonymous, BORIS)
    assert [kind for kind, _ in await told(world, OTHER_KEY)] == ["contact.linked"]


async def test_who_joins_a_customer_keeps_their_place_in_the_order(world: World) -> None:
    with_hooks(world)
    await world.say("Hello")
    first = (await world.address()).contact
    await world.come()
    async with world.database.read() as tx:
        root = (await tx.contacts.load([first]))[first].merged_into
        from sqlalchemy import select

        from storage.tables import deliveries

        lanes = {row.lane for row in await tx.sql.run(select(deliveries.c.lane))}
    assert lanes == {root}


async def test_an_erasure_empties_what_was_told_and_drops_what_waits(world: World) -> None:
    with_hooks(world)
    await world.come()
    await world.say("my secret words")
    contact = (await world.address()).contact
    async with world.database.write() as tx:
        exported = await export_person(tx, contact)
        assert any("my secret words" in one["payload"] for one in exported["webhooks"])
        await erase_person(tx, contact, world.numbers, world.now)
    rows = await stored(world)
    assert rows
    assert {(one.state, one.payload) for one in rows} == {("dropped", "")}
    async with world.database.write() as tx:
        assert not await tx.delivery_log.send_again(rows[0].id, world.now)


@pytest.mark.parametrize("kind", HookType)
def test_every_type_has_a_shape_that_a_schema_can_tell(kind: HookType) -> None:
    schema = TypeAdapter(SHAPES[kind]).json_schema(mode="serialization")
    assert schema["type"] == "object"
    assert json.dumps(schema)


async def test_whose_customer_it_is_stands_in_each_event(world: World) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.come(claims(customer="42"))
    await world.say("Hello", ANNA)
    ((_, one),) = await told(world)
    assert one["contact"]["customer"] == CustomerId("42")
    assert one["message"]["text"] == "Hello"
