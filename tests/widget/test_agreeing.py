"""What was shown is what is taken: the record has the words, the page, the time and the source."""

import pytest

from core.consent import Source
from tests.widget.stall import PAGE, Stall
from tests.world import NOW, ORDERS, PROMO


async def test_the_press_takes_order_updates_with_the_line_that_stood_beside(stall: Stall) -> None:
    await stall.start(await stall.press(stall.token(), "orders promo"))
    assert await stall.world.active() == {ORDERS}
    [record] = await stall.consents()
    assert (record.topic, record.source, record.at) == (ORDERS, Source.WIDGET, NOW)
    assert record.evidence["words"] == (await stall.offer("orders"))["service"]["words"]
    assert record.evidence["page"] == PAGE
    assert record.evidence["agreed_at"] == "2026-11-22T12:00:00+00:00"
    assert record.evidence["ip"] == "192.0.2.7"


async def test_a_tick_takes_advertising_with_its_own_words_in_the_language(stall: Stall) -> None:
    made = await stall.press(stall.token(), "orders promo", ("promo",), "ru")
    await stall.start(made)
    assert await stall.world.active() == {ORDERS, PROMO}
    words = {record.topic: record.evidence["words"] for record in await stall.consents()}
    assert words[PROMO] == "Согласие получать акции."
    assert "Статусы заказов" in str(words[ORDERS])


async def test_advertising_that_the_token_names_is_not_taken_without_a_tick(
    sqlite_stall: Stall,
) -> None:
    token = sqlite_stall.token(topics=["orders", "promo"], consent={"text": "Agreed elsewhere"})
    await sqlite_stall.start(await sqlite_stall.press(token, "orders promo"))
    assert await sqlite_stall.world.active() == {ORDERS}


async def test_without_a_token_there_is_no_order_and_all_the_same_evidence(
    sqlite_stall: Stall,
) -> None:
    await sqlite_stall.start(await sqlite_stall.press(None, "orders promo", ("promo",)))
    assert await sqlite_stall.world.active() == {ORDERS, PROMO}
    assert await sqlite_stall.world.said() == []
    records = await sqlite_stall.consents()
    assert {record.evidence["page"] for record in records} == {PAGE}


PROMO_WORDS = "I agree to get offers."


@pytest.mark.parametrize(
    ("changes", "topic"),
    [
        pytest.param(
            {"ticked": [{"topic": "promo", "words": "Yes to all"}]}, "promo", id="made up"
        ),
        pytest.param({"ticked": [{"topic": "promo", "words": ""}]}, "promo", id="no words"),
        pytest.param(
            {"ticked": [{"topic": "promo", "words": "Согласие получать акции."}]},
            "promo",
            id="of another language",
        ),
        pytest.param(
            {"ticked": [{"topic": "nothing", "words": PROMO_WORDS}]}, "nothing", id="no topic"
        ),
        pytest.param(
            {"service": {"topics": ["promo"], "words": PROMO_WORDS}},
            "promo",
            id="advertising by the mere press",
        ),
        pytest.param(
            {"service": {"topics": ["orders"], "words": "Press here"}}, "orders", id="another line"
        ),
        pytest.param({"service": {"topics": ["orders"], "words": ""}}, "orders", id="no line"),
    ],
)
async def test_a_page_cannot_invent_words(
    sqlite_stall: Stall, changes: dict[str, object], topic: str
) -> None:
    answer = await sqlite_stall.press(**changes)
    assert (answer.status, answer.code) == (409, "words_changed")
    assert [one["place"] for one in answer.json["error"]["details"]] == [topic]
    async with sqlite_stall.world.database.read() as tx:
        assert await tx.links.load(["any"]) == {}


async def test_words_with_nothing_ticked_take_nothing(sqlite_stall: Stall) -> None:
    await sqlite_stall.start(await sqlite_stall.press(None, "promo"))
    assert await sqlite_stall.world.subscriptions() == {}
