"""Operators edit and delete what they sent, by HTTP; the thread tells what became of it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bots.telegram.limits import LIMITS
from core.altering import Unalterable, Why
from core.ids import MessageId
from core.roles import Role
from tests.inbox.office import Browser, Office
from tests.world import TG

JSON = {"Accept": "application/json"}


async def answered(office: Office, text: str = "We open at nine") -> tuple[Browser, str, str]:
    """Vera's browser, the conversation, and where her answer is."""
    await office.hear("When do you open?")
    await office.hear("A person, please")
    browser, path = await office.signed_in(), await office.path()
    fields = {"text": text, "key": "a-key-of-one-answer", "seen": "0"}
    assert (await browser.post(f"{path}/messages", fields)).status == 303
    await office.world.deliver()
    return browser, path, f"{path}/messages/{await last(office)}"


async def last(office: Office) -> MessageId:
    return (await office.world.messages())[-1].id


def bubble(page: str, message: str) -> str:
    found = re.search(rf'<li id="m{message.rpartition("/")[2]}".*?</li>', page, re.DOTALL)
    assert found is not None
    text = re.sub(r"<[^>]*>", " ", found[0])
    return " ".join(text.split())


async def test_an_edit_without_our_script(office: Office) -> None:
    browser, path, one = await answered(office)
    form = await browser.get(f"{one}/edit")
    assert "We open at nine" in form.text
    sent = await browser.post(f"{one}/edit", {"text": " We open at ten "})
    assert sent.status == 303
    assert sent.headers["Location"].endswith(f"#m{one.rpartition('/')[2]}")
    under_way = bubble((await browser.get(path)).text, one)
    assert "We open at nine" in under_way
    assert "the edit is on its way" in under_way
    [(act, _, text)] = await office.world.carry_out()
    assert (act, text) == ("edit", "We open at ten")
    shown = bubble((await browser.get(path)).text, one)
    assert "We open at ten" in shown
    assert "edited now" in shown
    assert "on its way" not in shown
    assert await office.acts("Vera") == ["signed in", "edited an answer that was sent"]


async def test_a_deletion_leaves_no_word(office: Office) -> None:
    browser, path, one = await answered(office, "The secret price")
    deleted = await browser.post(f"{one}/delete", **JSON)
    assert "being deleted" in deleted.json["entries"][0]["html"]
    await office.world.carry_out()
    page = await browser.get(path)
    assert "The secret price" not in page.text
    assert "This answer was deleted" in bubble(page.text, one)
    assert "perator: deleted" in page.seen
    assert (await browser.get(one)).headers["Location"].endswith(f"#m{one.rpartition('/')[2]}")
    assert (await office.acts("Vera"))[-1] == "deleted an answer that was sent"


async def test_a_refusal_is_told_in_words_and_the_text_stays(office: Office) -> None:
    browser, path, one = await answered(office)
    await browser.post(f"{one}/edit", {"text": "We open at ten"})
    await office.world.carry_out(Unalterable(Why.GONE, "400 Bad Request"))
    shown = bubble((await browser.get(path)).text, one)
    assert "We open at nine" in shown
    assert "Not edited, they still see this text. It is not in their chat any more." in shown


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        pytest.param("  ", 422, "or delete the answer instead", id="nothing"),
        pytest.param("x" * 4097, 422, "at most 4096 characters", id="more than fits"),
    ],
)
async def test_what_cannot_be_an_edit_stays_in_the_form(
    sqlite_office: Office, text: str, status: int, words: str
) -> None:
    browser, _, one = await answered(sqlite_office)
    refused = await browser.post(f"{one}/edit", {"text": text})
    assert refused.status == status
    assert words in refused.text
    assert text.strip() in refused.text
    refused = await browser.post(f"{one}/edit", {"text": text}, **JSON)
    assert words in refused.json["error"]


async def test_after_a_stop_an_edit_is_refused_in_words(office: Office) -> None:
    browser, _, one = await answered(office)
    await office.hear("STOP")
    refused = await browser.post(f"{one}/edit", {"text": "Come back"}, **JSON)
    assert (refused.status, "has left with a STOP" in refused.json["error"]) == (409, True)
    assert (await browser.post(f"{one}/delete", **JSON)).status == 200


async def test_a_colleague_sees_no_menu_and_a_supervisor_does(office: Office) -> None:
    vera, path, one = await answered(office)
    boris = await office.signed_in("boris")
    rita = await office.signed_in("rita", Role.SUPERVISOR)
    assert "Edit or delete" in bubble((await vera.get(path)).text, one)
    assert "Edit or delete" not in bubble((await boris.get(path)).text, one)
    assert "Edit or delete" in bubble((await rita.get(path)).text, one)
    refused = await boris.post(f"{one}/delete", **JSON)
    assert (refused.status, "A colleague wrote it" in refused.json["error"]) == (409, True)
    assert (await rita.post(f"{one}/delete")).status == 303
    assert [act for act, *_ in await office.world.carry_out()] == ["delete"]
    assert (await office.acts("Rita"))[-1] == "deleted an answer that was sent"


async def test_the_menu_knows_beforehand_what_the_messenger_can(office: Office) -> None:
    browser, path, one = await answered(office)
    office.world.wait(hours=49)
    shown = bubble((await browser.get(path)).text, one)
    assert "Edit " in shown
    assert "Delete: It was sent too long ago: Telegram does not allow this any more." in shown
    accounts = dict(office.world.catalog.accounts)
    none = replace(LIMITS, edits_for=timedelta(0), deletes_for=timedelta(0))
    accounts[TG] = replace(accounts[TG], limits=none, title="Viber")
    object.__setattr__(office.world.catalog, "accounts", accounts)
    shown = bubble((await browser.get(path)).text, one)
    assert shown.count("Viber cannot change or take back what was sent.") == 1
    assert "Delete" not in shown


@pytest.mark.parametrize("place", ["1", "x", "9" * 30])
async def test_what_is_no_answer_here_is_not_found(sqlite_office: Office, place: str) -> None:
    browser, path, _ = await answered(sqlite_office)
    for name in ("", "/edit"):
        assert (await browser.get(f"{path}/messages/{place}{name}")).status == 404
    for name in ("edit", "delete"):
        answer = await browser.post(f"{path}/messages/{place}/{name}", {"text": "x"})
        assert answer.status == 404


async def test_colleagues_see_it_as_it_happens(office: Office) -> None:
    browser, path, one = await answered(office)
    conversation = path.rpartition("/")[2]
    async with browser.stream(f"/inbox/stream?conversation={conversation}&after=0") as stream:
        await stream.message("We open at nine")
        await browser.post(f"{one}/edit", {"text": "We open at ten"})
        await stream.message("the edit is on its way")
        await office.world.carry_out()
        await stream.message("We open at ten")
