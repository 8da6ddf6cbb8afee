"""The list, a thread, the person beside it, and what operators do there."""

import asyncio
import html
import re

import pytest

from core.content import (
    Attachment,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    PressButton,
    UrlButton,
)
from core.conversations import ConversationState
from core.ids import MessageId
from core.inbound import Blocked, Edited, OperatorSaid, Said, Started
from core.messages import Direction, Status
from tests.inbox.office import Browser, Office, id_of
from tests.world import BORIS, ORDERS, PROMO, claims

HOSTILE = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}{% raw %}&amp;"


async def opened(office: Office, text: str = "Where is my parcel?") -> tuple[Browser, str]:
    await office.hear(text)
    return await office.signed_in(), await office.path()


async def test_a_free_text_waits_in_the_list_and_opens_as_a_thread(office: Office) -> None:
    browser, path = await opened(office)
    listed = await browser.get("/inbox")
    assert "Where is my parcel?" in listed.seen
    assert "waiting" in listed.seen
    thread = await browser.get(path)
    assert thread.status == 200
    assert "Where is my parcel?" in thread.seen


async def test_an_empty_inbox_says_what_would_be_here(office: Office) -> None:
    browser = await office.signed_in()
    for query, words in (
        ("", "Nobody is waiting"),
        ("?state=open&assignee=me", "Nothing is yours now"),
        ("?state=open&assignee=none", "Everything is taken"),
        ("?state=closed", "Nothing is closed yet"),
    ):
        assert words in (await browser.get(f"/inbox{query}")).seen


async def test_html_and_jinja_in_names_and_texts_are_shown_as_text(office: Office) -> None:
    await office.world.come(claims(name=HOSTILE, order=HOSTILE))
    await office.hear(HOSTILE)
    await office.tell(
        Said(Content("", attachments=(Media(MediaKind.DOCUMENT, "f", HOSTILE),)), "f1")
    )
    browser, path = await office.signed_in(), await office.path()
    for page in (await browser.get("/inbox"), await browser.get(path)):
        assert "<img src=x" not in page.text
        assert html.escape(HOSTILE, quote=False).split("&quot;")[0].split('"')[0] in page.text
        assert "49" not in re.sub(r"<[^>]*>", "", page.seen).replace(HOSTILE, "")


@pytest.mark.parametrize(
    "text",
    ["x" * 4096, "слово " * 6000, "👩‍👩‍👧‍👦 你好 नमस्ते", "שלום \u202e עולם", "a\n" * 500],
    ids=["4,096 signs", "36,000 signs", "emoji", "right to left", "500 lines"],
)
async def test_any_text_is_shown_whole(sqlite_office: Office, text: str) -> None:
    browser, path = await opened(sqlite_office, text)
    page = await browser.get(path)
    shown = re.sub(r"<[^>]*>|Show all", "", page.text)
    assert "".join(text.split()) in "".join(html.unescape(shown).split())


