"""What operators do with conversations: put off, close, take over; and what brings them back."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from core.content import Content
from core.conversations import Conversation, ConversationState
from core.hours import Away, Stretch, WorkingHours
from core.ids import MessageId, OperatorId
from core.inbound import ConversationAct, OperatorActed, OperatorSaid
from dialogues.clockwork import Timers
from dialogues.intake import Intake
from storage.operators import Operator
from tests.dialogues.test_intake import running
from tests.world import BORIS, NOW, World

PAVEL, RITA = OperatorId(7), OperatorId(8)
TEXT = {"en": "We are away.", "ru": "Нас нет."}
# NOW is a Sunday's noon.
AWAY = Away(WorkingHours("UTC", dict.fromkeys(range(5), (Stretch(time(9), time(18)),))), TEXT)


@pytest.fixture(autouse=True)
async def hired(world: World) -> None:
    async with world.database.write() as tx:
        for id_, login in ((PAVEL, "pavel"), (RITA, "rita")):
            await tx.operators.add(Operator(id_, login, login.title(), "hash", NOW))


async def conversation(world: World) -> Conversation:
    address = await world.address()
    async with world.database.read() as tx:
        return (await tx.conversations.load([address.id]))[address.id]


async def act(world: World, act: ConversationAct, **values: object) -> Conversation:
    await world.tell(OperatorActed(act, PAVEL, **values))  # type: ignore[arg-type]
    return await conversation(world)


async def answer(world: World, by: OperatorId, message: int) -> Conversation:
    await world.tell(OperatorSaid(by, Content("Hello"), MessageId(message)))
    return await conversation(world)


async def test_whoever_answers_what_nobody_has_has_it(world: World) -> None:
    await world.say("where is my order")
    world.wait(minutes=3)
    first = await answer(world, PAVEL, 900_001)
    assert (first.assignee, first.first_answer_at) == (PAVEL, world.now)
    later = await answer(world, RITA, 900_002)
    assert (later.assignee, later.first_answer_at) == (PAVEL, first.first_answer_at)


async def test_snoozed_until_its_time(world: World) -> None:
    await world.say("please call me tomorrow")
    until = world.now + timedelta(hours=20)
    snoozed = await act(world, ConversationAct.SNOOZE, until=until)
    assert (snoozed.state, snoozed.snoozed_until) == (ConversationState.SNOOZED, until)
    early = await act(world, ConversationAct.WAKE)
    assert early.state is ConversationState.SNOOZED
    world.wait(hours=20)
    woken = await act(world, ConversationAct.WAKE)
    assert (woken.state, woken.snoozed_until) == (ConversationState.OPEN, None)
    assert (woken.unread, woken.last_message_at) == (1, world.now)


async def test_the_clock_wakes_what_is_due(world: World) -> None:
    await world.say("please call me tomorrow")
    await act(world, ConversationAct.SNOOZE, until=world.now + timedelta(hours=1))
    intake = Intake(
        world.database, world.catalog, lambda _: next(world.numbers), lambda: world.now,
        lambda _: None,
    )  # fmt: skip
    timers = Timers(world.database, intake, lambda: world.now)
    assert await timers.wake_due() == 0
    world.wait(hours=1)
    async with running(intake):
        assert await timers.wake_due() == 1
        assert await timers.wake_due() == 0
    assert (await conversation(world)).state is ConversationState.OPEN


async def test_a_time_that_is_past_puts_nothing_off(world: World) -> None:
    await world.say("hello there")
    late = await act(world, ConversationAct.SNOOZE, until=world.now)
    assert late.state is ConversationState.OPEN


@pytest.mark.parametrize("kind", [ConversationAct.SNOOZE, ConversationAct.CLOSE])
async def test_the_contact_brings_it_back_by_writing(world: World, kind: ConversationAct) -> None:
    await world.say("hello there")
    await act(world, kind, until=world.now + timedelta(days=1), reason="spam")
    world.wait(minutes=1)
    await world.say("are you there")
    back = await conversation(world)
    assert back.state is ConversationState.OPEN
    assert (back.snoozed_until, back.closed_at, back.close_reason) == (None, None, "")


async def test_closed_with_a_reason_and_opened_anew(world: World) -> None:
    await world.say("hello there")
    await answer(world, PAVEL, 900_001)
    closed = await act(world, ConversationAct.CLOSE, reason="solved")
    assert (closed.close_reason, closed.closed_at) == ("solved", world.now)
    again = await act(world, ConversationAct.CLOSE, reason="spam")
    assert again.close_reason == "solved"
    world.wait(days=1)
    await world.say("one more thing")
    anew = await conversation(world)
    assert (anew.opened_at, anew.first_answer_at) == (world.now, None)


async def test_taking_over_silences_the_bot(world: World) -> None:
    await world.say("hello there")
    assert (await act(world, ConversationAct.TAKE_OVER)).is_handed_over
    before = await world.said()
    await world.say("help")
    assert await world.said() == before
    assert not (await act(world, ConversationAct.GIVE_BACK)).is_handed_over
    await world.say("help")
    assert (await world.said())[-1] == "This is the help"


async def test_an_automatic_assignment_gives_way_to_a_persons(world: World) -> None:
    await world.say("hello there")
    await act(world, ConversationAct.ASSIGN, assignee=RITA)
    kept = await act(world, ConversationAct.ASSIGN, assignee=PAVEL, is_automatic=True)
    assert kept.assignee == RITA


async def test_nobody_is_there_once_a_night(world: World) -> None:
    world.catalog = replace(world.catalog, away=AWAY)
    await world.say("hello there")
    await world.say("are you there")
    assert await world.said() == ["We are away."]
    world.wait(hours=22)  # Monday, ten o'clock.
    await world.say("and now")
    assert await world.said() == ["We are away."]
    world.wait(hours=10)
    await world.say("late again")
    assert await world.said() == ["We are away."] * 2


async def test_whoever_left_is_told_nothing_at_night(world: World) -> None:
    world.catalog = replace(world.catalog, away=AWAY)
    await world.come(user=BORIS)
    await world.say("stop", user=BORIS)
    before = await world.said(BORIS)
    await world.say("where is my order then", user=BORIS)
    assert await world.said(BORIS) == before
