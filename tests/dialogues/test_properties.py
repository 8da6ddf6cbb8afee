"""Whatever happens in whatever order: STOP holds, START restores, nothing is sent twice."""

import asyncio
import itertools
import shutil
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.content import Content
from core.ids import MessageId, OrderId
from core.inbound import Blocked, OperatorSaid, Said, ShopEvent, Started, Unblocked
from core.messages import MessageClass, Status
from core.people import Order
from core.topics import SubscriptionState
from storage.tables import arrival_topics
from tests.world import ANNA, ORDERS, PROMO, World, claims, opened

DELIVERED = ShopEvent("order.delivered", {}, Order(OrderId(0), "id-1042"))
_files = itertools.count()

BACK = ("START", "link")
ACTS = st.sampled_from(
    [
        "STOP", "STOP", "START", "link", "say", "help", "press", "event", "operator", "block",
        "unblock", "bare start", "late START", "redeliver", "timers", "deliver", "lost", "likely",
    ]
)  # fmt: skip


def run(template: Path, tmp: Path, play: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    file = tmp / f"{next(_files)}.db"
    shutil.copy(template, file)

    async def go() -> None:
        async with opened(f"sqlite:///{file}") as world:
            await play(world)

    asyncio.run(go())
    file.unlink()


async def act(world: World, name: str, number: int) -> None:
    """One thing that happens. Each leaves the clock a little later."""
    match name:
        case "STOP" | "START":
            await world.say(name)
        case "link":
            both = (ORDERS, PROMO)
            given = claims(token=f"jti:{number}", topics=both, consent="I agree")
            await world.come(given)
        case "say":
            await world.say(f"question {number}")
        case "help":
            await world.say("help")
        case "likely":
            await world.say("хватит мне писать")
        case "press":
            for label in ("Great", "Order updates", "Offers", "No, go on"):
                try:
                    await world.press(label)
                    break
                except (AssertionError, KeyError):
                    continue
        case "event":
            await world.tell(DELIVERED)
        case "operator":
            said = OperatorSaid(None, Content(f"answer {number}"), MessageId(number))
            await world.tell(said)
        case "block":
            await world.tell(Blocked("kicked"))
        case "unblock":
            await world.tell(Unblocked())
        case "bare start":
            await world.start()
        case "late START":
            await world.say("START", at=world.now - timedelta(days=30))
        case "redeliver":
            await world.receive(
                world.inbound(Said(Content("STOP"), "again"), key="stop-again"),
                world.inbound(Started("nothing"), key="stop-again"),
            )
        case "timers":
            world.wait(days=8)
            await world.fire_timers()
        case _:
            raise AssertionError(name)
    world.wait(seconds=3)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(names=st.lists(ACTS, min_size=3, max_size=18))
def test_after_stop_nothing_but_replies_leaves_until_the_contact_comes_back(
    sqlite_template: Path, tmp_path: Path, names: list[str]
) -> None:
    async def play(world: World) -> None:
        await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
        world.wait(seconds=3)
        is_stopped = False
        for number, name in enumerate(names, 10):
            if name in ("deliver", "lost"):
                before = await _sent(world)
                await world.deliver()
                fresh = [m for m in await world.messages() if m.id not in before and m.sent_at]
                if is_stopped:
                    assert [m for m in fresh if m.cls is not MessageClass.REPLY] == []
                continue
            await act(world, name, number)
            active = await world.active()
            if name in ("STOP", "block") or (name == "redeliver" and not active):
                is_stopped = True
                assert active == set()
            elif active:
                # Only an explicit act of the contact brings anything back.
                assert name in (*BACK, "press") or not is_stopped
                is_stopped = False
            await _stretches_tell_what_is_subscribed(world)

    run(sqlite_template, tmp_path, play)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(st.sampled_from(["say", "press", "event", "timers", "deliver"]), max_size=5),
    between=st.lists(
        st.sampled_from(["say", "event", "operator", "timers", "deliver", "STOP", "late START"]),
        max_size=6,
    ),
    left=st.booleans(),
)
def test_start_restores_exactly_what_the_last_stop_took(
    sqlite_template: Path, tmp_path: Path, before: list[str], between: list[str], left: bool
) -> None:
    async def play(world: World) -> None:
        await world.come(claims(topics=(ORDERS, PROMO), consent="I agree"))
        world.wait(seconds=3)
        if left:
            await world.say("STOP promo")
            world.wait(seconds=3)
        await _all(world, before)
        had = {t: r.state for t, r in (await world.subscriptions()).items()}
        await world.say("STOP")
        world.wait(seconds=3)
        await _all(world, between)
        assert {r.state for r in (await world.subscriptions()).values()} == {
            SubscriptionState.UNSUBSCRIBED
        }
        await world.say("START")
        assert {t: r.state for t, r in (await world.subscriptions()).items()} == had

    run(sqlite_template, tmp_path, play)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(names=st.lists(ACTS, min_size=3, max_size=14))
def test_no_message_is_sent_twice_and_each_ends_somewhere(
    sqlite_template: Path, tmp_path: Path, names: list[str]
) -> None:
    async def play(world: World) -> None:
        await world.come()
        world.wait(seconds=3)
        received: list[object] = []
        for number, name in enumerate(names, 10):
            if name in ("deliver", "lost"):
                received += await world.deliver()
            else:
                await act(world, name, number)
        world.wait(hours=2)
        received += await world.deliver()
        sent = [m for m in await world.messages(ANNA) if m.status is Status.SENT]
        assert len(received) == len(sent)
        waiting = [m for m in await world.messages(ANNA) if m.status is Status.QUEUED]
        held = (await world.address()).held_since is not None
        assert not waiting or held

    run(sqlite_template, tmp_path, play)


async def _all(world: World, names: list[str]) -> None:
    for number, name in enumerate(names, 10):
        if name == "deliver":
            await world.deliver()
        else:
            await act(world, name, number)


async def _sent(world: World) -> set[int]:
    return {m.id for m in await world.messages() if m.sent_at}


async def _stretches_tell_what_is_subscribed(world: World) -> None:
    """One open stretch for each topic that is subscribed or waits for a Yes, and no other."""
    rows = (await world.subscriptions()).items()
    told = {t: row.is_active for t, row in rows if row.state is not SubscriptionState.UNSUBSCRIBED}
    async with world.database.read() as tx:
        is_open = arrival_topics.c.ended_at.is_(None)
        found = (await tx.sql.run(select(arrival_topics).where(is_open))).all()
    assert sorted(row.topic for row in found) == sorted(told)
    assert {row.topic: row.subscribed_at is not None for row in found} == told
