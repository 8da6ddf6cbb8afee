"""What a messenger tells about messages of ours: in any order, and never downhill."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from core.content import Content
from core.conversations import ConversationState
from core.ids import MessageId
from core.inbound import (
    Delivered,
    Echoed,
    Event,
    OperatorSaid,
    Read,
    ReadUpTo,
    Removed,
    Said,
    SaidElsewhere,
    Undelivered,
)
from core.messages import Author, Status
from core.outcomes import Unknown
from outbox.claiming import write_outcomes
from storage.sends import Recorded
from tests.world import BORIS, TG, World, statuses


@pytest.fixture
async def telling(world: World) -> World:
    """The account of a messenger that tells what became of messages; the contact wrote once."""
    account = world.catalog.accounts[TG]
    limits = replace(account.limits, tells_delivered=True, tells_read=True)
    world.catalog = replace(world.catalog, accounts={TG: replace(account, limits=limits)})
    await world.say("hello")
    return world


async def answer(world: World, text: str = "answer", number: int = 900_000) -> None:
    await world.tell(OperatorSaid(None, Content(text), MessageId(number)))


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param([Delivered("1000")], Status.DELIVERED, id="delivered"),
        pytest.param([Read("1000")], Status.READ, id="read without delivered"),
        pytest.param([Read("1000"), Delivered("1000")], Status.READ, id="read, then delivered"),
        pytest.param([Delivered("1000"), Read("1000")], Status.READ, id="delivered, then read"),
        pytest.param([Undelivered("1000", "no")], Status.UNDELIVERED, id="not delivered"),
        pytest.param(
            [Undelivered("1000", "no"), Delivered("1000")], Status.DELIVERED, id="late, after all"
        ),
        pytest.param(
            [Delivered("1000"), Undelivered("1000", "no")], Status.DELIVERED, id="never downhill"
        ),
        pytest.param([ReadUpTo(1000)], Status.READ, id="read up to it"),
        pytest.param([ReadUpTo(99999)], Status.READ, id="read up to a later one"),
        pytest.param([ReadUpTo(999)], Status.SENT, id="read up to an earlier one"),
        pytest.param([Delivered("5")], Status.SENT, id="a message that is not ours"),
    ],
)
@pytest.mark.parametrize("is_early", [False, True], ids=["after we recorded it", "before"])
async def test_a_message_climbs_by_what_is_told(
    telling: World, told: list[Event], status: Status, *, is_early: bool
) -> None:
    await answer(telling)
    telling.numbers = iter(range(1000, 2000))
    if not is_early:
        await telling.deliver()
    for event in told:
        await telling.tell(event)
    if is_early:
        telling.numbers = iter(range(1000, 2000))
        await telling.deliver()
    assert statuses(await telling.messages()) == [("answer", status)]


async def test_a_batch_of_receipts_is_told_in_one_go(telling: World) -> None:
    await answer(telling)
    telling.numbers = iter(range(1000, 2000))
    await telling.deliver()
    receipts = [Read("1000"), Delivered("1000"), Delivered("1000")]
    await telling.receive(*(telling.inbound(one) for one in receipts))
    message = (await telling.messages())[-1]
    assert (message.status, message.read_at) == (Status.READ, telling.now)


async def test_one_id_for_many_people_is_told_of_each_apart(telling: World) -> None:
    await telling.say("hello", BORIS)
    await telling.tell(OperatorSaid(None, Content("news"), MessageId(7)))
    await telling.tell(OperatorSaid(None, Content("news"), MessageId(8)), BORIS)
    telling.numbers = iter([1000] * 2)
    await telling.deliver()
    telling.numbers = iter(range(3000, 4000))
    await telling.tell(Read("1000"), BORIS)
    assert statuses(await telling.messages()) == [("news", Status.SENT)]
    assert statuses(await telling.messages(BORIS)) == [("news", Status.READ)]


async def test_a_long_message_has_arrived_when_its_last_part_has(telling: World) -> None:
    await answer(telling, "word " * 1000)
    telling.numbers = iter(range(1000, 2000))
    await telling.deliver()
    await telling.tell(Delivered("1000"))
    assert (await telling.messages())[-1].status is Status.SENT
    await telling.tell(Delivered("1001"))
    assert (await telling.messages())[-1].status is Status.DELIVERED


async def test_an_echo_proves_that_a_lost_answer_was_a_success(telling: World) -> None:
    await answer(telling)
    await telling.deliver(Unknown("no answer"))
    async with telling.database.read() as tx:
        from sqlalchemy import text

        random_id = (await tx.sql.run(text("SELECT random_id FROM sends"))).scalar()
    await telling.tell(Echoed(int(random_id or 0), "77"))
    telling.wait(minutes=10)
    assert await telling.deliver() == []
    assert statuses(await telling.messages()) == [("answer", Status.SENT)]
    await telling.tell(Read("77"))
    assert statuses(await telling.messages()) == [("answer", Status.READ)]


async def test_an_echo_of_what_we_never_sent_changes_nothing(telling: World) -> None:
    await answer(telling)
    await telling.tell(Echoed(123456, "77"))
    assert statuses(await telling.messages()) == [("answer", Status.QUEUED)]


async def test_an_answer_given_in_the_messenger_itself_stands_in_the_thread(
    telling: World,
) -> None:
    await telling.tell(SaidElsewhere(Content("from the site of the messenger"), "55"))
    message = (await telling.messages())[-1]
    assert (message.author, message.status, message.operator) == (
        Author.OPERATOR,
        Status.SENT,
        None,
    )
    address = await telling.address()
    async with telling.database.read() as tx:
        conversation = (await tx.conversations.load([address.id]))[address.id]
    assert conversation.state is ConversationState.OPEN
    assert (conversation.unread, conversation.is_handed_over) == (0, True)
    await telling.say("help")
    assert "This is the help" not in await telling.said()


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        pytest.param(55, Status.READ, id="up to it"),
        pytest.param(54, Status.SENT, id="up to an earlier one"),
    ],
)
@pytest.mark.parametrize("is_early", [False, True], ids=["after it was told", "before"])
async def test_an_answer_given_in_the_messenger_itself_is_read_like_any_other(
    telling: World, mark: int, status: Status, *, is_early: bool
) -> None:
    told = [SaidElsewhere(Content("there"), "55"), ReadUpTo(mark)]
    for event in reversed(told) if is_early else told:
        await telling.tell(event)
    message = (await telling.messages())[-1]
    assert (message.status, message.read_at is not None) == (status, status is Status.READ)


async def test_reading_makes_nobody_reachable(telling: World) -> None:
    from core.inbound import Blocked

    await telling.tell(Blocked())
    await telling.tell(Delivered("9"))
    assert not (await telling.address()).is_reachable


async def test_a_removed_message_is_kept_and_marked(telling: World) -> None:
    await telling.tell(Said(Content("a secret"), "m77"))
    await telling.tell(Removed("m77"))
    first, second = (await telling.messages())[:2]
    assert (first.removed_at, second.removed_at) == (None, telling.now)
    assert second.content.text == "a secret"


@pytest.mark.parametrize("event", [Delivered("9"), Read("9"), Undelivered("9", "no"), ReadUpTo(9)])
async def test_a_receipt_makes_no_stranger_reachable(world: World, event: Event) -> None:
    await world.tell(event)
    assert not (await world.address()).is_reachable


async def test_a_receipt_that_comes_while_we_record_is_not_lost(
    telling: World, postgresql_url: str
) -> None:
    if not telling.database.is_postgres:
        return  # One writer: they never run at the same time.
    await answer(telling)
    (claimed,) = await telling.claim_some()
    sent = claimed.waiting
    row = Recorded(sent.id, sent.message, sent.address, 1, Status.SENT, external_id="77")
    limits = telling.catalog.accounts[TG].limits
    is_told = asyncio.Event()

    async def hear() -> None:
        await telling.tell(Delivered("77"))
        is_told.set()

    async with telling.database.write() as tx:
        await write_outcomes(tx, [row], limits, telling.now)
        hearing = asyncio.ensure_future(hear())
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(hearing)
        assert not is_told.is_set()
    await hearing
    assert statuses(await telling.messages()) == [("answer", Status.DELIVERED)]
