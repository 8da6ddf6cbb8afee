"""An open page is kept true: at once, after a lost connection, and until the session ends."""

import re
from collections.abc import AsyncIterator

import pytest

from core.content import Content
from core.ids import MessageId, NoteId
from core.inbound import Blocked, Edited, OperatorSaid
from core.messages import Author, Direction, Message, MessageClass, Status
from inbox.board import Tempo
from inbox.stream import MOST_PER_SESSION
from storage.notes import Note
from tests.inbox.office import Browser, Office, open_office
from tests.world import BORIS


@pytest.fixture
async def quiet_office(sqlite_url: str) -> AsyncIterator[Office]:
    """Looks only when it is told to, so that being told is what a test sees."""
    never = Tempo(look=30, thread=30, closely=30, about=0, reload=30, alive=30, together=0)
    async with open_office(sqlite_url, tempo=never) as office:
        yield office


async def open_page(office: Office, text: str = "Hello") -> tuple[Browser, str, str]:
    """A signed-in browser, the conversation's path, and the stream that its page opens."""
    await office.hear(text)
    browser, path = await office.signed_in(), await office.path()
    return browser, path, await stream_of(browser, path)


async def stream_of(browser: Browser, path: str) -> str:
    found = re.search(r'data-stream="([^"]+)"', (await browser.get(path)).text)
    assert found is not None
    return found[1].replace("&amp;", "&")


async def test_a_message_appears_at_once(quiet_office: Office) -> None:
    browser, _, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await quiet_office.hear("Are you there?")
        told = await stream.message("Are you there?")
        assert f'data-id="{told["id"]}"' in told["html"]
        assert stream.ids[-1] == told["id"]
        listed = await stream.until("list")
        assert any("Are you there?" in row for row in listed["rows"].values())


async def test_a_page_that_is_up_to_date_is_told_nothing(quiet_office: Office) -> None:
    browser, path, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await quiet_office.hear("the next thing")
        # The first event after hello is what happened after the page was made.
        first = await stream.until("message")
        assert "the next thing" in first["html"]
    assert path


