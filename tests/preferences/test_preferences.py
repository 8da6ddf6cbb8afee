"""A signed link: whose it is, what it shows, what it changes, and that a look changes nothing."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import pytest

from core.content import Content, UrlButton
from core.ids import ContactId, OperatorId
from core.inbound import Blocked, OperatorActed
from core.inbound import ConversationAct as Act
from core.topics import SubscriptionState, Topic
from storage.erasure import erase_person
from tests.inbox.office import Answer, Office
from tests.world import (
    ANNA,
    BORIS,
    DIGEST,
    ORDERS,
    PREFERENCES,
    PROMO,
    TOPICS,
    VK,
    World,
    catalog,
    claims,
)

BOTH = claims(topics=(ORDERS, PROMO), consent="I agree")


async def path(world: World, **options: object) -> str:
    address = await world.address(**options)  # type: ignore[arg-type]
    return urlsplit(PREFERENCES.of_address(address.id, world.now)).path


async def contact_path(world: World, **options: object) -> str:
    address = await world.address(**options)  # type: ignore[arg-type]
    return urlsplit(PREFERENCES.of_contact(address.contact, world.now).url).path


def boxes(page: Answer) -> dict[str, bool]:
    found = re.findall(r'name="on:\d+:(\w+)" value="yes"( checked)?', page.text)
    return {topic: bool(checked) for topic, checked in found}


def form_of(page: Answer) -> dict[str, str]:
    """As a browser would send it without a change."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    ticked = re.findall(r'name="(on:[^"]+)" value="yes" checked', page.text)
    return {name: html.unescape(value) for name, value in hidden} | dict.fromkeys(ticked, "yes")


def turned(fields: dict[str, str], topic: str) -> dict[str, str]:
    """The same with every box of this topic turned."""
    for name in [one for one in fields if one.startswith("was:") and one.endswith(f":{topic}")]:
        box = name.replace("was:", "on:", 1)
        fields = {k: v for k, v in fields.items() if k != box} | (
            {} if box in fields else {box: "yes"}
        )
    return fields


async def look(office: Office, where: str, language: str = "en") -> Answer:
    page = await office.browser().get(f"{where}?lang={language}")
    assert page.status == 200, page.seen
    return page


async def test_it_shows_messengers_and_topics_and_no_ids_of_the_person(office: Office) -> None:
    await office.world.come(BOTH)
    page = await look(office, await path(office.world))
    assert boxes(page) == {"orders": True, "promo": True, "digest": False}
    assert "Telegram" in page.seen
    for secret in ("Anna", ANNA, "c-1", "1042"):
        assert secret not in page.seen
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text


async def test_a_look_changes_nothing(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    where, before = await path(world), await world.subscriptions()
    await look(office, where)
    browser = office.browser(**{"User-Agent": "a scanner of mails"})
    async with browser.session.head(f"{office.url}{where}") as head:
        assert head.status == 200
    await browser.get(f"{where}?act=leave&List-Unsubscribe=One-Click")
    assert await world.subscriptions() == before


async def test_a_box_leaves_a_topic_and_takes_it_up_again(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    where, browser = await path(world), office.browser()
    world.wait(hours=1)
    answer = await browser.raw_post(where, turned(form_of(await look(office, where)), "promo"))
    assert (answer.status, "done=saved" in answer.headers["Location"]) == (303, True)
    assert await world.active() == {"orders"}
    page = await look(office, where)
    assert "By ticking it you agree: I agree to get offers." in page.seen
    world.wait(hours=1)
    await browser.raw_post(where, turned(form_of(page), "promo"))
    assert await world.active() == {"orders", "promo"}
    address = await world.address()
    async with world.database.read() as tx:
        records = (await tx.consents.of_addresses([address.id]))[-2:]
    assert [(one.act, one.source) for one in records] == [
        ("unsubscribe", "preferences"),
        ("subscribe", "preferences"),
    ]
    told = records[1].evidence or {}
    assert told["words"] == "I agree to get offers."
    assert (told["page"], told["ip"]) == ("preferences", "192.0.2.1")


async def test_leaving_everything_leaves_all_messengers(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    await world.come(claims(token="jti:2"), user=BORIS, account=VK)
    world.wait(hours=1)
    where = await contact_path(world)
    page = await look(office, where)
    assert "Second" in page.seen
    fields = {**form_of(page), "act": "leave"}
    answer = await office.browser().raw_post(where, fields)
    assert "done=left" in answer.headers["Location"]
    assert await world.active() == set()
    assert await world.active(BORIS, VK) == set()
    assert (await world.said())[-1].startswith("Done")
    # The same form once more, pressed twice or sent again: said once.
    said = await world.said()
    await office.browser().raw_post(where, fields)
    assert await world.said() == said
    world.wait(seconds=1)
    await world.say("START")
    assert await world.active() == {"orders", "promo"}


async def test_a_page_that_a_browser_kept_is_good_for_another_choice(sqlite_office: Office) -> None:
    """By "back" a browser may show the very form again, with its key."""
    world = sqlite_office.world
    await world.come(BOTH)
    where = await path(world)
    kept = form_of(await look(sqlite_office, where))
    for fields, left in ((turned(kept, "promo"), {"orders"}), ({**kept, "act": "leave"}, set())):
        world.wait(minutes=1)
        await sqlite_office.browser().raw_post(where, fields)
        assert await world.active() == left
    world.wait(minutes=1)
    await world.say("START")
    assert await world.active() == {"orders"}
    world.wait(minutes=1)
    await sqlite_office.browser().raw_post(where, {**kept, "act": "leave"})
    assert await world.active() == set()


async def test_one_press_in_a_mail_program_leaves_everything(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    where = await path(world)
    answer = await office.browser().raw_post(where, {"List-Unsubscribe": "One-Click"})
    assert (answer.status, answer.text) == (200, "unsubscribed")
    assert await world.active() == set()


async def test_what_changed_meanwhile_is_not_undone(sqlite_office: Office) -> None:
    """A page that was open since yesterday does not bring back what a STOP ended today."""
    world = sqlite_office.world
    await world.come(BOTH)
    where = await path(world)
    old = form_of(await look(sqlite_office, where))
    world.wait(hours=1)
    await world.say("STOP")
    world.wait(hours=1)
    await sqlite_office.browser().raw_post(where, old)
    assert await world.active() == set()


async def test_after_a_stop_a_box_is_an_act_of_the_person(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    await world.say("STOP")
    world.wait(hours=1)
    where = await path(world)
    page = await look(office, where)
    assert boxes(page)["promo"] is False
    await office.browser().raw_post(where, turned(form_of(page), "promo"))
    assert await world.active() == {"promo"}


async def test_a_topic_that_wants_a_yes_in_the_messenger_asks_there(office: Office) -> None:
    world = office.world
    await world.come(claims())
    where = await path(world)
    page = await look(office, where)
    assert "We will ask for your Yes in the messenger." in page.seen
    await office.browser().raw_post(where, turned(form_of(page), "digest"))
    assert (await world.subscriptions())[DIGEST].state is SubscriptionState.PENDING
    assert "We are waiting for your Yes" in (await look(office, where)).seen
    await world.press("Yes")
    assert "digest" in await world.active()


async def test_words_that_changed_are_shown_before_they_are_agreed_to(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    await office.world.come(claims())
    where = await path(office.world)
    fields = turned(form_of(await look(office, where)), "promo")
    topics: dict[object, Topic] = office.world.catalog.topics  # type: ignore[assignment]
    kept = topics[PROMO]
    try:
        topics[PROMO] = replace(TOPICS[PROMO], consent={"en": "Daily offers."})
        answer = await office.browser().raw_post(f"{where}?lang=en", fields)
    finally:
        topics[PROMO] = kept
    assert (answer.status, "Daily offers." in answer.seen) == (409, True)
    assert await office.world.active() == {"orders"}


def forged(world: World, **changes: object) -> str:
    claims = {
        "aud": "parley:preferences",
        "sub": "a1000",
        "exp": int((world.now + timedelta(days=9)).timestamp()),
    }
    secret = str(changes.pop("secret", PREFERENCES.secret))
    algorithm = str(changes.pop("algorithm", "HS256"))
    made = {k: v for k, v in {**claims, **changes}.items() if v is not None}
    return jwt.encode(made, secret, algorithm=algorithm)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another secret that is long enough to sign"},
        {"aud": "parley:media"},
        {"exp": None},
        {"sub": "a999999"},
        {"algorithm": "none", "secret": ""},
    ],
    ids=["another's signature", "for files", "without an end", "of nobody", "unsigned"],
)
async def test_a_link_that_we_did_not_make_shows_and_changes_nothing(
    sqlite_office: Office, changes: dict[str, object]
) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    where = f"/preferences/{forged(world, **changes)}"
    page = await sqlite_office.browser().get(where)
    assert (page.status, boxes(page)) == (404, {})
    answer = await sqlite_office.browser().raw_post(where, {"List-Unsubscribe": "One-Click"})
    assert answer.status == 404
    assert await world.active() == {"orders", "promo"}


async def test_an_old_link_says_what_to_do(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    where = await path(world)
    world.wait(days=182)
    page = await sqlite_office.browser().get(f"{where}?lang=en")
    assert (page.status, "write STOP" in page.seen) == (410, True)
    answer = await sqlite_office.browser().raw_post(where, {"act": "leave"})
    assert answer.status == 410
    assert await world.active() == {"orders", "promo"}


async def test_a_link_in_one_messenger_tells_nothing_of_the_others(office: Office) -> None:
    """The shop's link may have been passed on: who came second is proven by nothing."""
    world = office.world
    await world.come(BOTH)
    await world.come(claims(token="jti:2"), user=BORIS, account=VK)
    page = await look(office, await path(world, user=BORIS, account=VK))
    assert ("Second" in page.seen, "Telegram" in page.seen) == (True, False)


async def test_a_merged_contact_keeps_its_links(office: Office) -> None:
    world = office.world
    await world.say("hello")
    where = await contact_path(world)
    await world.come(BOTH)
    page = await look(office, where)
    assert boxes(page)["promo"] is True


async def test_of_an_erased_person_nothing_is_shown(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    where = await path(world)
    async with world.database.write() as tx:
        await erase_person(tx, (await world.address()).contact, world.numbers, world.now)
    page = await look(office, where)
    assert "We write to you in no messenger" in page.seen
    assert boxes(page) == {}


async def test_where_nobody_can_be_reached_nothing_is_chosen(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    where = await path(world)
    await world.tell(Blocked("kicked"))
    assert boxes(await look(sqlite_office, where)) == {}


async def test_an_operators_own_messenger_is_no_contacts(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    where = await path(world)
    vera = await sqlite_office.operator("vera")
    address = await world.address()
    async with world.database.write() as tx:
        await tx.addresses.save([(address, replace(address, operator=OperatorId(vera)))])
    assert boxes(await look(sqlite_office, where)) == {}


async def test_whom_operators_have_blocked_may_leave(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    await world.say("hello")
    await world.tell(OperatorActed(Act.BLOCK, None))
    where = await path(world)
    page = await look(sqlite_office, where)
    await sqlite_office.browser().raw_post(where, turned(form_of(page), "promo"))
    assert await world.active() == {"orders"}


async def test_nobody_tries_without_end(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come(BOTH)
    where, browser = await path(world), sqlite_office.browser()
    found = [(await browser.get(where)).status for _ in range(61)]
    assert (found[59], found[60]) == (200, 429)


async def test_the_shop_gets_a_link_for_its_account_page(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    contact = (await world.address()).contact
    headers = await office.key("links", "shop")
    place = f"/api/v1/contacts/{contact}/preferences"
    answer = await office.browser().raw_post(place, {}, **headers)
    assert answer.status == 201, answer.text
    assert answer.json["expires_at"].startswith("2027-05-2")
    page = await look(office, urlsplit(answer.json["url"]).path)
    assert boxes(page)["promo"] is True
    assert (await office.browser().raw_post(place, {}, **await office.key("read"))).status == 403
    other = await office.key("links", "elsewhere")
    assert (await office.browser().raw_post(place, {}, **other)).status == 403
    nobody = f"/api/v1/contacts/{ContactId(1)}/preferences"
    assert (await office.browser().raw_post(nobody, {}, **headers)).status == 404


async def test_a_flow_can_name_the_link(office: Office) -> None:
    """And a button may lead there: nobody but the server has made that address."""
    source = """
flow: mine
title: {en: Mine, ru: Моё}
enter:
  - {on: keyword, words: {en: [mine]}}
steps:
  here:
    say: {en: "Choose: {{ links.preferences }}", ru: "Выберите: {{ links.preferences }}"}
    buttons:
      - {label: {en: "Open", ru: "Открыть"}, url: "{{ links.preferences }}"}
    next: finish
  finish:
    end: true
"""
    world = office.world
    world.catalog = catalog((source,))
    await world.say("mine")
    message = (await world.messages())[-1]
    url = PREFERENCES.of_address((await world.address()).id, world.now)
    assert isinstance(message.content, Content)
    assert message.content.text == f"Choose: {url}"
    assert message.content.buttons == (UrlButton("Open", url),)
    assert boxes(await look(office, urlsplit(url).path))


async def test_a_form_cannot_choose_for_somebody_else(office: Office) -> None:
    world = office.world
    await world.come(BOTH)
    await world.come(claims("7", token="jti:9", customer="c-9"), BORIS)
    theirs, where = (await world.address(BORIS)).id, await path(world)
    fields = {**form_of(await look(office, where)), f"was:{theirs}:orders": "yes"}
    await office.browser().raw_post(where, fields)
    assert await world.active(BORIS) == {"orders"}
