"""A flow may ask how a conversation was, once it is closed: whom, how often, and what is kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.content import Content
from core.conversations import ConversationState
from core.ids import MessageId, OperatorId, SessionId
from core.inbound import Blocked, ConversationAct, OperatorActed, OperatorSaid
from core.messages import MessageClass, Status
from dialogues.changes import Changes
from dialogues.rating import keep
from flows.library_files import builtin
from storage.operators import Operator
from tests.world import FLOWS, NOW, TG, VK, World, catalog, claims, opened, statuses

CSAT = dict(builtin())["csat.yaml"]
VERA = OperatorId(1)
QUESTION = "How did we help you, from 1 to 5? 5 is best."


async def _helped(world: World, **options: Any) -> None:
    """Anna asked something, and Vera answered."""
    if "Where is it?" not in [one.content.text for one in await _messages(world, **options)]:
        async with world.database.write() as tx:
            await tx.operators.add(Operator(VERA, "vera", "Vera", "-", NOW))
    await world.say("Where is it?", **options)
    await world.tell(OperatorSaid(VERA, Content("Here"), MessageId(next(world.numbers))), **options)


async def _messages(world: World, **options: Any) -> list[Any]:
    try:
        return await world.messages(**options)
    except KeyError:
        return []


async def _close(
    world: World, reason: str = "", by: OperatorId | None = VERA, **options: Any
) -> None:
    address = await world.address(**options)
    acted = OperatorActed(ConversationAct.CLOSE, by, reason=reason)
    await world.receive(replace(world.inbound(acted, **options), address=address.id))


def _asking(world: World, days: int | None = 30) -> World:
    every = timedelta(days=days) if days is not None else None
    world.catalog = replace(catalog((*FLOWS, CSAT)), ask_every=every)
    return world


async def test_the_answer_is_kept_with_the_conversation_and_whoever_had_it(
    database_url: str,
) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        await _helped(world)
        await _close(world)
        assert (await world.said())[-1] == QUESTION
        assert await world.deliver()
        await world.press("3")
        await world.say("Answer sooner")
        async with world.database.read() as tx:
            [one] = await tx.ratings.figures(NOW - timedelta(days=1))
            [comment] = await tx.ratings.comments(NOW - timedelta(days=1))
            address = await world.address()
            conversation = (await tx.conversations.load([address.id]))[address.id]
            assert await tx.ratings.asked(NOW - timedelta(days=1)) == 1
        assert (one.operator, one.score, one.many) == (VERA, 3, 1)
        assert (comment.text, comment.conversation) == ("Answer sooner", conversation.id)
        assert conversation.state is ConversationState.CLOSED


async def test_a_bad_one_brings_the_conversation_back(database_url: str) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        await _helped(world)
        await _close(world)
        await world.press("1")
        address = await world.address()
        async with world.database.read() as tx:
            conversation = (await tx.conversations.load([address.id]))[address.id]
        assert conversation.state is ConversationState.OPEN
        assert conversation.is_handed_over
        assert conversation.note == "Rated the conversation with 1 of 5"


Step = Callable[[World], Any]


async def _stop(world: World) -> None:
    await world.say("STOP")


async def _hold(world: World) -> None:
    await world.say("don't write to me any more")


async def _block(world: World) -> None:
    await world.tell(Blocked())


async def _wait(world: World) -> None:
    world.wait(hours=25)


async def _nothing(world: World) -> None:
    return


@pytest.mark.parametrize(
    ("before", "close"),
    [
        pytest.param(_stop, {}, id="who wrote STOP"),
        pytest.param(_hold, {}, id="who was asked whether to stop"),
        pytest.param(_block, {}, id="who blocked us"),
        pytest.param(_wait, {}, id="who has not written for a day"),
        pytest.param(_nothing, {"reason": "spam"}, id="spam"),
        pytest.param(_nothing, {"by": None}, id="what the shop's system closes"),
    ],
)
async def test_nobody_is_asked(database_url: str, before: Step, close: dict[str, Any]) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        await _helped(world)
        await before(world)
        await _close(world, **close)
        assert QUESTION not in await world.said()


async def test_nobody_is_asked_where_it_is_off_or_nobody_had_answered(database_url: str) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world, None)
        await _helped(world)
        await _close(world)
        await world.say("hi", account=VK)
        _asking(world)
        await _close(world, account=VK)
        assert QUESTION not in [*await world.said(), *await world.said(account=VK)]


async def test_a_person_is_asked_once_in_a_while_wherever_they_are(database_url: str) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        for account in (TG, VK):
            await world.come(claims(None, token=f"jti:{account}"), account=account)
        await _helped(world)
        await _close(world)
        # Closing what is closed is no end of a conversation.
        await _close(world)
        await world.press("5")
        world.wait(days=1)
        await _helped(world)
        await _close(world)
        await world.say("And here?", account=VK)
        said = OperatorSaid(VERA, Content("Here too"), MessageId(next(world.numbers)))
        await world.tell(said, account=VK)
        await _close(world, account=VK)
        assert (await world.said()).count(QUESTION) == 1
        assert QUESTION not in await world.said(account=VK)
        world.wait(days=30)
        await _helped(world)
        await _close(world)
        assert (await world.said()).count(QUESTION) == 2


async def test_a_stop_right_after_the_question_still_wins(database_url: str) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        await _helped(world)
        await _close(world)
        await world.say("STOP")
        assert QUESTION not in [text for _, text in await world.deliver()]
        assert (QUESTION, Status.CANCELLED) in statuses(await world.messages())


async def test_a_flow_with_a_topic_speaks_only_to_subscribers(database_url: str) -> None:
    async with opened(database_url) as opened_world:
        world = _asking(opened_world)
        about_orders = CSAT.replace("flow: csat", "flow: csat\ntopic: orders")
        world.catalog = replace(catalog((*FLOWS, about_orders)), ask_every=world.catalog.ask_every)
        await _helped(world)
        await _close(world)
        [asked] = [one for one in await world.messages() if one.content.text == QUESTION]
        assert asked.cls is MessageClass.SERVICE
        await world.deliver()
        assert (QUESTION, Status.SUPPRESSED) in statuses(await world.messages())


@pytest.mark.parametrize(
    "data",
    [{}, {"rating": 0}, {"rating": 6}, {"rating": "5"}, {"rating": True}, {"rating": 4.5}],
    ids=str,
)
def test_what_is_no_rating_is_only_for_the_shop(data: dict[str, Any]) -> None:
    changes = Changes()
    keep(changes, SessionId(1), data, NOW)
    assert changes.rated == []
