"""Two contacts are one person, on purpose, and two again."""

import re

import pytest
from sqlalchemy import select

from core.ids import ContactId, OrderId, UserId
from core.inbound import Blocked
from core.people import Order
from core.roles import Role
from inbox.indexing import Indexer
from storage.erasure import export_person
from storage.tables import merges
from tests.inbox.office import Browser, Office
from tests.world import ANNA, BORIS, ORDERS, PROMO, SHOP, VK, claims

JSON = {"Accept": "application/json"}


async def person(office: Office, user: UserId = ANNA, **where: object) -> ContactId:
    """Whom this address belongs to now."""
    own = (await office.world.address(user, **where)).contact  # type: ignore[arg-type]
    async with office.world.database.read() as tx:
        return (await tx.contacts.lock([own]))[own].id


async def two(office: Office, login: str = "sue") -> tuple[Browser, str, str]:
    """Anna is a customer; on another account she writes as a stranger."""
    await office.world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    await office.hear("Where is it?")
    await office.hear("Hello?")
    await office.hear("It is me again", user=BORIS, account=VK)
    browser = await office.signed_in(login, Role.SUPERVISOR)
    return browser, await office.path(), str(await person(office, BORIS, account=VK))


async def join(office: Office, browser: Browser, path: str, other: str, **more: str) -> int:
    return (await browser.post(f"{path}/merge/join", {"other": other, **more}, **JSON)).status


async def test_the_preview_shows_what_both_have(office: Office) -> None:
    browser, path, other = await two(office)
    page = await browser.get(f"{path}/merge?with={other}")
    for seen in (
        "Anna K",
        "c-1",
        "Order 1042",
        "Offers (Telegram): subscribed",
        "Second 5550000002",
    ):
        assert seen in page.seen, seen
    assert "This one · stands for both" in page.seen
    # Seen from the stranger, it is the customer who stays.
    theirs = f"/inbox/{(await conversation(office)).id}"
    page = await browser.get(f"{theirs}/merge?with={await person(office)}")
    assert "The other · stands for both" in page.seen


async def conversation(office: Office):  # type: ignore[no-untyped-def]
    there = await office.world.address(BORIS, VK)
    async with office.world.database.read() as tx:
        return (await tx.conversations.load([there.id]))[there.id]


async def test_joined_they_are_one_everywhere(office: Office) -> None:
    browser, path, other = await two(office)
    assert await join(office, browser, path, other) == 200
    assert await person(office) == await person(office, BORIS, account=VK)
    theirs = f"/inbox/{(await conversation(office)).id}"
    page = await browser.get(theirs)
    assert "Order 1042" in page.seen
    assert "Sue joined the contact" in page.seen
    assert "Sue joined the contact" in (await browser.get(path)).seen
    assert f'href="{path}?' in page.text
    found = await browser.get("/inbox/search?q=1042")
    assert theirs in found.text
    assert path in found.text
    async with office.world.database.read() as tx:
        everything = await export_person(tx, ContactId(int(other)))
    assert len(everything["addresses"]) == 2
    assert {one["class"] for one in (await office_api(office, browser, other))["subscriptions"]}


async def office_api(office: Office, browser: Browser, contact: str) -> dict:  # type: ignore[type-arg]
    headers = await office.key("read")
    async with browser.session.get(
        f"{office.url}/api/v1/contacts/{contact}", headers=headers
    ) as answer:
        assert answer.status == 200
        return await answer.json()  # type: ignore[no-any-return]


async def test_a_stop_at_one_address_ends_advertising_at_the_other(office: Office) -> None:
    browser, path, other = await two(office)
    await join(office, browser, path, other)
    await office.hear("STOP", user=BORIS, account=VK)
    assert await office.world.active() == {"orders", "promo"}
    async with office.world.database.read() as tx:
        id_ = await person(office)
        [one] = (await tx.contacts.load([id_])).values()
    assert one.marketing_stopped_at == office.world.now
    page = await browser.get(f"{path}/merge")
    assert page.status == 200


