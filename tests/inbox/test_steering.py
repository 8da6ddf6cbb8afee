"""What operators do with a conversation, and two of them in one, by HTTP."""

import pytest

from core.consent import Source
from core.content import Content
from core.conversations import ConversationState
from core.inbound import SaidElsewhere
from core.messages import MessageClass, Status
from core.outcomes import Refused
from tests.inbox.office import Browser, Office, id_of
from tests.world import ORDERS, PROMO, claims

JSON = {"Accept": "application/json"}


async def opened(office: Office) -> tuple[Browser, str]:
    await office.hear("Where is my parcel?")
    # Where a flow asks, the second thing that it does not understand goes to a person.
    await office.hear("A person, please")
    return await office.signed_in(), await office.path()


async def test_put_off_and_brought_back(office: Office) -> None:
    browser, path = await opened(office)
    fields = {"until": "evening", "zone": "Europe/Moscow"}
    assert (await browser.post(f"{path}/snooze", fields)).status == 303
    now = await office.conversation()
    assert now.state is ConversationState.SNOOZED
    assert now.snoozed_until is not None
    assert now.snoozed_until.isoformat() == "2026-11-22T15:00:00+00:00"
    assert "put off until" in (await browser.get(path)).seen
    await browser.post(f"{path}/reopen")
    assert (await office.conversation()).state is ConversationState.OPEN


@pytest.mark.parametrize(
    "fields", [{"until": "time", "at": "2020-01-01T10:00"}, {"until": "x"}, {}], ids=str
)
async def test_a_time_that_is_not_ahead(sqlite_office: Office, fields: dict[str, str]) -> None:
    browser, path = await opened(sqlite_office)
    refused = await browser.post(f"{path}/snooze", fields, **JSON)
    assert (refused.status, "still ahead" in refused.json["error"]) == (422, True)
    assert (await sqlite_office.conversation()).state is ConversationState.OPEN


async def test_closed_with_a_reason_of_the_list(office: Office) -> None:
    browser, path = await opened(office)
    assert (await browser.post(f"{path}/close", {"reason": "bored"})).status == 400
    await browser.post(f"{path}/close", {"reason": "spam"})
    assert (await office.conversation()).close_reason == "spam"
    assert "(It is spam)" in (await browser.get(path)).seen


async def test_given_to_a_colleague_who_is_at_work(office: Office) -> None:
    browser, path = await opened(office)
    boris = await office.operator("boris", "Boris")
    await browser.post(f"{path}/assign", {"assignee": str(boris)})
    assert (await office.conversation()).assignee == boris
    async with office.world.database.write() as tx:
        await tx.operators.disable("boris", office.world.now)
    await browser.post(f"{path}/assign", {"assignee": "me"})
    refused = await browser.post(f"{path}/assign", {"assignee": str(boris)}, **JSON)
    assert refused.status == 409
    assert (await office.conversation()).assignee != boris


async def test_labels_are_made_by_their_name_and_taken_off(office: Office) -> None:
    browser, path = await opened(office)
    for name in ("VIP", "vip", " late  parcel "):
        assert (await browser.post(f"{path}/labels", {"label": name})).status == 303
    async with office.world.database.read() as tx:
        labels = (await tx.lists.labels_of([id_of(path)]))[id_of(path)]
    assert sorted(label.name for label in labels) == ["VIP", "late parcel"]
    assert len({label.color for label in labels}) == 2
    await browser.post(f"{path}/labels/off", {"label": str(labels[0].id)})
    async with office.world.database.read() as tx:
        left = (await tx.lists.labels_of([id_of(path)]))[id_of(path)]
    assert left == labels[1:]
    assert (await browser.post(f"{path}/labels", {"label": "x" * 41})).status == 422


