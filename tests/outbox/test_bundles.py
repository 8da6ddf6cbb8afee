"""Sends that travel together where a messenger takes many in one request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bots.telegram.limits import LIMITS
from core.content import Content
from core.ids import AccountId, AddressId, MessageId, SendId, UserId
from core.inbound import OperatorSaid
from core.messages import MessageClass, Status
from core.outcomes import Sent, Unknown
from core.pacing import Pace
from core.policy import Standing
from outbox.bundles import Bundle, bundles, shared_number
from outbox.claiming import Terms, claim, settle_lapsed, write_outcomes
from outbox.pace import Rhythm
from storage.sends import Recorded, Waiting
from tests.world import TG, World

MANY = replace(LIMITS, contents_per_request=25, receivers_per_request=100, is_idempotent=True)
BROADCAST = replace(LIMITS, receivers_per_request=300)


def waiting(number: int, text_: str, attempts: int = 0) -> Waiting:
    return Waiting(
        id=SendId(number),
        message=MessageId(number),
        part=0,
        address=AddressId(number),
        user=UserId(str(number)),
        cls=MessageClass.SERVICE,
        topic=None,
        expires_at=None,
        attempts=attempts,
        random_id=number,
        content=Content(text_),
        standing=Standing(True, False, None, None, None, ""),
    )


def shape(made: Sequence[Bundle]) -> list[str]:
    return ["".join(send.content.text for send in bundle) for bundle in made]


@pytest.mark.parametrize(
    ("limits", "texts", "expected"),
    [
        pytest.param(LIMITS, "aab", ["a", "a", "b"], id="one request a send"),
        pytest.param(MANY, "abc", ["abc"], id="different messages in one request"),
        pytest.param(MANY, "aaa", ["aaa"], id="one message for many"),
        pytest.param(MANY, "abaca", ["aaa", "bc"], id="what many get, and the rest"),
        pytest.param(BROADCAST, "abaca", ["aaa", "b", "c"], id="only one message a request"),
        pytest.param(MANY, "", [], id="nothing"),
    ],
)
def test_sends_go_together_as_the_messenger_allows(limits, texts, expected) -> None:  # type: ignore[no-untyped-def]
    sends = [waiting(number, one) for number, one in enumerate(texts, 1)]
    assert shape(bundles(sends, limits, lambda _: True)) == expected


def test_a_request_holds_no_more_than_the_messenger_takes() -> None:
    alike = bundles([waiting(n, "a") for n in range(1, 251)], MANY, lambda _: True)
    assert [len(bundle) for bundle in alike] == [100, 100, 50]
    different = bundles([waiting(n, str(n)) for n in range(1, 61)], MANY, lambda _: True)
    assert [len(bundle) for bundle in different] == [25, 25, 10]


def test_who_must_rest_travels_alone() -> None:
    sends = [waiting(number, "a") for number in (1, 2, 3)]
    made = bundles(sends, MANY, lambda send: send.id != 2)
    assert [[send.id for send in bundle] for bundle in made] == [[1, 3], [2]]


def test_an_answer_to_a_person_is_no_broadcast() -> None:
    answers = [replace(waiting(number, "a"), cls=MessageClass.REPLY) for number in (1, 2)]
    assert [len(bundle) for bundle in bundles(answers, BROADCAST, lambda _: True)] == [1, 1]
    assert [len(bundle) for bundle in bundles(answers, MANY, lambda _: True)] == [2]


def test_an_attempt_that_was_made_keeps_its_number() -> None:
    again = [waiting(1, "a", attempts=1), waiting(2, "a", attempts=1)]
    made = bundles(again, MANY, lambda _: True)
    assert [shared_number(bundle) for bundle in made] == [None]
    fresh = bundles([waiting(1, "a"), waiting(2, "a")], MANY, lambda _: True)
    assert [shared_number(bundle) for bundle in fresh] == [1]


@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=300), st.sampled_from([LIMITS, MANY, BROADCAST])
)
def test_every_send_is_in_exactly_one_bundle(texts, limits) -> None:  # type: ignore[no-untyped-def]
    sends = [waiting(number, one) for number, one in enumerate(texts, 1)]
    made = bundles(sends, limits, lambda _: True)
    assert sorted(send.id for bundle in made for send in bundle) == [send.id for send in sends]
    for bundle in made:
        contents = {send.content for send in bundle}
        assert len(bundle) <= (
            limits.receivers_per_request if len(contents) == 1 else limits.contents_per_request
        )


async def test_one_message_for_many_has_one_number_also_when_it_is_tried_again(
    world: World,
) -> None:
    people = [UserId(str(7000 + number)) for number in range(5)]
    for number, user in enumerate(people):
        await world.say("hello", user)
        said = OperatorSaid(None, Content("the shop is open"), MessageId(900_000 + number))
        await world.tell(said, user)
    terms, rhythm = Terms(TG, MANY), Rhythm(Pace(20), Pace(1e6, 1000))
    first = await take(world, terms, rhythm)
    assert [len(bundle) for bundle in first] == [5]
    numbers = await random_ids(world)
    assert len(numbers) == 1
    lost = [Unknown("no answer")] * 4 + [Sent("1")]
    async with world.database.write() as tx:
        await write_outcomes(
            tx,
            [
                Recorded(
                    one.waiting.id, one.waiting.message, one.waiting.address, one.attempt,
                    Status.SENT if isinstance(outcome, Sent) else Status.QUEUED,
                    due_at=None if isinstance(outcome, Sent) else world.now,
                    external_id="1" if isinstance(outcome, Sent) else "",
                )
                for one, outcome in zip(first[0], lost, strict=True)
            ],
            MANY,
            world.now,
        )  # fmt: skip
    again = await take(world, terms, Rhythm(Pace(20), Pace(1e6, 1000)))
    assert [len(bundle) for bundle in again] == [4]
    assert await random_ids(world) == numbers


async def test_a_request_for_many_takes_one_place_in_the_rhythm(world: World) -> None:
    for number in range(4):
        user = UserId(str(7000 + number))
        await world.say("hello", user)
        text_ = "alike" if number < 3 else "different"
        await world.tell(OperatorSaid(None, Content(text_), MessageId(900_000 + number)), user)
    limits = replace(MANY, contents_per_request=2)
    made = await take(world, Terms(TG, limits), Rhythm(Pace(10), Pace(1e6, 1000)))
    starts = [{one.starts_at - world.now for one in bundle} for bundle in made]
    assert [[span.total_seconds() for span in each] for each in starts] == [[0.0], [0.1]]


async def take(world: World, terms: Terms, rhythm: Rhythm):  # type: ignore[no-untyped-def]
    async with world.database.write() as tx:
        until = world.now + timedelta(minutes=5)
        lease = await tx.leases.claim(f"sender:{AccountId(TG)}", "test", world.now, until)
        assert lease is not None
        return (await claim(tx, terms, lease, rhythm, 1000, world.now)).bundles


async def random_ids(world: World) -> set[int]:
    async with world.database.read() as tx:
        rows = await tx.sql.run(text("SELECT random_id FROM sends"))
        return {row.random_id for row in rows}


async def test_what_was_surely_not_taken_shares_no_number_any_more(world: World) -> None:
    for number in range(3):
        user = UserId(str(7000 + number))
        await world.say("hello", user)
        await world.tell(OperatorSaid(None, Content("alike"), MessageId(900_000 + number)), user)
    terms, rhythm = Terms(TG, MANY), Rhythm(Pace(20), Pace(1e6, 1000))
    (bundle,) = await take(world, terms, rhythm)
    assert len(await random_ids(world)) == 1
    async with world.database.write() as tx:
        throttled = [
            Recorded(
                one.waiting.id, one.waiting.message, one.waiting.address, one.attempt,
                Status.QUEUED, due_at=world.now, is_free=True,
            )
            for one in bundle
        ]  # fmt: skip
        await write_outcomes(tx, throttled, MANY, world.now)
    assert len(await random_ids(world)) == 3


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        pytest.param(30, Status.QUEUED, id="within the hour"),
        pytest.param(90, Status.UNKNOWN, id="after it"),
    ],
)
async def test_a_messenger_knows_a_number_only_for_its_time(
    world: World, minutes: int, status: Status
) -> None:
    await world.say("hello")
    await world.tell(OperatorSaid(None, Content("once"), MessageId(900_000)))
    limits = replace(MANY, idempotent_for=timedelta(minutes=50))
    await take(world, Terms(TG, limits), Rhythm(Pace(20), Pace(1e6, 1000)))
    async with world.database.write() as tx:
        await tx.sql.run(text("UPDATE sends SET attempts = 2"))
    world.wait(minutes=minutes)
    async with world.database.write() as tx:
        assert await settle_lapsed(tx, TG, limits, world.now) == {status: 1}
