"""What operators change about a person, from the column beside the thread."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from core.acts import Did
from core.conversations import ConversationState
from core.hearing import Flood
from core.people import Contact
from core.roles import Role
from storage.acts import Wanted
from tests.inbox.office import Browser, Office
from tests.world import BORIS, ORDERS, PROMO, VK, claims

JSON = {"Accept": "application/json"}
FLOOD = Flood(5, timedelta(seconds=30), timedelta(minutes=10))


async def opened(office: Office) -> tuple[Browser, str]:
    await office.hear("Where is my parcel?")
    await office.hear("A person, please")
    return await office.signed_in(), await office.path()


async def contact(office: Office) -> Contact:
    id_ = (await office.world.address()).contact
    async with office.world.database.read() as tx:
        return (await tx.contacts.lock([id_]))[id_]


async def done(office: Office, did: Did) -> list[dict[str, str]]:
    async with office.world.database.read() as tx:
        return [dict(one.about) for one in await tx.acts.page(Wanted(act=did), 10)]


async def test_a_service_topic_is_switched_on_and_off_at_once(office: Office) -> None:
    browser, path = await opened(office)
    fields = {"topic": "orders", "act": "subscribe", "words": "Tell me when it comes"}
    page = (await browser.get(path)).text
    assert 'name="act" value="subscribe"' in page
    assert (await browser.post(f"{path}/subscription", fields)).status == 303
    assert await office.world.active() == {"orders"}
    page = await browser.get(path)
    assert "Order updates subscribed" in page.seen
    assert "Tell me when it comes" in page.seen
    assert "Heard by: you" in page.seen.replace("You", "you")
    fields |= {"act": "unsubscribe", "words": "Enough"}
    await browser.post(f"{path}/subscription", fields)
    assert await office.world.active() == set()
    assert await done(office, Did.SWITCHED_ON) == await done(office, Did.SWITCHED_OFF)


async def test_each_address_of_a_person_has_switches_of_its_own(office: Office) -> None:
    await office.world.come(claims())
    await office.world.come(claims("7", token="jti:2"), account=VK)
    browser, path = await opened(office)
    page = await browser.get(path)
    assert len(re.findall('class="switch"', page.text)) == 6
    other = await office.world.address(account=VK)
    fields = {
        "topic": "orders",
        "act": "unsubscribe",
        "words": "Not there",
        "address": str(other.id),
    }
    await browser.post(f"{path}/subscription", fields)
    assert await office.world.active() == {"orders"}
    assert await office.world.active(account=VK) == set()


async def test_a_switch_of_somebody_else_is_no_switch_of_theirs(office: Office) -> None:
    browser, path = await opened(office)
    await office.hear("I am Boris", user=BORIS)
    stranger = await office.world.address(BORIS)
    fields = {"topic": "orders", "act": "subscribe", "words": "x", "address": str(stranger.id)}
    assert (await browser.post(f"{path}/subscription", fields)).status == 400
    assert await office.world.active(BORIS) == set()


async def test_after_a_stop_the_page_says_who_can_come_back(office: Office) -> None:
    await office.world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    await office.world.come(claims("7", token="jti:2"), account=VK)
    browser, path = await opened(office)
    await office.hear("STOP")
    page = await browser.get(path)
    assert "only they can come back: ask them to write START" in page.seen
    assert "left all advertising by STOP in another messenger" in page.seen
    other = await office.world.address(account=VK)
    fields = {"topic": "promo", "act": "subscribe", "words": "x", "address": str(other.id)}
    refused = await browser.post(f"{path}/subscription", fields, **JSON)
    assert (refused.status, "in another messenger" in refused.json["error"]) == (409, True)


async def test_tags_and_details_are_edited(office: Office) -> None:
    browser, path = await opened(office)
    for tag in ("  very  VIP ", "late"):
        assert (await browser.post(f"{path}/tags", {"tag": tag})).status == 303
    await browser.post(f"{path}/tags/off", {"tag": "late"})
    await browser.post(f"{path}/attributes", {"name": "size", "value": "M"})
    await browser.post(f"{path}/attributes", {"name": "tea", "value": "green"})
    await browser.post(f"{path}/attributes", {"name": "tea", "value": ""})
    now = await contact(office)
    assert (now.tags, dict(now.attributes)) == ({"very VIP"}, {"size": "M"})
    seen = (await browser.get(path)).seen
    assert "very VIP" in seen
    assert "size M" in seen
    # What stands in it is nobody's business in the audit log.
    assert await done(office, Did.ATTRIBUTE_SET) == [{"name": "tea"}, {"name": "size"}]


@pytest.mark.parametrize(
    ("known", "typed", "then"),
    [(4, "5", 5), (4, "5,5", 5.5), (True, "no", False), ("x", "7", "7"), (None, "7", "7")],
    ids=str,
)
async def test_what_was_a_number_stays_one(
    sqlite_office: Office, known: object, typed: str, then: object
) -> None:
    office = sqlite_office
    browser, path = await opened(office)
    before = await contact(office)
    if known is not None:
        async with office.world.database.write() as tx:
            await tx.contacts.save([replace(before, attributes={"rating": known})])
    await browser.post(f"{path}/attributes", {"name": "rating", "value": typed})
    value = (await contact(office)).attributes["rating"]
    assert (value, type(value)) == (then, type(then))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"name": "2 words", "value": "x"}, 422, id="no name for flows"),
        pytest.param({"name": "", "value": "x"}, 422, id="no name"),
        pytest.param({"name": "size", "value": "x" * 301}, 422, id="a novel"),
        pytest.param({"name": "rating", "value": "five"}, 422, id="no number"),
        pytest.param({"name": "rating", "value": "inf"}, 422, id="not a number either"),
        pytest.param({"name": "cart", "value": "x"}, 409, id="a whole of the shop's"),
    ],
)
async def test_details_that_cannot_be(
    sqlite_office: Office, fields: dict[str, str], status: int
) -> None:
    office = sqlite_office
    browser, path = await opened(office)
    told = {"rating": 4, "cart": [1, 2]}
    async with office.world.database.write() as tx:
        await tx.contacts.save([replace(await contact(office), attributes=told)])
    assert (await browser.post(f"{path}/attributes", fields, **JSON)).status == status
    assert (await contact(office)).attributes == told


async def test_there_is_room_for_so_many_tags(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    tags = frozenset(str(number) for number in range(50))
    async with sqlite_office.world.database.write() as tx:
        await tx.contacts.save([replace(await contact(sqlite_office), tags=tags)])
    for tag, status in (("one more", 409), ("7", 200), ("x" * 65, 422), (" ", 422)):
        assert (await browser.post(f"{path}/tags", {"tag": tag}, **JSON)).status == status, tag


async def test_a_dialogue_is_ended_from_the_page(office: Office) -> None:
    browser, path = await opened(office)
    await office.world.come(claims())
    [session] = re.findall(r'name="session" value="(\d+)"', (await browser.get(path)).text)
    assert (await browser.post(f"{path}/session/end", {"session": session})).status == 303
    page = await browser.get(path)
    assert 'name="session"' not in page.text
    assert "Vera ended the dialogue “followup”" in page.seen
    await browser.post(f"{path}/session/end", {"session": session})
    assert len(await done(office, Did.SESSION_ENDED)) == 1


async def test_a_blocked_person_leaves_every_list_and_comes_back(office: Office) -> None:
    await office.world.come(claims("7", token="jti:2"), account=VK)
    await office.world.come(claims())
    browser, path = await opened(office)
    assert (await browser.post(f"{path}/block")).status == 303
    assert (await office.world.address(account=VK)).blocked_at is not None
    for state in ("open", "snoozed", "closed"):
        assert path not in (await browser.get(f"/inbox?state={state}")).text
    assert path in (await browser.get("/inbox?state=blocked")).text
    page = await browser.get(path)
    assert "What they write stands here and calls nobody" in page.seen
    refused = await browser.post(f"{path}/messages", {"text": "Hi", "key": "key-0001"}, **JSON)
    assert (refused.status, "Unblock them first" in refused.json["error"]) == (409, True)
    told = await browser.post(f"{path}/flow", {"flow": "followup"}, **JSON)
    assert told.status == 409
    await office.hear("Hello?")
    async with office.world.database.read() as tx:
        assert (await tx.lists.counts([])).open == 0
    await browser.post(f"{path}/unblock")
    assert (await office.conversation()).state is ConversationState.OPEN
    page = await browser.get(path)
    assert "Vera blocked the person" in page.seen
    assert "Vera unblocked the person" in page.seen
    assert (await office.world.address(account=VK)).blocked_at is None


async def test_the_api_says_why_a_blocked_person_gets_nothing(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/block")
    id_ = (await office.conversation()).id
    url = f"{office.url}/api/v1/conversations/{id_}/messages"
    headers = await office.key()
    async with browser.session.post(
        url, json={"text": "Hi", "key": "key-0001"}, headers=headers
    ) as answer:
        assert answer.status == 409
        assert (await answer.json())["error"]["code"] == "blocked"


async def test_a_flood_is_seen_and_lifted(office: Office) -> None:
    object.__setattr__(office.world.catalog, "flood", FLOOD)
    browser, path = await opened(office)
    stream = f"/inbox/stream?state=open&conversation={path.rpartition('/')[2]}"
    async with browser.stream(stream) as live:
        await live.until("about")
        for number in range(6):
            await office.hear(f"spam {number}")
        await live.until("about", lambda data: "muted until" in data["head"])
    page = await browser.get(path)
    assert re.search(r"muted until .* 8 messages", page.seen)
    assert "Muted until" in page.seen
    assert 'class="unread muted"' in page.text
    assert (await office.conversation()).unread == 5
    await browser.post(f"{path}/unmute")
    await office.hear("Sorry")
    assert (await office.conversation()).unread == 6
    assert "Vera hears the person again" in (await browser.get(path)).seen


async def test_other_conversations_of_the_person_are_a_step_away(office: Office) -> None:
    await office.world.come(claims())
    await office.world.come(claims("7", token="jti:2"), account=VK)
    await office.hear("On the other one", account=VK)
    await office.hear("And again", account=VK)
    await office.hear("Good bye", account=VK)
    browser, path = await opened(office)
    other = await office.world.address(account=VK)
    async with office.world.database.read() as tx:
        there = (await tx.conversations.load([other.id]))[other.id]
    page = await browser.get(path)
    assert f'href="/inbox/{there.id}?' in page.text
    assert re.search(r"Second 5550001 open · now Good bye", page.seen)
    assert "Their other conversations" not in (await browser.get("/inbox")).seen


async def test_consent_is_read_page_by_page(office: Office) -> None:
    browser, path = await opened(office)
    for number in range(35):
        await office.hear("STOP offers" if number % 2 else "START offers")
    page = await browser.get(path)
    [earlier] = re.findall(rf'href="({path}/consents\?before=\d+)"', page.text)
    assert page.text.count("Their words") + page.text.count("by writing") > 0
    older = await browser.get(earlier)
    assert older.status == 200
    # The first of all: they had not left yet.
    assert older.text.count("Offers") == 5
    whole = await browser.get(f"{path}/consents")
    assert "Still earlier ones" in whole.seen
    assert "The latest" in older.seen


async def test_the_menu_has_no_second_way_to_subscribe(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    head = (await browser.get(path)).text.partition('id="scroll"')[0]
    assert "/subscription" not in head


async def test_only_who_is_signed_in_tends(sqlite_office: Office) -> None:
    _, path = await opened(sqlite_office)
    stranger = sqlite_office.browser()
    for name in ("tags", "block", "attributes", "session/end", "merge/join", "erase/now", "export"):
        answer = await stranger.raw_post(f"{path}/{name}", {"csrf": "x"}, **JSON)
        assert answer.status == 401, name
    browser = await sqlite_office.signed_in("boris", Role.OPERATOR)
    for name in ("merge/join", "merge/undo", "erase/now", "export"):
        assert (await browser.post(f"{path}/{name}", {}, **JSON)).status == 403, name
    for name in ("merge", "erase"):
        assert (await browser.get(f"{path}/{name}")).status == 403, name
    page = (await browser.get(path)).seen
    assert "Give out everything" not in page
