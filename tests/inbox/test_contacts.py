"""/contacts: everybody, narrowed down, found by name, page by page, and as a table."""

import csv
import io
import re
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from core.content import Content
from core.ids import UserId
from core.inbound import Blocked, Said, Tagged
from core.people import Profile
from core.roles import Role
from inbox.contacts_csv import harmless
from inbox.indexing import Indexer
from storage.directory import Sought
from storage.erasure import erase_person
from tests.inbox.office import Browser, Office
from tests.world import ANNA, BORIS, ORDERS, PROMO, VK, World, claims

CLARA = UserId("5550003")


async def _names(browser: Browser, query: str = "") -> list[str]:
    """Whom the page shows, in its order."""
    page = (await browser.get(f"/contacts?{query}")).text
    return re.findall(r'class="naming">(?:<a [^>]*>|<b>)<bdi>(.*?)</bdi>', page)


async def _somebody(world: World, user: UserId, name: str, **options: Any) -> None:
    said = world.inbound(Said(Content("hi"), f"m{next(world.keys)}"), user, **options)
    await world.receive(replace(said, profile=Profile(first_name=name, username=name.lower())))


async def _town(office: Office) -> None:
    """Anna ordered and gets both topics; Boris only wrote, and blocked us; Clara is elsewhere."""
    world = office.world
    await world.come(claims("1042", topics=(ORDERS, PROMO), consent="I agree", name="Anna K"))
    await _somebody(world, BORIS, "Boris")
    await world.tell(Blocked(), BORIS)
    world.wait(days=3)
    await _somebody(world, CLARA, "Clara", account=VK)
    address = await world.address(CLARA, VK)
    await world.receive(
        replace(world.inbound(Tagged("vip", is_on=True), CLARA, account=VK), address=address.id)
    )
    await Indexer(world.database, "test", lambda: world.now).index()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ["Clara", "Boris", "Anna K"], id="the newest stands first"),
        pytest.param("q=clar", ["Clara"], id="by the beginning of a name"),
        pytest.param("q=boris+", ["Boris"], id="by a username"),
        pytest.param("q=1042", ["Anna K"], id="by an order"),
        pytest.param("q=c-1+", ["Anna K"], id="by a customer"),
        pytest.param("q=anna+1042+", ["Anna K"], id="by both"),
        pytest.param("q=%21%21", [], id="signs alone are nobody's name"),
        pytest.param("account=shop-two", ["Clara"], id="by the messenger"),
        pytest.param("site=shop", ["Clara", "Boris", "Anna K"], id="by the site"),
        pytest.param("topic=orders", ["Anna K"], id="who is subscribed"),
        pytest.param("topic=orders&state=never", ["Clara", "Boris"], id="who never was"),
        pytest.param("topic=promo&state=unsubscribed", [], id="who left"),
        pytest.param("tag=vip", ["Clara"], id="by a tag"),
        pytest.param("reachable=no", ["Boris"], id="who cannot be reached"),
        pytest.param("reachable=yes&account=shop-tg", ["Anna K"], id="of one messenger"),
        pytest.param("since=2026-11-24", ["Clara"], id="who wrote lately"),
        pytest.param("topic=no&since=x&reachable=?&account=gone", ["Clara", "Boris", "Anna K"],
                     id="what is no filter filters nothing"),
    ],
)  # fmt: skip
async def test_whom_a_filter_finds(office: Office, query: str, names: list[str]) -> None:
    await _town(office)
    assert await _names(await office.signed_in(), query) == names


async def test_a_row_tells_who_it_is(office: Office) -> None:
    await _town(office)
    await office.world.say("STOP")
    page = (await (await office.signed_in()).get("/contacts")).seen
    assert "3 people" in page
    assert "Telegram · wrote STOP" in page
    assert "Telegram @boris · cannot be reached" in page
    assert "Second @clara" in page
    assert "Tag: vip" in page
    # Whoever has the right to act on many sees how; others do not.
    assert "Add a tag" not in page
    assert "Save as CSV" not in page
    supervisor = await office.signed_in("sue", Role.SUPERVISOR)
    assert "Add a tag" in (await supervisor.get("/contacts")).seen


