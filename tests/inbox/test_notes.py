"""Notes of operators, and replies kept ready, by HTTP."""

import pytest

from core.roles import Role
from storage.erasure import erase_person, export_person
from tests.inbox.office import Browser, Office, id_of
from tests.world import claims

JSON = {"Accept": "application/json"}


async def opened(office: Office) -> tuple[Browser, str]:
    await office.hear("Where is my parcel?")
    return await office.signed_in(), await office.path()


async def test_a_note_is_in_the_thread_of_everybody_and_is_not_sent(office: Office) -> None:
    browser, path = await opened(office)
    boris = await office.signed_in("boris")
    before = await office.world.messages()
    note = {"text": "<b>@Boris</b> knows", "key": "key-0001"}
    answer = await browser.post(f"{path}/notes", note)
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?state=open#end")
    for reader in (browser, boris):
        assert "<b>@Boris</b> knows" in (await reader.get(path)).seen
    assert await office.world.messages() == before
    assert await office.world.deliver() == []
    assert (await office.conversation()).answer is None


async def test_the_same_form_twice_is_one_note(office: Office) -> None:
    browser, path = await opened(office)
    for _ in range(2):
        await browser.post(f"{path}/notes", {"text": "once", "key": "key-0001"})
    async with office.world.database.read() as tx:
        assert len(await tx.notes.latest(id_of(path), 10)) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"text": " ", "key": "key-0001"}, 422, id="nothing"),
        pytest.param({"text": "x" * 10_001, "key": "key-0001"}, 422, id="too much"),
        pytest.param({"text": "x", "key": "k"}, 400, id="no key"),
    ],
)
async def test_a_note_that_is_none(
    sqlite_office: Office, fields: dict[str, str], status: int
) -> None:
    browser, path = await opened(sqlite_office)
    assert (await browser.post(f"{path}/notes", fields, **JSON)).status == status


async def test_a_note_comes_live_and_marks_the_list_of_whom_it_calls(office: Office) -> None:
    browser, path = await opened(office)
    await office.operator("boris", "Boris")
    boris, anna = await office.signed_in("boris"), await office.signed_in("anna")
    stream = f"/inbox/stream?state=open&conversation={id_of(path)}"
    async with anna.stream(stream) as open_page, boris.stream("/inbox/stream?state=open") as list_:
        await open_page.until("hello")
        await browser.post(f"{path}/notes", {"text": "@boris look", "key": "key-0001"})
        await open_page.message("@boris look")
        called = await list_.until("called")
        assert called == {"ids": [str(id_of(path))]}
        await boris.post(f"{path}/read")
        assert (await list_.until("called", lambda data: not data["ids"])) == {"ids": []}


async def test_notes_go_with_the_person(office: Office) -> None:
    browser, path = await opened(office)
    await browser.post(f"{path}/notes", {"text": "a secret", "key": "key-0001"})
    await browser.post(f"{path}/labels", {"label": "vip"})
    contact = (await office.world.address()).contact
    async with office.world.database.write() as tx:
        assert [one["text"] for one in (await export_person(tx, contact))["notes"]] == ["a secret"]
        await erase_person(tx, contact, office.world.numbers, office.world.now)
    async with office.world.database.read() as tx:
        assert await tx.notes.latest(id_of(path), 10) == []
        assert await tx.lists.labels_of([id_of(path)]) == {}


REPLY = {"shortcut": "/Thanks", "text_en": "Hi {{ first_name }}!", "text_ru": "", "whose": "me"}


async def test_replies_are_made_changed_and_deleted(office: Office) -> None:
    browser = await office.signed_in("vera", role=Role.SUPERVISOR)
    assert (await browser.post("/replies", REPLY)).status == 303
    page = await browser.get("/replies")
    assert "/thanks" in page.seen
    reply = page.text.partition('action="/replies/')[2].partition('"')[0]
    changed = {**REPLY, "text_ru": "Привет!", "whose": "all"}
    assert (await browser.post(f"/replies/{reply}", changed)).status == 303
    assert "Привет!" in (await (await office.signed_in("boris")).get("/replies")).text
    assert (await browser.post(f"/replies/{reply}/remove")).status == 303
    assert "/thanks" not in (await browser.get("/replies")).seen


async def test_a_shortcut_is_taken_once_by_each_and_once_by_all(office: Office) -> None:
    browser = await office.signed_in("vera", role=Role.SUPERVISOR)
    shared = {**REPLY, "whose": "all"}
    for fields in (REPLY, shared):
        assert (await browser.post("/replies", fields)).status == 303
        refused = await browser.post("/replies", fields)
        assert (refused.status, "“/thanks” already" in refused.seen) == (422, True)
    boris = await office.signed_in("boris", role=Role.SUPERVISOR)
    assert (await boris.post("/replies", REPLY)).status == 303
    other = {**shared, "shortcut": "other"}
    await boris.post("/replies", other)
    page = (await boris.get("/replies")).text
    reply = page.partition("<b>/other</b>")[2].partition('action="/replies/')[2].partition('"')[0]
    assert (await boris.post(f"/replies/{reply}", shared)).status == 422


async def test_nobody_changes_a_reply_of_somebody_else(sqlite_office: Office) -> None:
    browser, _ = await opened(sqlite_office)
    await browser.post("/replies", REPLY)
    page = (await browser.get("/replies")).text
    reply = page.partition('action="/replies/')[2].partition('"')[0]
    boris = await sqlite_office.signed_in("boris")
    assert (await boris.post(f"/replies/{reply}", REPLY)).status == 404
    assert (await boris.post(f"/replies/{reply}/remove")).status == 404
    assert "/thanks" not in (await boris.get("/replies")).seen


async def test_what_is_everybodys_is_changed_by_supervisors_alone(sqlite_office: Office) -> None:
    lead = await sqlite_office.signed_in("vera", role=Role.SUPERVISOR)
    await lead.post("/replies", {**REPLY, "whose": "all"})
    boris = await sqlite_office.signed_in("boris")
    page = (await boris.get("/replies")).text
    reply = page.partition('action="/replies/')[2].partition('"')[0]
    assert 'value="all"' not in page
    for path in ("/replies", f"/replies/{reply}", f"/replies/{reply}/remove"):
        assert (await boris.post(path, {**REPLY, "whose": "all"})).status == 403, path
    assert "/thanks" in (await boris.get("/replies")).seen


async def test_what_was_written_stays_in_a_refused_form(sqlite_office: Office) -> None:
    browser, _ = await opened(sqlite_office)
    refused = await browser.post("/replies", {**REPLY, "text_en": "Hi {{ nme }} <b>"})
    assert refused.status == 422
    assert "“nme”" in refused.seen
    assert "Hi {{ nme }} &lt;b&gt;</textarea>" in refused.text


async def test_replies_speak_the_contacts_language(sqlite_office: Office) -> None:
    office = sqlite_office
    browser, path = await opened(office)
    await browser.post("/replies", {**REPLY, "text_ru": "Здравствуйте, {{ first_name }}!"})
    await browser.post("/replies", {**REPLY, "shortcut": "order", "text_en": "Order {{ order }}."})

    async def texts() -> list[str]:
        return [
            one["text"] for one in (await browser.get(f"{path}/replies", **JSON)).json["replies"]
        ]

    assert await texts() == ["Order.", "Hi Anna!"]
    await office.world.come(claims(order="77", locale="ru"))
    assert await texts() == ["Order 77.", "Здравствуйте, Anna!"]