async def test_parted_again_each_has_what_they_had(office: Office) -> None:
    browser, path, other = await two(office)
    anna = await person(office)
    async with office.world.database.read() as tx:
        before = await tx.contacts.load([anna, ContactId(int(other))])
    await join(office, browser, path, other)
    await office.hear("STOP", user=BORIS, account=VK)
    [merge] = re.findall(r'name="merge" value="(\d+)"', (await browser.get(path)).text)
    assert (await browser.post(f"{path}/merge/undo", {"merge": merge})).status == 303
    async with office.world.database.read() as tx:
        after = await tx.contacts.load(before)
    assert after[anna] == before[anna]
    # The STOP was said on their address, so it stays theirs alone.
    assert after[ContactId(int(other))].marketing_stopped_at == office.world.now
    assert after[ContactId(int(other))].merged_into is None
    assert str(await person(office, BORIS, account=VK)) == other
    found = await browser.get("/inbox/search?q=1042")
    assert f"/inbox/{(await conversation(office)).id}" not in found.text
    assert "Sue parted the contact" in (await browser.get(path)).seen
    assert (await browser.post(f"{path}/merge/undo", {"merge": merge}, **JSON)).status == 409


@pytest.mark.parametrize("is_hers_first", [True, False])
async def test_parted_again_no_stop_of_either_is_lost(office: Office, is_hers_first: bool) -> None:
    browser, path, other = await two(office)
    anna, boris = await person(office), ContactId(int(other))
    await join(office, browser, path, other)
    first, second = {"user": ANNA}, {"user": BORIS, "account": VK}
    order = (first, second) if is_hers_first else (second, first)
    for where in order:
        await office.hear("STOP", **where)
        office.world.wait(minutes=1)
    [merge] = re.findall(r'name="merge" value="(\d+)"', (await browser.get(path)).text)
    assert (await browser.post(f"{path}/merge/undo", {"merge": merge})).status == 303
    async with office.world.database.read() as tx:
        after = await tx.contacts.load([anna, boris])
    assert after[anna].marketing_stopped_at is not None
    assert after[boris].marketing_stopped_at is not None
    assert after[anna].marketing_stopped_by != after[boris].marketing_stopped_by


async def test_a_messengers_block_is_no_stop_of_the_person(office: Office) -> None:
    browser, path, other = await two(office)
    anna = await person(office)
    await join(office, browser, path, other)
    await office.tell(Blocked("blocked"))
    await office.hear("STOP", user=BORIS, account=VK)
    [merge] = re.findall(r'name="merge" value="(\d+)"', (await browser.get(path)).text)
    await browser.post(f"{path}/merge/undo", {"merge": merge})
    async with office.world.database.read() as tx:
        [after] = (await tx.contacts.load([anna])).values()
    assert after.marketing_stopped_at is None


async def test_what_was_given_is_forgotten_once_they_are_parted(office: Office) -> None:
    """It may be of a third one, who had come along: their erasure would not find it here."""
    browser, path, other = await two(office)
    theirs = f"/inbox/{(await conversation(office)).id}"
    await browser.post(f"{theirs}/tags", {"tag": "MARK-tag"})
    await join(office, browser, path, other)
    [merge] = re.findall(r'name="merge" value="(\d+)"', (await browser.get(path)).text)
    await browser.post(f"{path}/merge/undo", {"merge": merge})
    async with office.world.database.read() as tx:
        rows = (await tx.sql.run(select(merges))).all()
    assert [(row.given["tags"], row.moved) for row in rows] == [([], [])]
    assert "MARK-tag" in (await browser.get(theirs)).seen