async def test_an_answer_is_queued_and_shown(office: Office) -> None:
    browser, path = await opened(office)
    answer = await browser.post(f"{path}/messages", {"text": "It is on its way", "key": "key-0001"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?state=open#end")
    assert await office.world.said() == ["It is on its way"]
    page = await browser.get(path)
    assert "It is on its way" in page.seen
    assert "You · now · waits to be sent" in page.seen
    conversation = await office.conversation()
    assert (conversation.unread, conversation.waiting_since) == (0, None)


async def test_a_form_sent_twice_is_one_answer(office: Office) -> None:
    browser, path = await opened(office)
    found = re.search(r'name="key" value="([\w-]+)"', (await browser.get(path)).text)
    assert found is not None
    fields = {"text": "once\r\nonly", "key": found[1], "csrf": await browser.csrf()}
    answers = await asyncio.gather(
        *(browser.raw_post(f"{path}/messages", fields) for _ in range(4))
    )
    answers.append(await browser.raw_post(f"{path}/messages", fields))
    assert [answer.status for answer in answers] == [303] * 5
    assert await office.world.said() == ["once\nonly"]
    assert office.intake.rejections == 0


async def test_other_words_with_an_old_key_are_kept_and_explained(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/messages", {"text": "first", "key": "key-0001"})
    answer = await browser.post(f"{path}/messages", {"text": "<second>", "key": "key-0001"})
    assert answer.status == 409
    assert "was sent already" in answer.seen
    assert "&lt;second&gt;</textarea>" in answer.text
    assert 'value="key-0001"' not in answer.text
    assert await office.world.said() == ["first"]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        pytest.param({"text": "  \r\n ", "key": "k" * 12}, 422, "Write something", id="nothing"),
        pytest.param({"text": "x" * 40_001, "key": "k" * 12}, 422, "40,000", id="too much"),
        pytest.param({"text": "hi", "key": "k"}, 400, "did not come", id="a key that is none"),
        pytest.param({"text": "hi"}, 400, "did not come", id="no key"),
    ],
)
async def test_what_cannot_be_sent_is_explained(
    sqlite_office: Office, fields: dict[str, str], status: int, words: str
) -> None:
    browser, path = await opened(sqlite_office)
    answer = await browser.post(f"{path}/messages", fields)
    assert (answer.status, words in answer.seen) == (status, True)
    assert await sqlite_office.world.said() == []


async def test_our_script_gets_the_bubble_and_a_fresh_key(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    fields = {"text": "Hello", "key": "key-0001"}
    answer = await browser.post(f"{path}/messages", fields, Accept="application/json")
    assert answer.status == 200
    data = answer.json
    assert "Hello" in data["html"]
    assert len(data["key"]) >= 8
    refused = await browser.post(
        f"{path}/messages", {**fields, "text": "Other"}, Accept="application/json"
    )
    assert (refused.status, "sent already" in refused.json["error"]) == (409, True)


async def test_whoever_blocked_us_cannot_be_answered_and_the_page_says_why(
    office: Office,
) -> None:
    browser, path = await opened(office)
    await office.tell(Blocked("blocked"))
    page = await browser.get(path)
    assert "has blocked us or is gone" in page.seen
    assert re.search(r"<textarea[^>]* disabled>", page.text)
    answer = await browser.post(f"{path}/messages", {"text": "hello?", "key": "key-0001"})
    assert answer.status == 409
    assert "hello?</textarea>" in answer.text
    assert await office.world.said() == []


async def test_close_reopen_and_a_message_opens_again(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/close")
    assert (await office.conversation()).state is ConversationState.CLOSED
    assert path not in (await browser.get("/inbox")).text
    assert path in (await browser.get("/inbox?state=closed")).text
    await browser.post(f"{path}/reopen")
    assert (await office.conversation()).state is ConversationState.OPEN
    await browser.post(f"{path}/close")
    await office.hear("one more thing")
    assert path in (await browser.get("/inbox")).text


async def test_taking_and_letting_go(office: Office) -> None:
    browser, path = await opened(office)
    other = await office.signed_in("boris")
    await browser.post(f"{path}/assign", {"assignee": "me"})
    assert "you have it" in (await browser.get(path)).seen
    assert "Vera has it" in (await other.get(path)).seen
    assert path in (await browser.get("/inbox?state=open&assignee=me")).text
    assert path not in (await other.get("/inbox?state=open&assignee=me")).text
    assert path not in (await browser.get("/inbox?state=open&assignee=none")).text
    await other.post(f"{path}/assign", {"assignee": "none"})
    assert (await office.conversation()).assignee is None
    assert path in (await browser.get("/inbox?state=open&assignee=none")).text
    assert (await browser.post(f"{path}/assign", {"assignee": "17"})).status == 409


async def test_reading_takes_the_number_away_and_only_by_saying_so(office: Office) -> None:
    browser, path = await opened(office)
    await browser.get(path)
    assert (await office.conversation()).unread == 1
    await browser.post(f"{path}/read")
    assert (await office.conversation()).unread == 0


async def test_the_bot_gets_its_voice_back(office: Office) -> None:
    browser, path = await opened(office)
    await office.tell(OperatorSaid(None, Content("answer"), MessageId(7)))
    assert "keeps silent here" in (await browser.get(path)).seen
    await browser.post(f"{path}/give-back")
    assert not (await office.conversation()).is_handed_over
    assert "keeps silent here" not in (await browser.get(path)).seen


async def test_an_act_keeps_the_list_that_one_works_in(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    answer = await browser.post(f"{path}/read?state=open&assignee=none")
    assert answer.headers["Location"] == f"{path}?state=open&assignee=none#end"
    evil = await browser.post(f"{path}/read?state=%0d%0aX:1&assignee=//evil")
    assert evil.headers["Location"] == f"{path}?state=open#end"


@pytest.mark.parametrize(
    "id_", ["999", "0", "-1", "x", "12x", "٣", "9" * 19, "9" * 40, "%00", "1%2f2", " 1"]
)
async def test_a_conversation_that_is_not_there_is_said_in_words(
    sqlite_office: Office, id_: str
) -> None:
    browser = await sqlite_office.signed_in()
    answer = await browser.get(f"/inbox/{id_}")
    assert answer.status == 404
    assert "Traceback" not in answer.text


async def test_what_happened_stands_between_what_was_said(office: Office) -> None:
    await office.world.come()
    await office.hear("STOP")
    await office.hear("And a question")
    browser, path = await office.signed_in(), await office.path()
    seen = (await browser.get(path)).seen
    # Neither the code of a link nor a bare command is shown as somebody's words.
    assert "/start" not in seen
    assert "Anna K came by a link" in seen
    assert "Anna K subscribed to Order updates by a link" in seen
    assert "Anna K left everything by writing “STOP”" in seen
    assert seen.index("came by a link") < seen.index("left everything")


async def test_a_likely_stop_is_marked(sqlite_office: Office) -> None:
    browser, path = await opened(sqlite_office)
    await sqlite_office.hear("don't write to me any more")
    assert "may want to leave and was asked" in (await browser.get(path)).seen


async def test_the_note_of_a_flow_stands_above_the_thread(sqlite_office: Office) -> None:
    await sqlite_office.world.come()
    await sqlite_office.world.press("Not good")
    browser, path = await sqlite_office.signed_in(), await sqlite_office.path()
    assert "Handed over: Unhappy with 1042" in (await browser.get(path)).seen


async def test_the_person_beside_the_thread(office: Office) -> None:
    await office.world.come(claims(consent="I agree to get offers.", topics=(ORDERS, PROMO)))
    await office.tell(OperatorSaid(None, Content("Can I help?"), MessageId(7)))
    browser, path = await office.signed_in(), await office.path()
    aside = (await browser.get(path)).text.partition("<aside")[2]
    seen = " ".join(re.sub(r"<[^>]*>", " ", aside).split())
    for words in (
        "Customer c-1",
        "Telegram 5550001 can be written to",
        "Order 1042 paid",
        "Order updates subscribed · now",
        "Offers subscribed · now",
        "Words shown: “I agree to get offers.”",
        "After the order",
        "step “rate”",
        "waits for an answer · until",
    ):
        assert words in html.unescape(seen), words


async def test_every_kind_of_attachment_is_shown_in_place(sqlite_office: Office) -> None:
    office = sqlite_office
    attachments: tuple[Attachment, ...] = (
        Media(MediaKind.PHOTO, "p"),
        Media(MediaKind.VIDEO, "v"),
        Media(MediaKind.VOICE, "o"),
        Media(MediaKind.DOCUMENT, "d", "list.pdf", size=12_345),
        Location(55.75, 37.61),
        ContactCard("+79990001122", "Boris", own=False),
    )
    office.files |= dict.fromkeys("pvod", b"bytes")
    for number, one in enumerate(attachments):
        await office.tell(Said(Content("", attachments=(one,)), f"a{number}"))
    await office.collect()
    elsewhere = Media(MediaKind.PHOTO, "https://cdn.example.com/a.jpg")
    ours = Content("", attachments=(elsewhere,))
    await office.tell(OperatorSaid(None, ours, MessageId(9_000_000)))
    browser, path = await office.signed_in(), await office.path()
    text = (await browser.get(path)).text
    assert re.search(r'<img src="/inbox/files/\d+/0"', text)
    assert re.search(r'<video [^>]*src="/inbox/files/\d+/0"', text)
    assert re.search(r'<audio [^>]*src="/inbox/files/\d+/0"', text)
    assert "list.pdf" in text
    assert "12 KB" in text
    # What is elsewhere is never loaded by itself: it would tell that site who reads.
    assert 'href="https://cdn.example.com/a.jpg" target="_blank" rel="noopener noreferrer"' in text
    assert 'src="https://' not in text
    assert "https://www.openstreetmap.org/?mlat=55.750000&amp;mlon=37.610000" in text
    assert 'href="tel:+79990001122"' in text


async def test_buttons_and_edits_are_shown_quietly(sqlite_office: Office) -> None:
    office = sqlite_office
    await office.hear("helo")
    first = (await office.world.messages())[0]
    await office.tell(Edited(first.external_id, Content("hello")))
    buttons = (PressButton("Great", "x"), UrlButton("Look", "https://shop.example.com"))
    await office.tell(OperatorSaid(None, Content("How?", buttons=buttons), MessageId(7)))
    browser, path = await office.signed_in(), await office.path()
    seen = (await browser.get(path)).seen
    assert "hello Anna · now · edited" in seen
    assert "How? Great Look" in seen


async def test_what_was_not_sent_says_why(sqlite_office: Office) -> None:
    world = sqlite_office.world
    await world.come()
    await world.say("question")
    await world.say("STOP")
    await sqlite_office.hear("another question")
    browser, path = await sqlite_office.signed_in(), await sqlite_office.path()
    assert any(m.status is Status.CANCELLED for m in await world.messages())
    assert "not sent: they left before it went out" in (await browser.get(path)).seen


async def test_earlier_messages_come_page_by_page(office: Office) -> None:
    await office.hear_all(f"message number {number:03}." for number in range(120))
    browser, path = await office.signed_in(), await office.path()
    page = await browser.get(path)
    seen: list[str] = []
    for _ in range(5):
        thread = page.text.partition('id="messages"')[2]
        seen = re.findall(r"message number (\d+)\.", thread) + seen
        link = re.search(r'href="([^"]*/older[^"]*)"', thread)
        if link is None:
            break
        page = await browser.get(html.unescape(link[1]))
    assert seen == [f"{number:03}" for number in range(120)]
    assert "This is where it began." in page.seen
    assert "To the latest messages" in page.seen


async def test_a_long_list_goes_on_page_by_page(office: Office) -> None:
    for number in range(60):
        office.world.wait(seconds=1)
        await office.hear(f"from {number:02}.", user=str(6000 + number))
    browser = await office.signed_in()
    page = await browser.get("/inbox")
    first = re.findall(r"from (\d\d)\.", page.text)
    assert first == [f"{number:02}" for number in range(59, 9, -1)]
    link = re.search(r'href="([^"]*before=[^"]*)"', page.text)
    assert link is not None
    rest = re.findall(r"from (\d\d)\.", (await browser.get(html.unescape(link[1]))).text)
    assert rest == [f"{number:02}" for number in range(9, -1, -1)]


@pytest.mark.parametrize("before", ["x", "W10", "WyJ4IiwxXQ", "WyIyMDI2LTAxLTAxIiwxXQ", "a" * 900])
async def test_a_broken_place_in_the_list_is_its_beginning(
    sqlite_office: Office, before: str
) -> None:
    browser, path = await opened(sqlite_office)
    answer = await browser.get(f"/inbox?before={before}")
    assert (answer.status, path in answer.text) == (200, True)


async def test_the_language_is_the_browsers_until_another_is_chosen(office: Office) -> None:
    await office.hear()
    browser, path = await office.signed_in(), await office.path()
    assert 'lang="ru"' in (await browser.get(path, **{"Accept-Language": "ru-RU,en;q=0.5"})).text
    assert '<html lang="en"' in (await browser.get(path, **{"Accept-Language": "de"})).text
    chosen = await browser.get(f"{path}?lang=ru")
    assert "Закрыть" in chosen.seen
    assert "Закрыть" in (await browser.get(path, **{"Accept-Language": "en"})).seen


async def test_two_contacts_are_two_conversations(sqlite_office: Office) -> None:
    await sqlite_office.hear("from Anna")
    await sqlite_office.hear("from Boris", user=BORIS)
    browser = await sqlite_office.signed_in()
    page = await browser.get(await sqlite_office.path(BORIS))
    thread = page.text.partition('id="messages"')[2].partition("</ol>")[0]
    assert ("from Boris" in thread, "from Anna" in thread) == (True, False)


async def test_a_bare_start_is_told_as_an_event(sqlite_office: Office) -> None:
    await sqlite_office.tell(Started())
    await sqlite_office.hear()
    browser, path = await sqlite_office.signed_in(), await sqlite_office.path()
    assert "Anna pressed Start" in (await browser.get(path)).seen
    async with sqlite_office.world.database.read() as tx:
        found = await tx.conversations.find([id_of(path)])
    assert len(found) == 1
    assert all(m.direction is Direction.IN for m in await sqlite_office.world.messages())
