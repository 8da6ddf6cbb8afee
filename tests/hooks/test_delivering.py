"""From the queue to the shop: signed, in order, again when it failed, and by one process alone."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from standardwebhooks.webhooks import WebhookVerificationError

from core.hooks import (
    LADDER,
    Again,
    Answered,
    DeliveryState,
    Done,
    GivenUp,
    Gone,
    HookType,
    judge,
    secret_bytes,
)
from core.inbound import Started
from dialogues.clockwork import tidy
from dialogues.delivering import AT_ONCE, FAILS_AFTER, asked_to_wait
from dialogues.egress import Egress
from storage.deliveries import Deliveries, Due
from tests.hooks.shop import KEY, Request, Shop, deliverer, stored, verified, with_hooks
from tests.world import ANNA, BORIS, NOW, World

FAILED = Answered(500, "HTTP 500")


def refuse(status: int, **headers: str) -> web.Response:
    return web.Response(status=status, headers=headers, text="no, not now")


@pytest.mark.parametrize(
    ("answered", "attempt", "verdict"),
    [
        pytest.param(Answered(200), 1, Done(), id="200 is done"),
        pytest.param(Answered(299), 8, Done(), id="so is every 2xx"),
        pytest.param(Answered(410), 1, Gone(), id="410 is gone, at once"),
        pytest.param(FAILED, 1, Again(NOW + timedelta(seconds=5)), id="first again in 5 s"),
        pytest.param(FAILED, 2, Again(NOW + timedelta(minutes=5)), id="then in 5 min"),
        pytest.param(FAILED, 7, Again(NOW + timedelta(hours=10)), id="at last in 10 h"),
        pytest.param(FAILED, 8, GivenUp(), id="the eighth try is the last"),
        pytest.param(
            Answered(302), 1, Again(NOW + timedelta(seconds=5)), id="a redirect is no success"
        ),
        pytest.param(Answered(0), 8, GivenUp(), id="no answer counts alike"),
        pytest.param(
            Answered(429, retry_after=90), 1, Again(NOW + timedelta(seconds=90), True),
            id="429 waits for as long as it is told",
        ),
        pytest.param(
            Answered(503, retry_after=0), 1, Again(NOW + timedelta(seconds=1), True),
            id="at least a second",
        ),
        pytest.param(
            Answered(429, retry_after=9e8), 1, Again(NOW + timedelta(hours=10), True),
            id="at most ten hours",
        ),
        pytest.param(
            Answered(503), 1, Again(NOW + timedelta(seconds=5)), id="503 without it is a failure"
        ),
    ],
)  # fmt: skip
def test_what_follows_from_an_answer(answered: Answered, attempt: int, verdict: object) -> None:
    assert judge(answered, attempt, NOW, 0.5) == verdict


def test_the_last_try_comes_a_day_after_the_first_and_tries_are_spread() -> None:
    assert timedelta(hours=24) < sum(LADDER, timedelta()) < timedelta(hours=26)
    early, late = (judge(FAILED, 2, NOW, chance) for chance in (0.0, 1.0))
    assert (early, late) == (
        Again(NOW + timedelta(minutes=4.5)), Again(NOW + timedelta(minutes=5.5)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("90", 90.0),
        (" 7 ", 7.0),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2020 12:02:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_how_long_it_asks_us_to_wait(header: str, seconds: float | None) -> None:
    assert asked_to_wait(header, NOW) == seconds


async def test_it_is_signed_as_the_reference_library_wants_it(world: World, shop: Shop) -> None:
    with_hooks(world)
    await world.say("Hello")
    before = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    worker = deliverer(world, shop, secrets=(b"the newest secret of the shop", before))
    assert await worker.deliver_due() == 1
    world.wait(seconds=1)
    assert await worker.deliver_due() == 1
    received, opened = shop.requests
    assert received.headers["content-type"] == "application/json"
    assert verified(received, before) == verified(received, b"the newest secret of the shop")
    assert (received.json["type"], received.json["timestamp"]) == (
        "message.received", "2026-11-22T12:00:00Z",
    )  # fmt: skip
    assert list(received.json) == ["type", "timestamp", "data"]
    assert opened.headers["webhook-timestamp"] != received.headers["webhook-timestamp"]
    with pytest.raises(WebhookVerificationError):
        verified(replace(received, body=received.body + b" "), before)
    with pytest.raises(WebhookVerificationError):
        verified(received, b"a secret of somebody else's")


async def test_a_failing_one_holds_back_its_own_person_and_nobody_else(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    texts = (("a1", ANNA), ("b1", BORIS), ("a2", ANNA), ("b2", BORIS))
    for text, user in texts:
        await world.say(text, user)
    bad = ["a1"]

    def answer(request: Request) -> web.Response:
        is_bad = request.json["data"]["message"]["text"] in bad
        return refuse(500) if is_bad else web.Response()

    shop.answer = answer
    worker = deliverer(world, shop)
    while await worker.deliver_due():
        pass

    def heard() -> list[str]:
        return [one.json["data"]["message"]["text"] for one in shop.requests]

    assert sorted(heard()[:2]) == ["a1", "b1"]
    assert heard()[2:] == ["b2"]
    world.wait(seconds=4)
    await world.say("a3")
    assert await worker.deliver_due() == 0
    bad.clear()
    world.wait(seconds=2)
    while await worker.deliver_due():
        pass
    assert heard()[3:] == ["a1", "a2", "a3"]
    assert shop.requests[0].id == shop.requests[3].id or shop.requests[1].id == shop.requests[3].id
    assert {one.state for one in await stored(world)} == {DeliveryState.DELIVERED}


async def test_the_whole_ladder_until_it_is_given_up_and_then_the_next_one(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("one")
    await world.say("two")
    shop.answer = lambda _: refuse(500)
    worker = deliverer(world, shop)
    for span in LADDER:
        assert await worker.deliver_due() == 1
        assert await worker.deliver_due() == 0
        world.now += span
    shop.answer = lambda request: (
        refuse(500) if request.id == shop.requests[0].id else web.Response()
    )
    assert await worker.deliver_due() == 1
    assert await worker.deliver_due() == 1
    one, two = await stored(world)
    assert (one.state, one.tried, one.error) == (DeliveryState.FAILED, 8, "HTTP 500")
    assert two.state is DeliveryState.DELIVERED
    async with world.database.read() as tx:
        tries = await tx.delivery_log.tries(one.id)
        states = await tx.delivery_log.states([KEY])
    assert [(one.number, one.status, one.answer) for one in tries] == [
        (number, 500, "no, not now") for number in range(1, 9)
    ]
    assert states[KEY].failing_since is None, "a success ends the failing"


async def test_who_answers_410_is_left_alone_until_somebody_switches_it_on(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    for text, user in (("one", ANNA), ("two", ANNA), ("three", BORIS)):
        await world.say(text, user)
    shop.answer = lambda _: refuse(410)
    worker = deliverer(world, shop)
    await worker.deliver_due()
    async with world.database.read() as tx:
        state = (await tx.delivery_log.states([KEY]))[KEY]
    assert state.disabled_at == NOW
    many = len(shop.requests)
    await world.say("four")
    assert await worker.deliver_due() == 0
    assert {one.state for one in await stored(world)} == {DeliveryState.FAILED}
    assert (await stored(world))[-1].error == "switched_off"
    shop.answer = lambda _: web.Response()
    async with world.database.write() as tx:
        assert await tx.delivery_log.enable(KEY)
        assert await tx.delivery_log.send_failed_again(KEY, NOW, world.now) == 4
    while await worker.deliver_due():
        pass
    assert len(shop.requests) == many + 4
    assert {one.state for one in await stored(world)} == {DeliveryState.DELIVERED}


async def test_retry_after_stills_the_whole_endpoint(world: World, shop: Shop) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("one")
    shop.answer = lambda _: refuse(429, **{"Retry-After": "90"})
    worker = deliverer(world, shop)
    assert await worker.deliver_due() == 1
    await world.say("two", BORIS)
    world.wait(seconds=89)
    assert await worker.deliver_due() == 0
    world.wait(seconds=2)
    shop.answer = lambda _: web.Response()
    assert await worker.deliver_due() == 2


async def test_an_endpoint_that_fails_is_tried_by_one_call_at_a_time(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    for number in range(AT_ONCE + 4):
        await world.say("hi", f"77{number}")  # type: ignore[arg-type]
    shop.answer = lambda _: refuse(500)
    worker = deliverer(world, shop)
    assert await worker.deliver_due() == AT_ONCE >= FAILS_AFTER
    assert await worker.deliver_due() == 1
    async with world.database.read() as tx:
        assert (await tx.delivery_log.states([KEY]))[KEY].failing_since == NOW
        figures = (await tx.delivery_log.figures([KEY]))[KEY]
    assert (figures.waiting, figures.oldest) == (AT_ONCE + 4, NOW)
    shop.answer = lambda _: web.Response()
    assert await worker.deliver_due() == 1
    assert await worker.deliver_due() == 2, "well again: all that are due go side by side"


async def test_after_a_crash_between_commit_and_call_another_process_sends_it(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("Hello")
    ended = deliverer(world, shop, "ended")
    assert len(await ended.begin()) == 1  # And it ends here, with the lease in its hand.
    other = deliverer(world, shop, "other")
    assert await other.deliver_due() == 0
    world.wait(seconds=61)
    assert await other.deliver_due() == 1
    assert shop.types == ["message.received"]


async def test_after_a_crash_behind_the_call_it_is_sent_again_under_the_same_name(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("Hello")
    ended = deliverer(world, shop, "ended")
    for due in await ended.begin():
        await ended._attempt(due)
    world.wait(seconds=61)
    assert await deliverer(world, shop, "other").deliver_due() == 1
    first, second = shop.requests
    assert (first.id, first.body) == (second.id, second.body)
    assert verified(second)


async def test_of_two_processes_one_sends(world: World, shop: Shop) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    for number in range(10):
        await world.say(f"m{number}", f"88{number}")  # type: ignore[arg-type]
    one, two = deliverer(world, shop, "one"), deliverer(world, shop, "two")
    made = await asyncio.gather(one.deliver_due(), two.deliver_due())
    assert sorted(made) == [0, 10]
    assert len({request.id for request in shop.requests}) == 10


async def test_what_is_settled_during_a_look_at_the_queue_is_not_sent_twice(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("one")
    worker = deliverer(world, shop)
    (one,) = await worker.begin()
    look = Deliveries.due

    async def slow(self: Deliveries, endpoint: str, now: datetime, limit: int) -> list[Due]:
        found = await look(self, endpoint, now, limit)
        await worker._settle([await worker._attempt(one)])
        return found

    monkeypatch.setattr(Deliveries, "due", slow)
    assert await worker.begin() == []
    assert [row.state for row in await stored(world)] == ["delivered"]


async def test_who_becomes_somebody_else_during_a_call_is_not_told_of_twice(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("one")
    worker = deliverer(world, shop)
    (one,) = await worker.begin()
    await world.come()
    await world.say("two")
    assert await worker.begin() == []
    await worker._settle([await worker._attempt(one)])
    while await worker.deliver_due():
        pass
    assert [told["message"]["text"] for told in shop.data("message.received")] == ["one", "two"]


async def test_nothing_inside_our_network_is_called_unless_it_is_named(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("Hello")
    assert await deliverer(world, shop, egress=Egress()).deliver_due() == 1
    (row,) = await stored(world)
    assert shop.requests == []
    assert row.state is DeliveryState.WAITING
    assert row.error.startswith("egress_forbidden")


async def test_a_redirect_is_not_followed_and_a_long_answer_not_read(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("Hello")
    shop.answer = lambda _: refuse(302, Location=shop.url)
    worker = deliverer(world, shop)
    await worker.deliver_due()
    assert len(shop.requests) == 1
    world.wait(seconds=10)
    shop.answer = lambda _: web.Response(body=b"x" * 3_000_000)
    await worker.deliver_due()
    (row,) = await stored(world)
    assert row.state is DeliveryState.DELIVERED
    async with world.database.read() as tx:
        tries = await tx.delivery_log.tries(row.id)
    assert len(tries[-1].answer) <= 1024


async def test_what_was_delivered_may_be_sent_again_under_its_name(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.say("Hello")
    worker = deliverer(world, shop)
    await worker.deliver_due()
    (row,) = await stored(world)
    async with world.database.write() as tx:
        assert await tx.delivery_log.send_again(row.id, world.now)
        assert not await tx.delivery_log.send_again(row.id, world.now)
    await worker.deliver_due()
    assert len({one.id for one in shop.requests}) == 1
    assert len(shop.requests) == 2
    (row,) = await stored(world)
    assert (row.state, row.tried) == (DeliveryState.DELIVERED, 2)


async def test_the_worker_runs_until_it_is_ended_and_gives_its_lease_back(
    world: World, shop: Shop
) -> None:
    with_hooks(world)
    await world.say("Hello")
    worker = deliverer(world, shop, "one")
    running = asyncio.get_running_loop().create_task(worker.run())
    await shop.until(lambda shop: len(shop.requests) == 2)
    await world.say("More", BORIS)
    worker.wake()
    await shop.until(lambda shop: len(shop.requests) == 4)
    running.cancel()
    await asyncio.wait([running])
    await world.say("Last")
    other = deliverer(world, shop, "two")
    while await other.deliver_due():
        pass
    assert shop.requests[-1].json["data"]["message"]["text"] == "Last"


async def test_old_ones_are_forgotten_and_what_nobody_sends_is_given_up(
    world: World, shop: Shop
) -> None:
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    await world.tell(Started(""))
    # The test's own numbers are no times: ids of deliveries are.
    from storage.ids import floor

    world.numbers = iter(range(floor(NOW), floor(NOW) + 100_000))
    await world.say("one")
    await deliverer(world, shop).deliver_due()
    await world.say("two")
    world.wait(days=4)
    await tidy(world.database, world.now)
    one, two = await stored(world)
    assert (one.state, two.state, two.error) == ("delivered", "failed", "expired")
    world.wait(days=4)
    await tidy(world.database, world.now)
    assert [row.id for row in await stored(world)] == [two.id]
    world.wait(days=30)
    await tidy(world.database, world.now)
    assert await stored(world) == []


async def test_what_stands_behind_one_that_fails_does_not_wait_for_ever(
    world: World, shop: Shop
) -> None:
    """Each try of the first puts off all behind it, so that they are never long due."""
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    from storage.ids import floor

    await world.tell(Started(""))
    world.numbers = iter(range(floor(NOW), floor(NOW) + 100_000))
    for text in ("one", "two"):
        await world.say(text)
    first, _ = await stored(world)
    for days, states in ((29, ["waiting", "waiting"]), (5, [])):
        world.wait(days=days)
        async with world.database.write() as tx:
            await tx.deliveries.hold_back(KEY, [(int(first.contact or 0), world.now)])
        await tidy(world.database, world.now)
        assert [one.state for one in await stored(world)] == states


async def test_a_long_queue_is_never_written_at_one_go(world: World, shop: Shop) -> None:
    """Everybody else would wait for the database meanwhile."""
    with_hooks(world, HookType.MESSAGE_RECEIVED)
    for text in ("one", "two", "three"):
        await world.say(text)

    async def states() -> list[str]:
        return [one.state for one in await stored(world)]

    async with world.database.write() as tx:
        assert await tx.deliveries.switch_off(KEY, world.now, limit=2) == 2
    assert await states() == ["failed", "failed", "waiting"]
    async with world.database.write() as tx:
        assert await tx.delivery_log.send_failed_again(KEY, NOW, world.now, limit=1) == 1
    assert await states() == ["waiting", "failed", "waiting"]
    async with world.database.write() as tx:
        late = world.now + timedelta(days=1)
        await tx.delivery_log.expire(late, datetime(2000, 1, 1, tzinfo=UTC), late, limit=1)
    assert await states() == ["failed", "failed", "waiting"]