async def test_who_came_along_goes_along(office: Office) -> None:
    """C was joined with B, and B with A; parting B from A leaves C with B."""
    world = office.world
    browser, path, other = await two(office)
    carl = UserId("777")
    await office.hear("Carl", user=carl)
    theirs = f"/inbox/{(await conversation(office)).id}"
    assert await join(office, browser, theirs, str(await person(office, carl))) == 200
    assert await join(office, browser, path, other) == 200
    assert await person(office) == await person(office, carl)
    async with world.database.read() as tx:
        merges = await tx.merges.into(await person(office))
    assert len(merges) == 2
    [merge] = [one.id for one in merges if str(one.gone) == other]
    await browser.post(f"{path}/merge/undo", {"merge": str(merge)})
    assert await person(office, carl) == await person(office, BORIS, account=VK)
    assert await person(office) != await person(office, carl)


async def test_two_customers_are_joined_only_by_who_is_sure(office: Office) -> None:
    await office.world.come(claims("7", token="jti:2", customer="c-2"), BORIS, account=VK)
    browser, path, other = await two(office)
    page = await browser.get(f"{path}/merge?with={other}")
    assert "two different customers" in page.seen
    assert 'name="sure"' in page.text
    assert await join(office, browser, path, other) == 409
    assert await join(office, browser, path, other, sure="yes") == 200
    page = await browser.get(path)
    assert "Order 7" in page.seen
    assert "c-2" in page.seen


async def test_nonsense_is_refused_in_words(office: Office) -> None:
    browser, path, other = await two(office)
    itself = await browser.post(f"{path}/merge/join", {"other": str(await person(office))}, **JSON)
    assert (itself.status, "one person already" in itself.json["error"]) == (409, True)
    assert await join(office, browser, path, "1") == 404
    assert await join(office, browser, path, "x") == 404
    assert await join(office, browser, path, other) == 200
    # Once more: they are one already, also by the number of the one that went.
    assert await join(office, browser, path, other) == 409


async def test_a_link_of_the_customer_still_leads_to_the_person(office: Office) -> None:
    """The customer that went comes by a new link: it is still the one person."""
    await office.world.come(claims("7", token="jti:2", customer="c-2"), BORIS, account=VK)
    browser, path, other = await two(office)
    await join(office, browser, path, other, sure="yes")
    carl = UserId("777")
    await office.world.come(claims("8", token="jti:3", customer="c-2"), carl)
    assert await person(office, carl) == await person(office)


async def test_an_order_of_who_went_is_told_of_once(office: Office) -> None:
    """The shop goes on telling of it by its customer, who is now somebody else's contact."""
    await office.world.come(claims("7", token="jti:2", customer="c-2"), BORIS, account=VK)
    browser, path, other = await two(office)
    await join(office, browser, path, other, sure="yes")
    for status in ("packed", "sent"):
        async with office.world.database.write() as tx:
            owner = await tx.orders.owner(SHOP, "id-7")
            assert owner == await person(office)
            told = Order(OrderId(next(office.world.numbers)), "id-7", "7", status)
            await tx.orders.save([(owner, SHOP, told)], office.world.now)
    page = await browser.get(path)
    assert page.seen.count("Order 7") == 1
    assert "Order 7 sent" in page.seen


async def test_people_are_found_by_name_and_order(office: Office) -> None:
    browser, path, other = await two(office)
    await Indexer(office.world.database, "t", lambda: office.world.now).index()
    page = await browser.get(f"{path}/merge?q=Anna")
    assert f"/merge?with={other}" in page.text
    assert f"with={await person(office)}" not in page.text
    assert "Nobody else is found" in (await browser.get(f"{path}/merge?q=zzz")).seen


async def test_an_operator_does_not_join(sqlite_office: Office) -> None:
    _, path, other = await two(sqlite_office)
    browser = await sqlite_office.signed_in("ben", Role.OPERATOR)
    assert await join(sqlite_office, browser, path, other) == 403
    assert "/merge" not in (await browser.get(path)).text
