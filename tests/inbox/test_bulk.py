"""What is done to many people: once, to whom it may be done, and how many are left out."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from core.consent import Source
from core.content import Content
from core.ids import UserId
from core.inbound import AddedToTopic, Blocked, Said
from core.messages import MessageClass, Status
from core.policy import QuietHours, judge
from core.roles import Role
from core.topics import SubscriptionState
from inbox.bulk_working import BulkWorker
from storage.bulk_acts import BulkState
from tests.inbox.office import Browser, Office
from tests.world import ANNA, BORIS, DIGEST, NOW, ORDERS, PROMO, TG, VK, World, claims

JSON = {"Accept": "application/json"}
EVIDENCE = {"words": "Yes, send me offers", "where": "A paper form in the shop"}


async def _people(world: World, many: int) -> None:
    await world.receive(
        *(world.inbound(Said(Content("hi"), f"m{one}"), UserId(f"7{one:04}"))
          for one in range(many))
    )  # fmt: skip


async def _work(office: Office) -> None:
    world = office.world
    worker = BulkWorker(world.database, office.intake, "test", lambda: world.now)
    while await worker.work():
        pass


async def _ask(browser: Browser, query: str, **fields: str) -> str:
    """Ask on the page, begin what it offers; where one watches it."""
    page = await browser.get(f"/contacts/act?{query}")
    assert page.status == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = await browser.raw_post("/contacts/act", {**hidden, **fields})
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


async def test_a_tag_for_all_that_a_filter_finds(office: Office) -> None:
    world = office.world
    await _people(world, 230)
    await world.say("hi", account=VK)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    path = await _ask(browser, "act=tag&all=yes&account=shop-tg", tag=" big  spender ")
    assert "0" in (await browser.get(path)).seen
    # Whoever comes after it was begun is not meant.
    await world.say("hi", BORIS)
    await _work(office)
    seen = (await browser.get(path)).seen
    assert "add the tag “big spender” done" in seen
    assert "People 230 Done 230" in seen
    assert "230 people" in (await browser.get("/contacts?tag=big+spender")).seen
    assert await office.acts("Sue") == [
        "signed in",
        "began for many people: add the tag “big spender” (230)",
        "finished for many people: add the tag “big spender” (230 done)",
    ]
    path = await _ask(browser, "act=untag&all=yes", tag="big spender")
    await _work(office)
    seen = (await browser.get(path)).seen
    assert "Done 230 Left out: it was so already 2" in seen
    assert "Nobody like that" in (await browser.get("/contacts?tag=big+spender")).seen


async def test_the_same_form_twice_is_one_act(office: Office) -> None:
    await _people(office.world, 3)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    page = (await browser.get("/contacts/act?act=tag&all=yes")).text
    fields = {**dict(re.findall(r'name="(\w+)" value="([^"]*)"', page)), "tag": "vip"}
    first, second = [await browser.raw_post("/contacts/act", fields) for _ in range(2)]
    assert first.headers["Location"] == second.headers["Location"]
    await _work(office)
    third = await browser.raw_post("/contacts/act", fields, **JSON)
    assert third.json == {"to": first.headers["Location"]}
    assert len([one for one in await office.acts("Sue") if "began" in one]) == 1


async def test_only_those_that_were_ticked(sqlite_office: Office) -> None:
    office = sqlite_office
    await _people(office.world, 4)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    who = re.findall(r'name="who" value="(\d+)"', (await browser.get("/contacts")).text)
    path = await _ask(browser, f"act=tag&who={who[0]}&who={who[2]}&who={who[2]}", tag="vip")
    await _work(office)
    assert "People 2 Done 2" in (await browser.get(path)).seen
    page = (await browser.get("/contacts?tag=vip")).text
    assert re.findall(r'name="who" value="(\d+)"', page) == [who[0], who[2]]


async def _crowd(office: Office) -> None:
    """One of each kind: only Dora and Anna may be added to the offers."""
    world = office.world
    await world.say("hi", ANNA)
    await world.come(claims("1", token="jti:1", customer="b", topics=(ORDERS,)), user=BORIS)
    await world.say("STOP", BORIS)
    for user in ("left", "blocked", "held", "has"):
        await world.say("hi", UserId(user))
    await world.say("START promo", UserId("left"))
    await world.say("STOP promo", UserId("left"))
    await world.tell(Blocked(), UserId("blocked"))
    await world.say("don't write to me any more", UserId("held"))
    await world.say("START promo", UserId("has"))
    # A STOP elsewhere ends advertising for the person everywhere.
    for account in (TG, VK):
        code = await world.link(claims(None, token=f"jti:{account}", customer="two"))
        await world.start(code, UserId("two"), account=account)
    await world.say("STOP", UserId("two"), account=VK)


async def test_advertising_waits_for_their_own_yes(office: Office) -> None:
    await _crowd(office)
    world = office.world
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    path = await _ask(browser, "act=subscribe&all=yes&account=shop-tg", topic="promo", **EVIDENCE)
    await _work(office)
    seen = (await browser.get(path)).seen
    assert "People 7 Done 1" in seen
    for left_out in (
        "it was so already 1", "they wrote STOP 2", "they had left this topic themselves 1",
        "they cannot be reached 1", "asked whether to stop, no answer yet 1",
    ):  # fmt: skip
        assert f"Left out: {left_out}" in seen
    row = (await world.subscriptions())[PROMO]
    assert row.state is SubscriptionState.PENDING
    [question] = [one for one in await world.messages() if one.cls is MessageClass.MARKETING]
    assert (question.topic, len(question.content.buttons)) == (PROMO, 2)
    async with world.database.read() as tx:
        [record] = await tx.consents.of_addresses([(await world.address()).id])
    assert (record.source, record.evidence) == (
        Source.OPERATOR,
        {"written": EVIDENCE["words"], "where": EVIDENCE["where"],
         "operator": str(await _operator(office))},
    )  # fmt: skip
    assert question.content.text in [text for _, text in await world.deliver()]
    await world.press("Yes")
    assert PROMO in await world.active()


async def _operator(office: Office) -> int:
    async with office.world.database.read() as tx:
        found = await tx.operators.find("sue")
    assert found is not None
    return found.id


async def test_order_updates_begin_at_once_at_the_address_they_wrote_from_last(
    office: Office,
) -> None:
    world = office.world
    for account in (TG, VK):
        await world.come(claims(None, token=f"jti:{account}", topics=(DIGEST,)), account=account)
        world.wait(minutes=1)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    path = await _ask(browser, "act=subscribe&all=yes", topic="orders", **EVIDENCE)
    await _work(office)
    assert "Done 1" in (await browser.get(path)).seen
    assert (ORDERS in await world.active(), ORDERS in await world.active(account=VK)) == (
        False, True,
    )  # fmt: skip
    # Leaving holds wherever they are.
    await world.say("START orders")
    path = await _ask(browser, "act=unsubscribe&all=yes", topic="orders", words="The shop closes")
    await _work(office)
    assert "Done 1" in (await browser.get(path)).seen
    assert ORDERS not in await world.active() | await world.active(account=VK)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "subscribe", "topic": "promo", "words": "yes"}, "without evidence"),
        ({"act": "subscribe", "topic": "promo", "where": "here"}, "without evidence"),
        ({"act": "unsubscribe", "topic": "promo"}, "Say why"),
        ({"act": "tag", "tag": " "}, "from 1 to 64"),
        ({"act": "tag", "tag": "x", "all": ""}, "Nobody was chosen"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_begins(
    sqlite_office: Office, fields: dict[str, str], words: str
) -> None:
    await _people(sqlite_office.world, 1)
    browser = await sqlite_office.signed_in("sue", Role.SUPERVISOR)
    given = {"key": "k" * 12, "all": "yes", **fields}
    answer = await browser.post("/contacts/act", given, **JSON)
    assert (answer.status, words in answer.json["error"]) == (422, True)
    assert "Nothing yet" in (await browser.get("/contacts/acts")).seen


async def test_one_can_stop_it_and_a_filter_that_lost_its_topic_stops_by_itself(
    office: Office,
) -> None:
    await _people(office.world, 150)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    path = await _ask(browser, "act=tag&all=yes", tag="vip")
    world = office.world
    worker = BulkWorker(world.database, office.intake, "test", lambda: world.now)
    await worker.work()
    await browser.post(f"{path}/stop")
    await _work(office)
    seen = (await browser.get(path)).seen
    assert "stopped" in seen
    assert "Done 100" in seen
    assert (await office.acts("Sue"))[-1].endswith("(100 done)")
    async with world.database.write() as tx:
        [act] = await tx.bulk_acts.latest(1)
        again = replace(act, id=next(world.numbers), key="another", sought={"topic": "gone"})
        await tx.bulk_acts.begin(again)
    await _work(office)
    async with world.database.read() as tx:
        stopped = await tx.bulk_acts.find(again.id)
    assert stopped is not None
    assert (stopped.state, stopped.done) == (BulkState.STOPPED, 0)


async def test_a_process_that_ends_halfway_does_nothing_twice(office: Office) -> None:
    await _people(office.world, 5)
    world = office.world
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    path = await _ask(browser, "act=subscribe&all=yes", topic="promo", **EVIDENCE)
    async with world.database.read() as tx:
        act = await tx.bulk_acts.running()
    assert act is not None
    await _work(office)
    async with world.database.write() as tx:
        # As if what was committed had not been written down.
        await tx.sql.run(_again(act.id))
    await _work(office)
    assert "Done 5" in (await browser.get(path)).seen
    messages = await world.messages(UserId("70000"))
    assert len([one for one in messages if one.cls is MessageClass.MARKETING]) == 1


def _again(id_: int):  # type: ignore[no-untyped-def]
    from sqlalchemy import update

    from storage.tables import bulk_acts

    return (
        update(bulk_acts)
        .where(bulk_acts.c.id == id_)
        .values(state=BulkState.RUNNING, mark=2**62, done=0, left_out={})
    )


async def test_the_question_to_many_is_judged_like_advertising(office: Office) -> None:
    """It waits behind replies and out the night, and is not asked once there is an answer."""
    world = office.world
    await world.say("hi")
    await world.tell(AddedToTopic(PROMO, {"written": "yes"}))
    async with world.database.read() as tx:
        ready = await tx.sends.ready(TG, 10)
        [question] = [
            one for one in await tx.sends.waiting([one.id for one in ready])
            if one.cls is MessageClass.MARKETING
        ]  # fmt: skip
    quiet = QuietHours((NOW - timedelta(hours=1)).time(), (NOW + timedelta(hours=1)).time())
    verdict = judge(question.cls, None, question.standing, NOW, quiet)
    assert getattr(verdict, "reason", "") == "quiet_hours"
    await world.say("START promo")
    await world.deliver()
    [message] = [one for one in await world.messages() if one.cls is MessageClass.MARKETING]
    assert (message.status, message.error) == (Status.SUPPRESSED, "answered")


async def test_whom_an_operator_has_blocked_is_left_out(office: Office) -> None:
    world = office.world
    for number, user in enumerate((ANNA, BORIS)):
        await world.come(claims(None, customer=f"c-{number}", token=f"jti:{number}"), user)
        await office.hear("Hello", user=user)
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    await browser.post(f"{await office.path(BORIS)}/block")
    path = await _ask(browser, "act=subscribe&all=yes", topic="digest", **EVIDENCE)
    await _work(office)
    seen = (await browser.get(path)).seen
    assert "Done 1" in seen
    assert "Left out: an operator has blocked them 1" in seen
    assert DIGEST not in await world.subscriptions(BORIS)