async def test_what_another_process_did_appears_too(office: Office) -> None:
    browser, _, url = await open_page(office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        # Written without telling this process: only looking at the database shows it.
        await office.world.say("from the other node")
        await stream.message("from the other node")


async def test_a_new_conversation_comes_into_the_open_list(quiet_office: Office) -> None:
    browser = await quiet_office.signed_in()
    async with browser.stream(await stream_of(browser, "/inbox")) as stream:
        await stream.until("hello")
        await quiet_office.hear("from Anna")
        listed = await stream.until("list")
        assert len(listed["ids"]) == 1
        await quiet_office.hear("from Boris", user=BORIS)
        listed = await stream.until("list")
        # Only what changed is sent again; the order is told whole.
        assert (len(listed["ids"]), len(listed["rows"])) == (2, 1)


async def test_a_closed_conversation_leaves_the_open_list(quiet_office: Office) -> None:
    browser, path, _ = await open_page(quiet_office)
    async with browser.stream(await stream_of(browser, "/inbox")) as stream:
        await stream.until("hello")
        await browser.post(f"{path}/close")
        assert (await stream.until("list"))["ids"] == []


async def test_whoever_comes_back_gets_what_was_said_meanwhile(office: Office) -> None:
    browser, _, url = await open_page(office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await office.hear("one")
        await stream.message("one")
        last = stream.ids[-1]
    await office.hear("two")
    await office.hear("three")
    async with browser.stream(url, last) as stream:
        await stream.message("two")
        await stream.message("three")


async def test_a_long_absence_loses_nothing_and_keeps_the_order(sqlite_office: Office) -> None:
    office = sqlite_office
    browser, _, url = await open_page(office)
    last = (await office.world.messages())[-1].id
    await office.hear_all(f"message number {number:03}." for number in range(130))
    async with browser.stream(url, str(last)) as stream:
        seen: list[str] = []
        while "129" not in seen:
            seen += re.findall(r"number (\d+)\.", (await stream.until("message"))["html"])
    assert seen == [f"{number:03}" for number in range(130)]


async def test_after_too_long_an_absence_the_page_starts_anew(sqlite_office: Office) -> None:
    office = sqlite_office
    browser, _, url = await open_page(office)
    last = (await office.world.messages())[-1].id
    for part in range(3):
        await office.hear_all(f"message {part} {number}" for number in range(220))
    async with browser.stream(url, str(last)) as stream:
        await stream.until("reload")


async def test_a_message_with_a_smaller_id_that_commits_late_is_seen(office: Office) -> None:
    browser, _, url = await open_page(office)
    address = (await office.world.address()).id
    late = Message(
        MessageId(next(office.world.numbers)), address, Direction.IN, MessageClass.REPLY,
        Author.CONTACT, Content("committed late"), Status.RECEIVED, office.world.now,
    )  # fmt: skip
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await office.hear("committed first")
        await stream.message("committed first")
        newest = stream.ids[-1]
        async with office.world.database.write() as tx:
            await tx.messages.add([late])
        told = await stream.message("committed late")
        assert int(told["id"]) < int(newest) == int(stream.ids[-1])


async def test_an_answer_is_followed_until_it_is_sent(office: Office) -> None:
    browser, path, url = await open_page(office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await browser.post(f"{path}/messages", {"text": "On its way", "key": "key-0001"})
        queued = await stream.message("On its way")
        assert "waits to be sent" in queued["html"]
        await office.world.deliver()
        sent = await stream.message(">sent<")
        assert sent["id"] == queued["id"]
        assert sent["mark"] != queued["mark"]


async def test_an_edit_shows_the_latest_wording(office: Office) -> None:
    browser, _, url = await open_page(office, "helo")
    first = (await office.world.messages())[0]
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await office.tell(Edited(first.external_id, Content("hello, corrected")))
        told = await stream.message("hello, corrected")
        assert told["id"] == str(first.id)


async def test_the_head_and_the_person_follow(quiet_office: Office) -> None:
    browser, path, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await browser.post(f"{path}/assign", {"assignee": "me"})
        about = await stream.until("about")
        assert "you have it" in about["head"]
        assert about["reachable"] is True


async def test_a_block_closes_the_answer_in_the_open_page(office: Office) -> None:
    browser, _, url = await open_page(office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await office.tell(Blocked("blocked"))
        about = await stream.until("about", lambda data: data["reachable"] is False)
        assert "cannot be reached" in about["card"]


async def test_a_stop_is_told_as_a_line(quiet_office: Office) -> None:
    browser, _, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await quiet_office.hear("STOP")
        await stream.message("Anna left everything by writing “STOP”")


async def test_names_and_texts_come_escaped(quiet_office: Office) -> None:
    browser, _, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await quiet_office.hear("<script>alert(1)</script>{{ 7*7 }}")
        told = await stream.message("{{ 7*7 }}")
        assert "<script>" not in told["html"]


@pytest.mark.parametrize("way", ["sign out", "disabled", "expired"])
async def test_the_stream_ends_with_the_session(sqlite_office: Office, way: str) -> None:
    office = sqlite_office
    browser, _, url = await open_page(office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        if way == "sign out":
            await browser.post("/sign-out")
        elif way == "disabled":
            async with office.world.database.write() as tx:
                await tx.operators.disable("vera", office.world.now)
        else:
            office.world.wait(days=15)
        await office.world.say("not for you")
        seen = [line async for line in stream.lines()]
    assert "event: over" in seen
    assert not any("not for you" in line for line in seen)
    assert office.hub.watchers == 0


async def test_too_many_tabs_pause_the_oldest(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    async with browser.stream("/inbox/stream") as oldest:
        await oldest.until("hello")
        others = [browser.stream("/inbox/stream") for _ in range(MOST_PER_SESSION)]
        for one in others:
            await one.__aenter__()
        await oldest.until("paused")
        assert [line async for line in oldest.lines()][1:] == []
        for one in others:
            await one.__aexit__()


async def test_streams_end_when_the_server_stops(quiet_office: Office) -> None:
    browser = await quiet_office.signed_in()
    async with browser.stream("/inbox/stream") as stream:
        await stream.until("hello")
        quiet_office.hub.close()
        await stream.until("paused")
        assert not [line async for line in stream.lines() if line]
    async with browser.stream("/inbox/stream") as late:
        await late.until("paused")


async def test_a_quiet_stream_gives_signs_of_life(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    async with browser.stream("/inbox/stream") as stream:
        async for line in stream.lines():
            if line == ": alive":
                return
    raise AssertionError("no sign of life")


async def test_the_conversation_of_a_stream_must_exist(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    answer = await browser.get("/inbox/stream?conversation=999", Accept="text/event-stream")
    assert answer.status == 404
    assert sqlite_office.hub.watchers == 0


async def test_an_answer_elsewhere_is_seen_here(quiet_office: Office) -> None:
    browser, _, url = await open_page(quiet_office)
    async with browser.stream(url) as stream:
        await stream.until("hello")
        await quiet_office.tell(OperatorSaid(None, Content("from a colleague"), MessageId(9999)))
        assert "An operator" in (await stream.message("from a colleague"))["html"]


async def test_a_note_that_was_begun_earlier_and_committed_later_is_shown(office: Office) -> None:
    browser, _, url = await open_page(office)
    where = (await office.conversation()).id
    async with browser.stream(url) as stream:
        await stream.until("hello")
        for text, id_ in (("the second", 9_000_000), ("the first", 8_000_000)):
            note = Note(NoteId(id_), where, None, text, (), office.world.now)
            async with office.world.database.write() as tx:
                assert await tx.notes.add(note)
            await stream.message(text)
