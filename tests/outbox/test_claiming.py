"""What may leave, in which order, how fast; and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from bots.telegram.limits import LIMITS
from core.content import Content
from core.ids import AddressId, MessageId, OrderId
from core.inbound import OperatorSaid, ShopEvent
from core.messages import MessageClass, Status, climb
from core.outcomes import (
    MAX_ATTEMPTS,
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Throttled,
    Transient,
    Unknown,
    Unreachable,
    WindowClosed,
    react,
)
from core.pacing import Pace
from core.people import Order
from core.policy import PutOff, QuietHours, Send, Standing, Suppress, judge
from core.topics import SubscriptionState
from outbox.claiming import LeaseLost, Terms, claim, settle_lapsed
from outbox.pace import Rhythm
from storage.leases import Lease
from tests.world import BORIS, NOW, ORDERS, PROMO, TG, World, claims, statuses

DELIVERED = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1042"))


def fast() -> Rhythm:
    return Rhythm(Pace(1e6, 1000), Pace(1e6, 1000))


async def lease(world: World, *, minutes: int = 5, owner: str = "test") -> Lease:
    async with world.database.write() as tx:
        until = world.now + timedelta(minutes=minutes)
        held = await tx.leases.claim(f"sender:{TG}", owner, world.now, until)
    assert held is not None
    return held


async def claimed(world: World, held: Lease, rhythm: Rhythm, room: int = 100) -> list[str]:
    async with world.database.write() as tx:
        result = await claim(
            tx, Terms(TG, world.catalog.accounts[TG].limits), held, rhythm, room, world.now
        )
    return [one.waiting.content.text for one in result.claimed]


async def test_an_operators_answer_overtakes_a_mailing(world: World) -> None:
    for user in (BORIS, "5550001"):
        await world.come(claims(token=f"jti:{user}", customer=str(user)), user)  # type: ignore[arg-type]
        await world.press("Great", user)  # type: ignore[arg-type]
    await world.deliver()
    await world.tell(DELIVERED, BORIS)
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(7)))
    assert (await claimed(world, await lease(world), fast()))[0] == "answer"


async def test_one_send_at_a_time_to_an_address_and_first_in_first_out(world: World) -> None:
    for number in range(3):
        said = OperatorSaid(None, Content(f"answer {number}"), MessageId(70 + number))
        await world.say("hello") if number == 0 else None
        await world.tell(said)
    held = await lease(world)
    assert await claimed(world, held, fast()) == ["answer 0"]
    assert await claimed(world, held, fast()) == []
    assert [text for _, text in await world.deliver()] == []


async def test_what_waits_to_be_retried_does_not_block_its_class(world: World) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("first"), MessageId(71)))
    await world.deliver(Transient("502"))
    await world.tell(OperatorSaid(None, Content("second"), MessageId(72)))
    assert [text for _, text in await world.deliver()] == ["second"]
    world.wait(seconds=3)
    assert [text for _, text in await world.deliver()] == ["first"]


async def test_a_long_text_goes_in_parts_that_nothing_comes_between(world: World) -> None:
    await world.say("hello")
    long = "\n".join(f"line {number} " + "x" * 60 for number in range(150))
    await world.tell(OperatorSaid(None, Content(long), MessageId(71)))
    held = await lease(world)
    first = await claimed(world, held, fast())
    assert len(first) == 1
    async with world.database.write() as tx:
        waiting = await tx.sends.lapsed(TG, world.now + timedelta(hours=1), 10)
        from storage.sends import Recorded

        recorded = [
            Recorded(w.id, w.message, w.address, w.attempts, Status.SENT, external_id="1")
            for w in waiting
        ]
        await tx.sends.record(recorded, world.now)
    await world.tell(OperatorSaid(None, Content("later"), MessageId(72)))
    rest = [text for _, text in await world.deliver()]
    assert rest[-1] == "later"
    assert "\n".join([*first, *rest[:-1]]).replace("\n", "") == long.replace("\n", "")


async def test_a_crash_between_parts_goes_on_at_the_first_unsent_one(world: World) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("a " * 3000), MessageId(71)))
    await claimed(world, await lease(world), fast())
    world.wait(minutes=10)
    async with world.database.write() as tx:
        await settle_lapsed(tx, TG, LIMITS, world.now)
    world.wait(seconds=5)
    sent = [text for _, text in await world.deliver()]
    assert len(sent) == 2


async def test_a_new_owner_leaves_what_is_under_way_alone_until_its_time(world: World) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(71)))
    await claimed(world, await lease(world), fast())
    async with world.database.write() as tx:
        assert await settle_lapsed(tx, TG, LIMITS, world.now + timedelta(seconds=5)) == {}
        later = world.now + timedelta(minutes=1)
        assert await settle_lapsed(tx, TG, LIMITS, later) == {Status.QUEUED: 1}


async def test_marketing_of_unknown_fate_is_not_sent_again(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    await world.press("Great")
    await world.tell(DELIVERED)
    await world.deliver()
    world.wait(days=7, seconds=1)
    await world.fire_timers()
    assert await claimed(world, await lease(world), fast()) == ["Ten percent off"]
    world.wait(minutes=10)
    async with world.database.write() as tx:
        assert await settle_lapsed(tx, TG, LIMITS, world.now) == {Status.UNKNOWN: 1}
    assert await world.deliver() == []
    assert statuses(await world.messages())[-1] == ("Ten percent off", Status.UNKNOWN)


async def test_who_lost_the_lease_claims_nothing(world: World) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(71)))
    old = await lease(world, minutes=1)
    world.wait(minutes=2)
    await lease(world, owner="another")
    with pytest.raises(LeaseLost):
        await claimed(world, old, fast())


async def test_nothing_starts_that_could_end_after_the_lease(world: World) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(71)))
    held = await lease(world, minutes=1)
    world.wait(seconds=45)
    assert await claimed(world, held, fast()) == []


async def test_the_confirmation_of_a_stop_waits_for_a_send_that_is_under_way(
    world: World,
) -> None:
    await world.come()
    await world.press("Great")
    await world.deliver()
    await world.tell(DELIVERED)
    held = await lease(world)
    assert await claimed(world, held, fast()) == ["Order 1042 has arrived."]
    await world.say("STOP")
    assert await claimed(world, held, fast()) == []
    world.wait(minutes=2)
    async with world.database.write() as tx:
        # Its fate is unknown and it would be tried again: not after a STOP.
        await settle_lapsed(tx, TG, LIMITS, world.now)
    world.wait(minutes=2)
    assert [text.split(":")[0] for _, text in await world.deliver()] == ["Done"]


async def test_consent_is_judged_when_a_send_is_claimed(world: World) -> None:
    await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
    await world.press("Great")
    await world.tell(DELIVERED)
    await world.deliver()
    world.wait(days=7, seconds=1)
    await world.fire_timers()
    await world.say("STOP promo")
    texts = [text for _, text in await world.deliver()]
    assert not any("Ten" in text for text in texts)
    assert ("Ten percent off", Status.SUPPRESSED) in statuses(await world.messages())


async def test_a_message_that_has_lost_its_worth_is_not_sent(world: World) -> None:
    await world.come()
    await world.press("Great")
    await world.deliver()
    await world.tell(DELIVERED)
    world.wait(days=3, seconds=1)
    assert await world.deliver() == []
    assert statuses(await world.messages())[-1][1] is Status.SUPPRESSED


async def test_several_outcomes_are_recorded_at_once(world: World) -> None:
    users = [str(5550000 + number) for number in range(30)]
    for user in users:
        await world.say("hello", user)  # type: ignore[arg-type]
        said = OperatorSaid(None, Content(f"to {user}"), MessageId(int(user)))
        await world.tell(said, user)  # type: ignore[arg-type]
    sent = await world.deliver()
    assert sorted(text for _, text in sent) == [f"to {user}" for user in users]


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [
        pytest.param(Sent("9"), Status.SENT, "", id="sent"),
        pytest.param(Unreachable("901 No"), Status.FAILED, "blocked: 901 No", id="blocked"),
        pytest.param(
            Unreachable("5 none", is_dead=True), Status.FAILED, "gone: 5 none", id="nobody there"
        ),
        pytest.param(Refused("too long"), Status.FAILED, "too long", id="a bad message"),
        pytest.param(WindowClosed("24 h"), Status.SUPPRESSED, "24 h", id="a closed window"),
        pytest.param(Throttled(timedelta(seconds=9)), Status.QUEUED, "throttled", id="too fast"),
        pytest.param(Misconfigured("token"), Status.QUEUED, "token", id="a bad token"),
        pytest.param(Transient("502"), Status.QUEUED, "502", id="a passing fault"),
        pytest.param(Unknown("cut"), Status.QUEUED, "cut", id="no answer, first time"),
    ],
)
async def test_each_outcome_has_one_reaction(
    world: World, outcome: Outcome, status: Status, error: str
) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("answer"), MessageId(71)))
    await world.deliver(outcome)
    message = next(m for m in await world.messages() if m.id == 71)
    assert (message.status, message.error) == (status, error)


@pytest.mark.parametrize(
    ("cls", "attempts", "is_idempotent", "status"),
    [
        pytest.param(MessageClass.REPLY, 1, False, Status.QUEUED, id="a reply is tried again"),
        pytest.param(MessageClass.REPLY, 2, False, Status.UNKNOWN, id="but only once"),
        pytest.param(MessageClass.SERVICE, 1, False, Status.QUEUED, id="a service message too"),
        pytest.param(MessageClass.MARKETING, 1, False, Status.UNKNOWN, id="marketing never"),
        pytest.param(MessageClass.MARKETING, 1, True, Status.QUEUED, id="unless it is harmless"),
    ],
)
def test_what_is_done_when_no_answer_came(
    cls: MessageClass, attempts: int, is_idempotent: bool, status: Status
) -> None:
    reaction = react(Unknown("cut"), cls, attempts, NOW, is_idempotent=is_idempotent)
    assert reaction.status is status


def test_a_passing_fault_is_given_up_after_some_tries() -> None:
    delays = []
    for attempts in range(1, MAX_ATTEMPTS + 1):
        reaction = react(Transient("x"), MessageClass.REPLY, attempts, NOW, is_idempotent=False)
        if reaction.due_at is None:
            assert reaction.status is Status.FAILED
            break
        delays.append(reaction.due_at - NOW)
    assert delays == sorted(delays)
    assert len(delays) == MAX_ATTEMPTS - 1


FINE = Standing(True, False, SubscriptionState.SUBSCRIBED, NOW, None, "Europe/Moscow")


@pytest.mark.parametrize(
    ("change", "cls", "verdict"),
    [
        pytest.param({}, MessageClass.MARKETING, Send(), id="all is well"),
        pytest.param(
            {"is_reachable": False}, MessageClass.REPLY, Suppress("unreachable"), id="blocked"
        ),
        pytest.param({"state": None}, MessageClass.REPLY, Send(), id="a reply needs nothing"),
        pytest.param(
            {"state": None}, MessageClass.SERVICE, Suppress("unsubscribed"), id="never subscribed"
        ),
        pytest.param(
            {"state": SubscriptionState.PENDING},
            MessageClass.SERVICE,
            Suppress("unsubscribed"),
            id="not confirmed yet",
        ),
        pytest.param(
            {"marketing_stopped_at": NOW},
            MessageClass.MARKETING,
            Suppress("marketing_stopped"),
            id="stopped on another address",
        ),
        pytest.param(
            {"marketing_stopped_at": NOW - timedelta(days=1)},
            MessageClass.MARKETING,
            Send(),
            id="subscribed again after that",
        ),
        pytest.param(
            {"marketing_stopped_at": NOW}, MessageClass.SERVICE, Send(), id="orders go on"
        ),
        pytest.param(
            {"is_held": True},
            MessageClass.SERVICE,
            PutOff(NOW + timedelta(hours=1), "stop_question_open"),
            id="asked whether to stop",
        ),
    ],
)
def test_the_policy(change: dict[str, object], cls: MessageClass, verdict: object) -> None:
    from dataclasses import replace

    assert judge(cls, None, replace(FINE, **change), NOW) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 11, 22, 19, 0, tzinfo=UTC), datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None),
    ],
    ids=["22:00 in Moscow", "05:00 in Moscow", "noon in Moscow"],
)
def test_quiet_hours_are_the_contacts(now: datetime, until: datetime | None) -> None:
    quiet = QuietHours(time(21), time(9))
    verdict = judge(MessageClass.MARKETING, None, FINE, now, quiet)
    assert verdict == (PutOff(until, "quiet_hours") if until else Send())
    assert judge(MessageClass.SERVICE, None, FINE, now, quiet) == Send()


def starts(rhythm: Rhythm, address_of: Callable[[int], int], sends: int) -> list[float]:
    times = []
    for number in range(sends):
        address = AddressId(address_of(number))
        at = rhythm.next_start([address], 1000.0)
        rhythm.take([address], at)
        times.append(at - 1000.0)
    return times


def test_the_account_keeps_its_rate_and_starts_without_a_burst() -> None:
    times = starts(Rhythm(Pace(30), Pace(1, 3)), lambda number: number, 31)
    assert times[0] == 0
    assert times[30] == pytest.approx(1.0)
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) == pytest.approx(1 / 30, abs=1e-3)


def test_an_address_gets_a_few_at_once_and_then_one_a_second() -> None:
    times = starts(Rhythm(Pace(1e6), Pace(1, 3)), lambda _: 7, 6)
    assert [round(at) for at in times] == [0, 0, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("current", "told", "after"),
    [
        (Status.SENT, Status.DELIVERED, Status.DELIVERED),
        (Status.READ, Status.DELIVERED, Status.READ),
        (Status.READ, Status.SENT, Status.READ),
        (Status.UNKNOWN, Status.READ, Status.READ),
        (Status.FAILED, Status.DELIVERED, Status.DELIVERED),
        (Status.QUEUED, Status.SENDING, Status.SENDING),
    ],
)
def test_a_status_only_climbs(current: Status, told: Status, after: Status) -> None:
    assert climb(current, told) is after
