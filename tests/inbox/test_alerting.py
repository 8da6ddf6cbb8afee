"""Operators who are away are told that somebody waits: once, gathered, by the ways they chose."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from core.alerts import MOST_TRIES, Kind, Way
from core.content import Content
from core.hearing import Flood
from core.hours import Away as Hours
from core.hours import Stretch, WorkingHours
from core.ids import UserId
from core.inbound import Blocked, ConversationAct
from core.messages import Author
from core.roles import Role
from inbox.talking import Talking
from tests.inbox.away import PHONE, Away, open_away
from tests.world import ANNA, BORIS


@pytest.fixture
async def away(database_url: str, tmp_path: Path) -> AsyncIterator[Away]:
    async with open_away(database_url, tmp_path) as away:
        yield away


@pytest.fixture
async def sqlite_away(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Away]:
    async with open_away(sqlite_url, tmp_path) as away:
        yield away


async def answer(away: Away, user: UserId = ANNA) -> None:
    world, office = away.office.world, away.office
    talking = Talking(world.database, office.intake, lambda: world.now)
    listed = await talking.find((await office.conversation(user)).id)
    assert listed is not None
    key, who = str(world.now), await away.id()
    await talking.write(listed, Content("Yes"), key, who, Author.OPERATOR)


async def act(away: Away, what: ConversationAct, **options: object) -> None:
    world, office = away.office.world, away.office
    talking = Talking(world.database, office.intake, lambda: world.now)
    listed = await talking.find((await office.conversation()).id)
    assert listed is not None
    await talking.act(listed, what, await away.id(), **options)  # type: ignore[arg-type]


async def test_a_new_message_is_told_at_once_and_says_nothing_of_whom(away: Away) -> None:
    phone = await away.with_push()
    await away.office.hear("My card number is 1234")
    path = await away.office.path()
    assert await away.tell() == 1
    assert await away.tell() == 0
    [shown] = phone.shown()
    assert (shown["title"], shown["body"], shown["url"]) == ("Telegram", "A new message", path)


async def test_several_messages_of_one_conversation_take_each_others_place(away: Away) -> None:
    phone = await away.with_push()
    await away.office.hear("One")
    await away.tell()
    away.wait(seconds=30)
    await away.office.hear("Two")
    assert await away.tell() == 0, "within a minute nobody's phone rings twice for the same"
    away.wait(seconds=40)
    assert await away.tell() == 1
    assert len({one["tag"] for one in phone.shown()}) == 1
    topics = {one.headers["Topic"] for one in away.push.left}
    assert topics == {phone.shown()[0]["tag"]}


async def test_who_is_muted_for_a_flood_rings_no_phone(away: Away) -> None:
    world = away.office.world
    flood = Flood(3, timedelta(seconds=60), timedelta(minutes=15))
    away.office.intake.catalog = replace(world.catalog, flood=flood)
    await away.with_push()
    for _ in range(3):
        await away.office.hear("spam")
    assert await away.tell() == 1
    for _ in range(5):
        away.wait(seconds=10)
        await away.office.hear("more spam")
    assert (await world.address()).muted_until is not None
    away.wait(minutes=2)
    await away.office.hear("and more")
    assert await away.tell() == 0


async def test_whoever_wants_it_reads_who_wrote_and_what(sqlite_away: Away) -> None:
    away = sqlite_away
    phone = await away.with_push()
    await away.wish(await away.office.signed_in(), shows_text="yes")
    await away.office.hear("Where is my tea?")
    await away.tell()
    [shown] = phone.shown()
    assert (shown["title"], shown["body"]) == ("Anna · Telegram", "Where is my tea?")


async def test_nobody_is_told_while_the_page_is_open(away: Away) -> None:
    phone = await away.with_push()
    await away.office.hear()
    world = away.office.world
    async with world.database.write() as tx:
        await tx.presence.see([await away.id()], world.now)
    assert await away.tell() == 0
    away.wait(minutes=1)
    assert await away.tell() == 1
    assert len(phone.shown()) == 1


async def test_whoever_says_to_be_away_is_told_with_the_page_open(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_push()
    await away.office.hear()
    world = away.office.world
    async with world.database.write() as tx:
        await tx.presence.set_away(await away.id(), is_away=True, now=world.now)
    assert await away.tell() == 1


async def test_unanswered_it_comes_by_messenger_and_mail_once_a_wait(away: Away) -> None:
    await away.with_messenger()
    await away.with_mail()
    await away.office.hear("My card number is 1234")
    path = f"http://parley.test{await away.office.path()}"
    away.wait(minutes=9)
    assert await away.tell() == 0
    away.wait(minutes=1)
    assert await away.tell() == 2
    assert (await away.written())[-1] == f"Telegram: no answer for 10 min\n{path}"
    [(_, receivers, mail)] = away.mail.taken
    assert receivers == ["vera@example.com"]
    assert mail["Subject"] == "Parley: 1 conversation waits for an answer"
    assert path in mail.get_content()
    assert "1234" not in mail.get_content()
    away.wait(hours=3)
    await away.office.hear("Hello?")
    assert await away.tell() == 0
    await answer(away)
    await away.office.hear("And then?")
    away.wait(minutes=10)
    assert await away.tell() == 2


async def test_it_is_told_in_the_language_of_their_pages(sqlite_away: Away) -> None:
    away = sqlite_away
    browser = await away.with_mail()
    await browser.get("/inbox?lang=ru")
    await away.wish(browser)
    await away.office.hear()
    away.wait(minutes=10)
    await away.tell()
    [(_, _, mail)] = away.mail.taken
    assert mail["Subject"] == "Parley: 1 переписка ждёт ответа"
    assert "Telegram: без ответа 10 мин" in mail.get_content()


async def test_several_that_wait_share_one_message(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_mail()
    for number in range(12):
        await away.office.hear(user=UserId(str(6000 + number)))
    away.wait(minutes=10)
    assert await away.tell() == 1
    [(_, _, mail)] = away.mail.taken
    assert mail["Subject"] == "Parley: 12 conversations wait for an answer"
    assert mail.get_content().count("no answer for") == 10
    assert "And 2 more" in mail.get_content()
    await away.office.hear()
    away.wait(minutes=10)
    assert await away.tell() == 0, "the next mail keeps its distance"
    away.wait(minutes=5)
    assert await away.tell() == 1


@pytest.mark.parametrize("meanwhile", ["answered", "closed", "snoozed", "given to a colleague"])
async def test_what_needs_nobody_is_not_told(sqlite_away: Away, meanwhile: str) -> None:
    away = sqlite_away
    await away.with_mail()
    boris = await away.office.operator("boris", "Boris")
    await away.office.hear()
    match meanwhile:
        case "answered":
            await answer(away)
        case "closed":
            await act(away, ConversationAct.CLOSE)
        case "snoozed":
            until = away.office.world.now + timedelta(hours=5)
            await act(away, ConversationAct.SNOOZE, until=until)
        case _:
            await act(away, ConversationAct.ASSIGN, assignee=boris)
    away.wait(hours=1)
    assert await away.tell() == 0


async def test_each_chooses_after_how_long_and_by_what(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_messenger()
    browser = await away.with_mail()
    await away.wish(browser, after="3", way_messenger="")
    await away.office.hear()
    away.wait(minutes=3)
    assert await away.tell() == 1
    assert len(away.mail.taken) == 1


async def test_outside_working_hours_only_those_who_want_it(sqlite_away: Away) -> None:
    away = sqlite_away
    closed = WorkingHours("UTC", {0: (Stretch(time(9), time(18)),)})
    world = away.office.world
    texts = {"en": "We sleep", "ru": "Мы спим"}
    world.catalog = replace(world.catalog, away=Hours(closed, texts))
    browser = await away.with_mail()
    await away.office.hear()
    away.wait(minutes=30)
    assert await away.tell() == 0
    await away.wish(browser, any_hour="yes")
    assert await away.tell() == 1


async def test_two_processes_tell_it_once(away: Away) -> None:
    phone = await away.with_push()
    await away.office.hear()
    first, second = away.worker("one"), away.worker("two")
    assert await first.tell_due() + await second.tell_due() == 1
    # Also where the lease of the first has run out.
    away.wait(seconds=25)
    assert await second.tell_due() == 0
    assert len(phone.shown()) == 1


async def test_a_mail_server_that_is_away_is_tried_so_often(away: Away) -> None:
    await away.with_mail()
    await away.office.hear()
    away.wait(minutes=10)
    away.mail.answer = "450 busy"
    worker = away.worker()
    tries = []
    for _ in range(5):
        tries.append(await away.tell(worker))
        away.wait(minutes=2)
    assert tries == [1] * MOST_TRIES + [0, 0]
    assert worker.outcomes == {("mail", "put_off"): MOST_TRIES}
    away.mail.answer = ""
    assert await away.tell(worker) == 0


async def test_a_try_is_not_made_for_what_was_answered_meanwhile(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_mail()
    await away.office.hear()
    away.wait(minutes=10)
    away.mail.answer = "450 busy"
    assert await away.tell() == 1
    away.mail.answer = ""
    await answer(away)
    away.wait(minutes=5)
    assert await away.tell() == 0


async def test_a_mailbox_that_is_gone_is_given_up(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_mail()
    await away.office.hear()
    away.wait(minutes=10)
    away.mail.answer = "550 nobody"
    assert await away.tell() == 1
    away.wait(minutes=5)
    assert await away.tell() == 0
    told = await away.told((await away.office.conversation()).id, Way.MAIL, Kind.LATE)
    assert told.due_at is None


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_has_unsubscribed_is_forgotten(away: Away, status: int) -> None:
    await away.with_push()
    away.push.status = status
    await away.office.hear()
    assert await away.tell() == 1
    browser = await away.office.signed_in()
    assert "/me/alerts/end-push" not in (await browser.get("/me/alerts")).text
    await away.office.hear(user=BORIS)
    assert await away.tell() == 0


async def test_signing_out_ends_what_came_to_that_browser(away: Away) -> None:
    browser = await away.office.signed_in()
    await browser.post("/me/alerts/push", away.push.browser().fields)
    await browser.post("/sign-out")
    await away.office.hear()
    assert await away.tell() == 0


async def test_whoever_is_disabled_is_told_nothing(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.with_mail()
    world = away.office.world
    async with world.database.write() as tx:
        await tx.operators.disable("vera", world.now)
    await away.office.hear()
    away.wait(hours=1)
    assert await away.tell() == 0


async def test_the_messenger_of_who_is_disabled_is_anybodys_again(away: Away) -> None:
    await away.with_messenger()
    await away.with_messenger("boris")
    world, worker = away.office.world, away.worker()
    assert await worker.give_back() == 0
    async with world.database.write() as tx:
        await tx.operators.disable("boris", world.now)
    assert await worker.give_back() == 1
    assert await worker.give_back() == 0
    assert (await world.address(PHONE)).operator is None


async def test_what_nobody_answers_goes_to_those_who_supervise_once(away: Away) -> None:
    operator = await away.with_push()
    boss = await away.with_push("clara", Role.SUPERVISOR)
    browser = away.office.browsers[-1]
    await away.wish(browser, whose="mine")
    await away.office.hear()
    worker = away.worker(escalate_after=timedelta(minutes=30))
    away.wait(minutes=29)
    assert await worker.escalate_due() == 0
    away.wait(minutes=1)
    assert await worker.escalate_due() == 1
    assert await worker.escalate_due() == 0
    await away.tell(worker)
    await away.tell(worker)
    assert [one["body"] for one in boss.shown()] == ["nobody has answered for 30 min"]
    assert [one["body"] for one in operator.shown()] == ["no answer for 30 min"]
    page = await browser.get(await away.office.path())
    assert "Nobody answered for too long: it went to those who supervise" in page.seen
    assert "Nobody answers" in (await browser.get("/inbox?state=open")).seen
    await answer(away)
    assert "Nobody answers" not in (await browser.get("/inbox?state=open")).seen
    away.wait(minutes=1)
    await away.office.hear("Another thing")
    away.wait(minutes=30)
    assert await worker.escalate_due() == 1


async def test_nothing_is_escalated_where_nobody_asked_for_it(sqlite_away: Away) -> None:
    away = sqlite_away
    await away.office.hear()
    away.wait(days=3)
    assert await away.worker().escalate_due() == 0


async def test_a_messenger_that_blocked_the_bot_is_no_way(sqlite_away: Away) -> None:
    away = sqlite_away

    await away.with_messenger()
    await away.office.tell(Blocked(), user=UserId("7770001"))
    await away.office.hear()
    away.wait(minutes=10)
    assert await away.tell() == 0
