"""Who came by which link, and how long they stayed: counted where they came from."""

from datetime import datetime

import pytest
from sqlalchemy import select

from core.arrivals import Begun, Turn
from core.content import Content
from core.inbound import Blocked, OptedByPage, Said, Started
from storage.erasure import count_person, erase_person, export_person
from storage.tables import arrival_topics, arrivals
from tests.world import BORIS, DIGEST, NOW, ORDERS, PROMO, TG, World, claims

BOTH = claims(topics=(ORDERS, PROMO), consent="I agree")


async def came(world: World) -> list[tuple[str, str, bool]]:
    async with world.database.read() as tx:
        rows = await tx.sql.run(select(arrivals).order_by(arrivals.c.id))
        return [(row.source, row.place, row.had_all) for row in rows]


Stretch = tuple[str, str, datetime | None, datetime | None]


async def stretches(world: World) -> list[Stretch]:
    """(place, topic, since, until) of all, in their order."""
    async with world.database.read() as tx:
        rows = await tx.sql.run(
            select(arrival_topics).order_by(arrival_topics.c.id, arrival_topics.c.topic)
        )
        return [(row.place, row.topic, row.subscribed_at, row.ended_at) for row in rows]


async def test_whoever_comes_by_a_link_is_remembered_with_what_it_subscribed_them_to(
    world: World,
) -> None:
    await world.come(BOTH, place="poster")
    assert await came(world) == [("page", "poster", False)]
    assert await stretches(world) == [
        ("poster", "orders", NOW, None),
        ("poster", "promo", NOW, None),
    ]


async def test_the_same_link_again_and_a_redelivery_are_no_further_arrival(world: World) -> None:
    code = await world.link(BOTH, "page", place="poster")
    event = world.inbound(Started(code), key="one")
    await world.receive(event)
    before = await stretches(world)
    await world.receive(event)
    await world.start(code)
    assert await came(world) == [("page", "poster", False)]
    assert await stretches(world) == before


async def test_one_who_had_it_all_arrives_and_begins_nothing(world: World) -> None:
    await world.come(BOTH, place="poster")
    await world.come(claims(token="jti:2"), place="cart")
    assert await came(world) == [("page", "poster", False), ("page", "cart", True)]
    assert {place for place, *_ in await stretches(world)} == {"poster"}


async def test_another_persons_link_is_no_arrival_of_mine(world: World) -> None:
    code = await world.link(BOTH, "page", place="poster")
    await world.start(code)
    await world.start(code, BORIS)
    assert len(await came(world)) == 1


async def test_stop_counts_to_the_page_and_start_takes_it_back(world: World) -> None:
    await world.come(BOTH, place="poster")
    world.wait(days=3)
    await world.say("STOP")
    left = world.now
    assert [until for *_, until in await stretches(world)] == [left, left]
    world.wait(days=1)
    await world.say("START")
    assert [until for *_, until in await stretches(world)] == [None, None]
    world.wait(days=1)
    await world.say("STOP promo")
    assert [until for *_, until in await stretches(world)] == [None, world.now]


@pytest.mark.parametrize("how", ["block", "operator", "button"])
async def test_every_way_of_leaving_ends_it(world: World, how: str) -> None:
    await world.come(BOTH, place="poster")
    world.wait(hours=1)
    match how:
        case "block":
            await world.tell(Blocked("kicked"))
        case "operator":
            for topic in (ORDERS, PROMO):
                await world.tell(OptedByPage(topic, False, "operator", {"reason": "asked"}))
        case "button":
            await world.say("хватит мне писать")
            await world.press("Yes, write no more")
    assert [until for *_, until in await stretches(world)] == [world.now, world.now]


async def test_a_pending_one_counts_from_its_yes(world: World) -> None:
    await world.come(claims(topics=(DIGEST,), consent="I agree"), place="poster")
    assert await stretches(world) == [("poster", "digest", None, None)]
    world.wait(minutes=5)
    await world.press("Yes")
    assert await stretches(world) == [("poster", "digest", world.now, None)]


async def test_a_yes_that_is_asked_about_soon_after_counts_to_the_page(world: World) -> None:
    await world.come(claims(), place="poster")
    world.wait(hours=2)
    await world.say("START promo")
    world.wait(days=2)
    await world.say("STOP promo")
    world.wait(hours=1)
    await world.say("START promo")
    places = [(place, topic) for place, topic, *_ in await stretches(world)]
    assert places == [("poster", "orders"), ("poster", "promo"), ("", "promo")]


async def test_coming_and_leaving_in_one_batch_is_both(world: World) -> None:
    code = await world.link(BOTH, "page", place="poster")
    await world.receive(
        world.inbound(Started(code)),
        world.inbound(Said(Content("STOP promo"), "m1")),
        world.inbound(Said(Content("START promo"), "m2"), at=NOW),
    )
    assert await stretches(world) == [
        ("poster", "orders", NOW, None),
        ("poster", "promo", NOW, NOW),
        ("poster", "promo", NOW, None),
    ]


async def test_stop_and_start_in_one_batch_change_nothing(world: World) -> None:
    await world.come(BOTH, place="poster")
    before = await stretches(world)
    world.wait(hours=1)
    stop = world.inbound(Said(Content("STOP"), "m1"))
    world.wait(seconds=5)
    await world.receive(stop, world.inbound(Said(Content("START"), "m2")))
    assert await stretches(world) == before


async def test_a_new_link_after_a_stop_counts_to_the_new_page(world: World) -> None:
    await world.come(BOTH, place="poster")
    world.wait(hours=1)
    await world.say("STOP")
    stopped = world.now
    world.wait(hours=1)
    await world.come(claims(token="jti:2"), place="cart")
    assert await stretches(world) == [
        ("poster", "orders", NOW, stopped),
        ("poster", "promo", NOW, stopped),
        ("cart", "orders", world.now, None),
    ]
    world.wait(hours=1)
    await world.say("START")
    # What the STOP took and nobody has since is back where it came from.
    assert [until for *_, until in await stretches(world)] == [stopped, None, None]


async def test_of_two_that_ended_in_one_second_the_newer_comes_back(world: World) -> None:
    await world.come(claims(), place="poster")
    address = (await world.address()).id
    async with world.database.write() as tx:
        await tx.arrivals.begin(
            [
                Begun(id_, None, claims().site, "", place, TG, address, PROMO,
                      world.catalog.topics[PROMO].cls, NOW, NOW)
                for id_, place in ((900_001, "older"), (900_002, "newer"))
            ]
        )  # fmt: skip
        await tx.arrivals.turn([Turn(address, PROMO, NOW, None, None)])
    assert ("older", "promo", NOW, NOW) in await stretches(world)
    assert ("newer", "promo", NOW, None) in await stretches(world)


async def test_an_erased_person_leaves_no_arrival_and_an_export_has_them(world: World) -> None:
    await world.come(BOTH, place="poster")
    contact = (await world.address()).contact
    async with world.database.read() as tx:
        told = await export_person(tx, contact)
        counted = await count_person(tx, contact)
    assert [one["place"] for one in told["arrivals"]] == ["poster"]
    assert [one["topic"] for one in told["arrival_topics"]] == ["orders", "promo"]
    assert (counted["arrivals"], counted["arrival_topics"]) == (1, 2)
    async with world.database.write() as tx:
        await erase_person(tx, contact, world.numbers, world.now)
    assert (await came(world), await stretches(world)) == ([], [])
