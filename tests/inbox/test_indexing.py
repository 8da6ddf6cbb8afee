"""New messages become findable, edited ones by their new words, erased ones not at all."""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from core.content import Content
from core.ids import AddressId, MessageId
from core.inbound import Edited
from core.messages import Author, Direction, Message, MessageClass, Status
from inbox.indexing import Indexer
from inbox.search_words import asked
from storage.erasure import erase_person
from storage.ids import Ids, floor
from storage.search import Word
from storage.tables import search_again
from tests.world import ANNA, BORIS, World, claims, opened


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened(database_url) as world:
        yield world


def indexer(world: World) -> Indexer:
    return Indexer(world.database, "test", lambda: world.now)


def question(typed: str) -> list[Word]:
    return [Word(one.stem, one.begins) for one in asked(typed)]


async def found(world: World, typed: str) -> list[str]:
    """The texts of the messages, the newest first."""
    async with world.database.read() as tx:
        hits = await tx.search.messages(question(typed), 10)
        texts = {one.id: one.content.text for one in await tx.messages.find(id_ for id_, _ in hits)}
    return [texts[id_] for id_, _ in hits]


async def people(world: World, typed: str) -> list[AddressId]:
    async with world.database.read() as tx:
        return await tx.search.people(question(typed), 10)


async def test_what_was_written_is_found_the_newest_first(world: World) -> None:
    await world.say("Где мой заказ?")
    await world.say("Я сделал два заказа", user=BORIS)
    assert await indexer(world).index() == 2
    assert await indexer(world).index() == 0
    assert await found(world, "заказы ") == ["Я сделал два заказа", "Где мой заказ?"]
    assert await found(world, "два зака") == ["Я сделал два заказа"]
    assert await found(world, "ordered ") == []


async def test_people_are_found_by_name_customer_and_order(world: World) -> None:
    await world.come(claims("A-1042", customer="c-77"))
    await indexer(world).index()
    address = (await world.address()).id
    for typed in ("anna", "c-77", "a-1042", "id-A-1042", str(ANNA), "1042 ann"):
        assert await people(world, typed) == [address], typed
    assert await people(world, "boris") == []


async def test_an_edited_message_is_found_by_its_new_words(world: World) -> None:
    await world.say("I want a teapot")
    await indexer(world).index()
    message = (await world.messages())[0]
    await world.tell(Edited(message.external_id, Content("I want a kettle")))
    assert await indexer(world).index() == 1
    assert await found(world, "teapot") == []
    assert await found(world, "kettle") == ["I want a kettle"]


async def test_a_message_that_was_edited_at_once_is_read_once(world: World) -> None:
    ids = Ids(1)
    world.numbers = (ids.next(world.now) for _ in itertools.count())
    await world.say("I want a teapot")
    await indexer(world).index()
    message = (await world.messages())[0]
    await world.tell(Edited(message.external_id, Content("I want a kettle")))
    assert await indexer(world).index() == 1
    assert await found(world, "kettle") == ["I want a kettle"]


async def test_what_commits_late_is_found_too(world: World) -> None:
    ids = Ids(1)
    world.numbers = (ids.next(world.now) for _ in itertools.count())
    await world.say("first")
    late = MessageId(next(world.numbers))
    await world.say("second")
    await indexer(world).index()
    address = (await world.address()).id
    message = Message(
        late, address, Direction.IN, MessageClass.REPLY, Author.CONTACT, Content("a late teapot"),
        Status.RECEIVED, world.now,
    )  # fmt: skip
    async with world.database.write() as tx:
        await tx.messages.add([message])
    assert await indexer(world).index() == 1
    assert await found(world, "teapot") == ["a late teapot"]


async def test_the_mark_moves_on_while_nothing_is_said(world: World) -> None:
    await world.say("first")
    await indexer(world).index()
    world.wait(days=1)
    assert await indexer(world).index() == 0
    async with world.database.read() as tx:
        assert await tx.search.mark() == floor(world.now - timedelta(minutes=1))


async def test_nobody_is_found_after_an_erasure(world: World) -> None:
    await world.come(claims("A-1042"))
    await world.say("my secret teapot")
    await indexer(world).index()
    contact = (await world.address()).contact
    async with world.database.write() as tx:
        await erase_person(tx, contact, world.numbers, world.now)
    assert await found(world, "teapot") == []
    assert await people(world, "anna") == []


async def test_one_process_at_a_time_does_it(world: World) -> None:
    await world.say("hello")
    async with world.database.write() as tx:
        until = world.now + timedelta(seconds=30)
        await tx.leases.claim("search", "another", world.now, until)
    assert await indexer(world).index() == 0
    world.wait(minutes=1)
    assert await indexer(world).index() == 1


async def test_who_is_erased_while_they_are_read_is_not_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are worked out between a look and the transaction that keeps them."""
    await world.come(claims("A-1042", name="Zora"))
    await world.say("Gladiolus")
    look, numbers = world.database.look, itertools.count(70_000)

    async def erased_after(work: Any) -> Any:
        seen = await look(work)
        async with world.database.write() as tx:
            await erase_person(tx, (await world.address()).contact, numbers, world.now)
        return seen

    monkeypatch.setattr(world.database, "look", erased_after)
    await indexer(world).index()
    assert await found(world, "gladiolus ") == []
    assert await people(world, "zora ") == []
    assert await people(world, "1042 ") == []


async def test_what_changed_and_was_read_already_is_read_once_more(world: World) -> None:
    """An edit that committed late leaves its mark on a message whose words stand there."""
    await world.say("Gladiolus")
    await indexer(world).index()
    [message] = await world.messages()
    async with world.database.write() as tx:
        await tx.sql.insert_many(search_again, [{"message_id": message.id}])
    assert await indexer(world).index() == 1
    assert await indexer(world).index() == 0
    assert await found(world, "gladiolus ") == ["Gladiolus"]