async def test_merged_people_are_one_with_all_their_messengers(office: Office) -> None:
    world = office.world
    await world.come(claims("1", token="jti:1"))
    await world.come(claims("2", token="jti:2"), user=BORIS, account=VK)
    browser = await office.signed_in()
    for query in ("", "account=shop-two", "topic=orders&account=shop-tg"):
        assert await _names(browser, query) == ["Anna K"]
    page = (await browser.get("/contacts")).seen
    assert "Telegram" in page
    assert "Second" in page


async def test_many_people_come_page_by_page(office: Office) -> None:
    world = office.world
    await world.receive(
        *(world.inbound(Said(Content("hi"), f"m{number}"), UserId(str(number)))
          for number in range(120))
    )  # fmt: skip
    browser, path, seen = await office.signed_in(), "/contacts?account=shop-tg", 0
    while path:
        page = (await browser.get(path)).text
        seen += page.count('class="naming"')
        following = re.search(r'href="(/contacts\?[^"]*before=\d+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == 120
    assert "120 people" in (await browser.get("/contacts")).seen


async def test_erased_people_have_no_tags_to_be_found_by(office: Office) -> None:
    await _town(office)
    world = office.world
    async with world.database.write() as tx:
        [clara] = await tx.directory.page(Sought(tag="vip"), 10)
        await erase_person(tx, clara.id, count(10**6), world.now)
    async with world.database.read() as tx:
        assert await tx.directory.page(Sought(tag="vip"), 10) == []
        assert await tx.directory.tags() == []


async def _csv(office: Office, language: str = "en", **fields: str) -> tuple[bytes, str]:
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    answer = await browser.post(f"/contacts/export?lang={language}", fields)
    assert answer.status == 200, answer.text
    return answer.body, answer.headers["Content-Disposition"]


async def test_people_leave_as_a_table_that_a_spreadsheet_reads(office: Office) -> None:
    await _town(office)
    await _somebody(office.world, UserId("9"), '=HYPERLINK("http://evil","x")')
    body, disposition = await _csv(office)
    assert body.startswith(b"\xef\xbb\xbf")
    assert disposition == 'attachment; filename="contacts-2026-11-25.csv"'
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == [
        "'=HYPERLINK(\"http://evil\",\"x\")", "Clara", "Boris", "Anna K",
    ]  # fmt: skip
    anna = rows[-1]
    assert (anna["Customer"], anna["Topics"], anna["Can be reached"]) == (
        "c-1", "Offers, Order updates", "yes",
    )  # fmt: skip
    assert rows[1]["Messengers"] == "Second @clara"
    assert await office.acts("Sue") == ["signed in", "exported contacts as a table (4)"]
    body, _ = await _csv(office, "ru", tag="vip")
    assert body.decode("utf-8-sig").splitlines()[1].split(";")[1] == "Clara"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+7 900", "'+7 900"),
        ("-2", "'-2"),
        ("@anna", "'@anna"),
        ("\tx", "'\tx"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),  # Excel takes it for "=".
        ("Anna = Boris", "Anna = Boris"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert harmless(cell) == written


async def test_operators_neither_export_nor_act_on_many(office: Office) -> None:
    browser = await office.signed_in()
    assert (await browser.post("/contacts/export")).status == 403
    assert (await browser.get("/contacts/act?act=tag&all=yes")).status == 403
    assert (await browser.post("/contacts/act", {"act": "tag"})).status == 403
    assert (await browser.get("/contacts/acts")).status == 403


async def test_an_export_asks_for_the_password_once_more(office: Office) -> None:
    browser = await office.signed_in("sue", Role.SUPERVISOR)
    office.world.wait(minutes=20)
    answer = await browser.post("/contacts/export")
    assert (answer.status, answer.headers["Location"]) == (303, "/confirm?next=/contacts")
    assert ANNA.encode() not in answer.body