async def test_the_bot_is_silenced_and_speaks_again(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/take-over")
    assert (await office.conversation()).is_handed_over
    await browser.post(f"{path}/give-back")
    assert not (await office.conversation()).is_handed_over


async def test_a_flow_is_started_for_who_is_subscribed_to_its_topic(office: Office) -> None:
    await office.world.come(claims())
    browser, path = await opened(office)
    before = len(await office.world.said())
    refused = await browser.post(f"{path}/flow", {"flow": "offer"}, **JSON)
    assert (refused.status, "not subscribed" in refused.json["error"]) == (409, True)
    assert (await browser.post(f"{path}/flow", {"flow": "menu"})).status == 400
    await browser.post(f"{path}/take-over")
    assert (await browser.post(f"{path}/flow", {"flow": "followup"})).status == 303
    said = (await office.world.messages())[-2:]
    assert len(await office.world.said()) == before + 2
    assert {(one.cls, one.topic, one.flow) for one in said} == {
        (MessageClass.SERVICE, ORDERS, "followup")
    }
    assert not (await office.conversation()).is_handed_over
    assert "Bot, “After the order”" in (await browser.get(path)).seen


async def test_a_subscription_on_the_contacts_word_keeps_the_word(office: Office) -> None:
    browser, path = await opened(office)
    fields = {"topic": "promo", "act": "subscribe", "words": " "}
    assert (await browser.post(f"{path}/subscription", fields)).status == 422
    fields["words"] = "Yes, send me offers"
    assert (await browser.post(f"{path}/subscription", fields)).status == 303
    # Advertising begins when they press Yes in the messenger, not on what an operator heard.
    assert (await office.world.subscriptions())[PROMO].state == "pending"
    assert await office.world.active() == set()
    address = await office.world.address()
    async with office.world.database.read() as tx:
        [record] = await tx.consents.latest([address.id], 10)
    assert (record.topic, record.source) == (PROMO, Source.OPERATOR)
    assert (record.evidence or {})["written"] == "Yes, send me offers"
    await office.world.press("Yes")
    assert await office.world.active() == {"promo"}
    await browser.post(f"{path}/subscription", {**fields, "act": "unsubscribe"})
    assert await office.world.active() == set()


async def test_nobody_is_brought_back_after_a_stop_by_an_operator(office: Office) -> None:
    browser, path = await opened(office)
    await office.hear("STOP")
    fields = {"topic": "orders", "act": "subscribe", "words": "she said yes"}
    refused = await browser.post(f"{path}/subscription", fields, **JSON)
    assert (refused.status, "write START" in refused.json["error"]) == (409, True)
    assert await office.world.active() == set()


async def answer(browser: Browser, path: str, seen: str, **more: str) -> tuple[int, str]:
    fields = {"text": "Mine", "key": f"key-{seen}-{len(more)}-mine", "seen": seen, **more}
    given = await browser.post(f"{path}/messages", fields, **JSON)
    return given.status, given.json.get("error", "")


async def test_two_do_not_answer_twice(office: Office) -> None:
    browser, path = await opened(office)
    boris = await office.signed_in("boris")
    await boris.post(f"{path}/messages", {"text": "His answer", "key": "key-0001", "seen": "0"})
    status, words = await answer(browser, path, "0")
    assert (status, "Boris answered a moment ago: “His answer”" in words) == (409, True)
    assert await office.world.said() == ["His answer"]
    latest = str((await office.conversation()).answer)
    # Whoever has seen it may answer; so may he himself, from a page that does not show it.
    assert (await answer(boris, path, "0"))[0] == 200
    assert (await answer(browser, path, latest))[0] == 409
    assert (await answer(browser, path, latest, force="yes"))[0] == 200
    assert await office.world.said() == ["His answer", "Mine", "Mine"]


async def test_a_page_without_script_says_send_anyway(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await sqlite_office.tell(SaidElsewhere(Content("From the phone"), "e1"))
    fields = {"text": "Mine", "key": "key-0001", "seen": "0"}
    refused = await browser.post(f"{path}/messages", fields)
    assert refused.status == 409
    assert "in the messenger itself" in refused.seen
    assert "Send anyway</button>" in refused.text
    assert 'name="force" value="yes"' in refused.text
    assert "Mine</textarea>" in refused.text


async def test_what_the_messenger_refuses_is_told_before_and_by_the_post(
    sqlite_office: Office,
) -> None:
    browser, path = await opened(sqlite_office)
    told = await browser.post(f"{path}/foresee", {"text": "x" * 5000}, **JSON)
    assert "as 2 messages" in told.json["hint"]
    large = '[["film.mp4", 60000000, "video/mp4"]]'
    told = await browser.post(f"{path}/foresee", {"text": "", "files": large}, **JSON)
    assert "larger than 50 MB" in told.json["problem"]
    for broken in ("[", "[[1]]", '[["a", "b", "c"]]', "1", "[" * 100_000):
        answer = await browser.post(f"{path}/foresee", {"files": broken}, **JSON)
        assert answer.status == 400


async def test_what_failed_is_said_once_more_and_only_once(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/messages", {"text": "Lost", "key": "key-0001"})
    await office.world.deliver(Refused("400 Bad Request"))
    failed = (await office.world.messages())[-1]
    assert failed.status is Status.FAILED
    again = f"{path}/messages/{failed.id}/again"
    assert again in (await browser.get(path)).text
    given = await browser.post(again, **JSON)
    assert len(given.json["entries"]) == 2
    await browser.post(again)
    assert await office.world.said() == ["Lost", "Lost"]
    assert again not in (await browser.get(path)).text
    assert "sent again below" in (await browser.get(path)).seen
    refused = await browser.post(f"{path}/messages/{failed.id + 1}/again")
    assert refused.status == 404


async def test_an_advertisement_is_not_said_again_to_who_left(office: Office) -> None:
    from dataclasses import replace

    await office.world.come(claims(topics=(ORDERS, PROMO), consent="yes"))
    browser, path = await opened(office)
    await office.world.deliver()
    failed = (await office.world.messages())[-1]
    offer = replace(
        failed, cls=MessageClass.MARKETING, topic=PROMO, status=Status.FAILED, key=None,
        id=failed.id + 500, content=Content("Ten percent off"), direction="out",
    )  # fmt: skip
    async with office.world.database.write() as tx:
        await tx.messages.add([offer])
    await office.hear("STOP promo")
    await office.world.deliver()
    assert (await browser.post(f"{path}/messages/{offer.id}/again")).status == 303
    assert "Ten percent off" not in [text for _, text in await office.world.deliver()]
    async with office.world.database.read() as tx:
        [resent] = (await tx.messages.by_keys([f"again:{offer.id}"])).values()
    assert (resent.status, resent.error) == (Status.SUPPRESSED, "unsubscribed")


async def test_a_strangers_picture_is_veiled_until_they_are_known(office: Office) -> None:
    from core.content import Media, MediaKind
    from core.inbound import Said

    picture = Said(Content("", attachments=(Media(MediaKind.PHOTO, "f", "cup.jpg"),)), "p1")
    office.files["f"] = b"\xff\xd8\xff\xe0" + b"0" * 200
    await office.tell(picture)
    await office.collect()
    browser, path = await office.signed_in(), await office.path()
    assert "photo veiled" in (await browser.get(path)).text
    await browser.post(f"{path}/messages", {"text": "Hello", "key": "key-0001"})
    assert "photo veiled" not in (await browser.get(path)).text


async def test_the_thread_says_where_the_new_begins(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await browser.post(f"{path}/read")
    assert 'id="new"' not in (await browser.get(path)).text
    await sqlite_office.hear("One")
    await sqlite_office.hear("Two")
    page = await browser.get(path)
    assert page.seen.index("New One") > page.seen.index("A person, please")


async def test_others_hear_who_types(sqlite_office: Office) -> None:
    office = sqlite_office
    browser, path = await opened(office)
    boris = await office.signed_in("boris")
    stream = f"/inbox/stream?state=open&conversation={id_of(path)}"
    async with browser.stream(stream) as mine:
        await mine.until("hello")
        async with boris.stream(stream):
            here = await mine.until("company")
            assert here == {"words": "Boris has this open too", "look": "here"}
            await boris.post(f"{path}/typing")
            assert (await mine.until("company"))["words"] == "Boris is typing …"
            office.world.wait(seconds=7)
            assert (await mine.until("company"))["look"] == "here"
        assert (await mine.until("company"))["look"] == ""


async def test_what_operators_did_stands_in_the_thread_and_in_the_log(office: Office) -> None:
    await office.hear("hello there")
    oleg = await office.operator("oleg", "Oleg")
    browser, path = await office.signed_in("vera"), await office.path()
    for name, fields in (
        ("assign", {"assignee": str(oleg)}),
        ("take-over", {}),
        ("give-back", {}),
        ("close", {"reason": "solved"}),
        ("reopen", {}),
        ("read", {}),
    ):
        await browser.post(f"{path}/{name}", fields)
    page = (await browser.get(path)).text
    told = [
        "Vera gave the conversation to Oleg",
        "Vera took over from the bot",
        "Vera let the bot speak again",
        "Vera closed the conversation (It is solved)",
        "Vera opened the conversation again",
    ]
    places = [page.casefold().find(one.casefold()) for one in told]
    assert -1 not in places
    assert places == sorted(places)
    kept = await office.acts("Vera")
    assert [one for one in kept if "conversation" in one or "bot" in one] == [
        one.removeprefix("Vera ") for one in told
    ]
