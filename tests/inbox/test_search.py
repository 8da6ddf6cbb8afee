"""An operator finds people, orders and what was said."""

import pytest

from inbox.indexing import Indexer
from tests.inbox.office import Office
from tests.world import BORIS, claims


async def index(office: Office) -> None:
    await Indexer(office.world.database, "test", lambda: office.world.now).index()


async def test_a_word_leads_to_its_message(office: Office) -> None:
    await office.hear("Where is my teapot?")
    await office.hear_all(f"message {number}" for number in range(120))
    await index(office)
    browser = await office.signed_in()
    page = (await browser.get("/inbox/search?q=teapots")).text
    assert "<mark>teapot</mark>" in page
    first = (await office.world.messages())[0].id
    link = f"{await office.path()}/older?before={first + 1}"
    assert f'href="{link}#m{first}"' in page
    assert f'id="m{first}"' in (await browser.get(link)).text


async def test_a_name_or_an_order_leads_to_the_person(sqlite_office: Office) -> None:
    office = sqlite_office
    await office.hear("hello there")
    await office.world.come(claims("A-1042"))
    await index(office)
    browser = await office.signed_in()
    for typed in ("anna", "A-1042", "anna+1042"):
        page = (await browser.get(f"/inbox/search?q={typed}")).text
        assert f'href="{await office.path()}#end"' in page, typed


async def test_of_one_conversation_only_the_newest_message(sqlite_office: Office) -> None:
    office = sqlite_office
    for text in ("teapot one", "teapot two"):
        await office.hear(text)
    await office.hear("teapot three", user=BORIS)
    await index(office)
    page = (await (await office.signed_in()).get("/inbox/search?q=teapot")).text
    assert ("</mark> one" in page, page.count("<mark>")) == (False, 2)


@pytest.mark.parametrize("typed", ["", "%00", "'\"*()&|", "%F0%9F%98%80", "x" * 5000, "zz:*"])
async def test_anything_may_be_typed(sqlite_office: Office, typed: str) -> None:
    await sqlite_office.hear("hello")
    await index(sqlite_office)
    answer = await (await sqlite_office.signed_in()).get(f"/inbox/search?q={typed}")
    assert answer.status == 200
    assert "Nothing was found" in answer.text


async def test_what_is_typed_and_found_is_shown_as_text(sqlite_office: Office) -> None:
    await sqlite_office.hear("<b>teapot</b> <script>1</script>")
    await index(sqlite_office)
    browser = await sqlite_office.signed_in()
    page = (await browser.get("/inbox/search?q=teapot")).text
    assert "&lt;b&gt;<mark>teapot</mark>" in page
    assert "&#34;&gt;&lt;i&gt;" in (await browser.get("/inbox/search?q=%22><i>")).text
