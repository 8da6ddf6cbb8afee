"""Everything about a person is given out, or erased, from their conversation."""

import json
from datetime import timedelta

from core.roles import Role
from tests.inbox.office import PASSWORD, Browser, Office
from tests.world import PROMO, claims

JSON = {"Accept": "application/json"}


async def opened(office: Office, login: str, role: Role) -> tuple[Browser, str]:
    await office.world.come(claims("MARK-order", name="MARK-name", topics=(PROMO,), consent="yes"))
    await office.hear("MARK-text")
    await office.hear("MARK-text")
    return await office.signed_in(login, role), await office.path()


async def test_a_supervisor_gives_everything_out(office: Office) -> None:
    browser, path = await opened(office, "sue", Role.SUPERVISOR)
    answer = await browser.post(f"{path}/export")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="contact-')
    assert answer.headers["Cache-Control"] == "no-store"
    everything = json.loads(answer.body)
    assert "MARK-name" in {one["name"] for one in everything["contacts"]}
    assert "MARK-text" in answer.text
    assert (await office.acts("Sue"))[-1].startswith("exported the contact")
    assert "exported the contact" in (await browser.get(path)).seen


async def test_an_administrator_erases_after_the_password_and_a_yes(office: Office) -> None:
    browser, path = await opened(office, "ada", Role.ADMIN)
    page = await browser.get(f"{path}/erase")
    assert "1 order" in page.seen
    assert "This stays" in page.seen
    office.world.wait(minutes=20)
    sure = {"sure": "yes"}
    led = await browser.post(f"{path}/erase/now", sure)
    assert led.headers["Location"] == f"/confirm?next={path}/erase"
    await browser.post("/confirm", {"password": PASSWORD, "next": f"{path}/erase"})
    refused = await browser.post(f"{path}/erase/now", {}, **JSON)
    assert (refused.status, "Tick" in refused.json["error"]) == (422, True)
    assert (await browser.post(f"{path}/erase/now", sure)).status == 303
    seen = (await browser.get(path)).seen
    assert "MARK" not in seen
    assert "Ada erased the contact" in seen
    address = await office.world.address()
    assert not address.is_reachable
    assert await office.world.active() == set()
    assert (await office.acts("Ada"))[-1].startswith("erased the contact")


async def test_files_of_who_is_erased_are_gone_at_once(office: Office) -> None:
    from core.content import Content, Media, MediaKind
    from core.inbound import Said

    office.files["f"] = b"\xff\xd8\xff\xe0" + b"0" * 200
    await office.tell(Said(Content("", attachments=(Media(MediaKind.PHOTO, "f", "c.jpg"),)), "p1"))
    await office.collect()
    browser, path = await office.signed_in("ada", Role.ADMIN), await office.path()
    assert [one for one in office.folder.rglob("*") if one.is_file()]
    await browser.post(f"{path}/erase/now", {"sure": "yes"})
    assert not [one for one in office.folder.rglob("*") if one.is_file()]


async def test_what_was_joined_is_erased_with_them(office: Office) -> None:
    from tests.world import BORIS, VK

    browser, path = await opened(office, "ada", Role.ADMIN)
    await office.hear("MARK-other", user=BORIS, account=VK)
    other = (await office.world.address(BORIS, VK)).contact
    assert (await browser.post(f"{path}/merge/join", {"other": str(other)})).status == 303
    await browser.post(f"{path}/erase/now", {"sure": "yes"})
    assert not (await office.world.address(BORIS, VK)).is_reachable
    assert "Part them again" not in (await browser.get(path)).seen
    async with office.world.database.read() as tx:
        assert await tx.merges.into((await office.world.address()).contact) == []


async def test_blocked_people_begin_anew_after_an_erasure(office: Office) -> None:
    browser, path = await opened(office, "ada", Role.ADMIN)
    await browser.post(f"{path}/block")
    await browser.post(f"{path}/erase/now", {"sure": "yes"})
    office.world.now += timedelta(days=1)
    await office.hear("Hello again")
    assert (await office.conversation()).state == "open"
