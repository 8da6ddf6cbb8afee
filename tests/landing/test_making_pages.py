"""/pages: supervisors make landing pages, and print them."""

import io

import pytest
from PIL import Image

from core.roles import Role
from inbox.posters import Poster, draw
from tests.inbox.office import Office
from tests.landing.pages import FORM, make


async def test_a_page_is_made_changed_and_told_of(office: Office) -> None:
    desk = await make(office)
    shown = await desk.get("/pages/autumn-fair")
    assert 'value="Be the first to know"' in shown.text
    assert "http://parley.test/s/autumn-fair" in shown.text
    changed = {**FORM, "title_en": "First of all", "topic_promo": "", "name": "elsewhere"}
    assert (await desk.post("/pages/autumn-fair", changed)).status == 303
    async with office.world.database.read() as tx:
        page = await tx.landings.find("autumn-fair")
        assert await tx.landings.find("elsewhere") is None
    assert page is not None
    assert (page.title["en"], page.topics) == ("First of all", ("orders",))
    assert page.note == "poster at the counter"
    listed = (await desk.get("/pages")).seen
    assert "First of all" in listed
    await desk.post("/pages/autumn-fair/archive")
    await desk.post("/pages/autumn-fair/archive")
    assert (await office.acts("Sasha"))[-3:] == [
        "made the landing page autumn-fair",
        "changed the landing page autumn-fair",
        "archived the landing page autumn-fair",
    ]


async def test_a_name_is_taken_for_ever(office: Office) -> None:
    desk = await make(office)
    await desk.post("/pages/autumn-fair/archive")
    answer = await desk.post("/pages", FORM)
    assert answer.status == 422
    assert "of this name is there already" in answer.seen
    assert 'value="Be the first to know"' in answer.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "Осень"}, "small Latin letters"),
        ({"name": "new"}, "small Latin letters"),
        ({"name": "-x"}, "small Latin letters"),
        ({"title_en": "", "title_ru": " "}, "a title in at least one language"),
        ({"title_en": "x" * 121}, "Not more than 120 characters"),
        ({"words_ru": "x" * 2001}, "Not more than 2000 characters"),
        ({"topic_orders": "", "topic_promo": ""}, "Choose a topic, or a dialogue"),
        # Advertising without words to agree to cannot stand on a page.
        ({"topic_orders": "", "topic_promo": "", "topic_digest": "yes"}, "Choose a topic"),
        ({"flow": "nothing"}, "This dialogue is not there any more"),
        ({"site": "nowhere"}, "This shop is not in the settings"),
        ({"note": "x" * 81}, "Not more than 80 characters"),
    ],
)
async def test_what_is_wrong_stands_at_its_field(
    sqlite_office: Office, change: dict[str, str], says: str
) -> None:
    desk = await sqlite_office.signed_in("sasha", Role.SUPERVISOR)
    answer = await desk.post("/pages", {**FORM, **change})
    assert (answer.status, says in answer.seen) == (422, True), answer.seen
    assert 'aria-invalid="true" aria-describedby="wrong-' in answer.text
    async with sqlite_office.world.database.read() as tx:
        assert await tx.landings.all() == []


async def test_operators_make_no_pages(sqlite_office: Office) -> None:
    await make(sqlite_office)
    vera = await sqlite_office.signed_in("vera")
    assert (await vera.get("/pages")).status == 403
    assert (await vera.get("/pages/autumn-fair/poster.pdf")).status == 403
    assert (await vera.post("/pages/autumn-fair/archive")).status == 403
    assert "/pages" not in (await vera.get("/inbox")).text


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        ("poster.pdf?in=ru", "application/pdf", b"%PDF-"),
        ("poster.svg", "image/svg+xml", b"<?xml"),
        ("poster.png", "image/png", b"\x89PNG"),
    ],
)
async def test_a_poster_is_given(
    sqlite_office: Office, path: str, kind: str, begins: bytes
) -> None:
    desk = await make(sqlite_office)
    answer = await desk.get(f"/pages/autumn-fair/{path}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.body.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (await desk.get("/pages/autumn-fair/poster.exe")).status == 404
    assert (await desk.get("/pages/nowhere/poster.pdf")).status == 404


@pytest.mark.parametrize(
    "words",
    ["", "Коротко.", "Ещё одна длинная строка про чай. " * 60, "a" * 2000, "чай\n" * 500],
    ids=len,
)
def test_a_sheet_is_one_page_however_much_it_says(words: str) -> None:
    url = f"https://chat.example.com/s/{'a' * 64}"
    made = Poster(url, "Узнавайте первыми " * 6, words, "Наведите")
    pdf = draw(made, "pdf")
    assert pdf.count(b"/Type /Page\n") == 1
    assert b"DejaVu" in pdf
    png = Image.open(io.BytesIO(draw(made, "png")))
    assert png.width == png.height > 500
