"""Adding up: rates, who counts, the order of rows, growth counted back from today."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.funnel import (
    By,
    Changed,
    Counted,
    Kept,
    Key,
    Span,
    funnel_of,
    growth_of,
    rate,
    span_of,
)
from core.ids import AccountId, SiteId

TODAY = date(2026, 11, 28)
TG, VK = AccountId("shop-tg"), AccountId("shop-vk")


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        pytest.param(0, 0, None, id="of nothing there is no share"),
        pytest.param(3, 0, None, id="what came without being counted before has none either"),
        pytest.param(0, 7, 0.0, id="nobody of some is zero"),
        pytest.param(1, 3, 0.3333, id="it is rounded to a hundredth of a percent"),
        pytest.param(3, 2, 1.5, id="one who comes twice by one click is more than all"),
    ],
)
def test_a_share(part: int, whole: int, share: float | None) -> None:
    assert rate(part, whole) == share


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [
        pytest.param(None, None, Span(date(2026, 10, 30), TODAY), id="the last 30 days"),
        pytest.param(TODAY, None, Span(TODAY, TODAY), id="today alone"),
        pytest.param(
            None,
            date(2026, 3, 1),
            Span(date(2026, 1, 31), date(2026, 3, 1)),
            id="30 days up to one",
        ),
        pytest.param(
            TODAY - timedelta(days=365), TODAY, Span(date(2025, 11, 28), TODAY), id="a whole year"
        ),
        pytest.param(
            TODAY - timedelta(days=366), TODAY, "ask for at most 366 days at once", id="no more"
        ),
        pytest.param(
            TODAY, date(2026, 11, 1), "since must not be later than until", id="not backwards"
        ),
    ],
)
def test_the_days_asked_for(since: date | None, until: date | None, span: Span | str) -> None:
    assert span_of(since, until, TODAY) == span


def test_a_span_ends_with_its_last_day() -> None:
    span = Span(TODAY, TODAY, SiteId("shop"))
    assert span.since == datetime(2026, 11, 28, tzinfo=UTC)
    assert span.until == datetime(2026, 11, 29, tzinfo=UTC)


def test_pages_stand_by_what_they_bring_and_days_in_their_order() -> None:
    parts = [
        (Key(source="widget", place="/seen"), Counted(shown=900)),
        (Key(source="page", place="poster"), Counted(shown=10, clicked=5)),
        (Key(source="page", place="poster"), Counted(started=4, subscribed=3)),
        (Key(source="go"), Counted(started=9, had_all=7, subscribed=2)),
    ]
    funnel = funnel_of(parts, By.PLACE, 2)
    assert [key.place for key, _ in funnel.rows] == ["poster", ""]
    assert funnel.rows[0][1] == Counted(10, 5, 4, 0, 3)
    assert funnel.left_out == 1
    assert funnel.total == Counted(910, 5, 13, 7, 5)
    days = [(Key(day=f"2026-11-{day}"), Counted(subscribed=int(day))) for day in ("20", "10")]
    assert [key.day for key, _ in funnel_of(days, By.DAY, 9).rows] == ["2026-11-10", "2026-11-20"]


numbers = st.integers(0, 50)
counted = st.builds(
    Counted,
    numbers,
    numbers,
    numbers,
    numbers,
    numbers,
    st.builds(Kept, numbers, numbers),
    st.builds(Kept, numbers, numbers),
)
places = st.sampled_from([Key(source="page", place=name) for name in "abcd"])


@given(parts=st.lists(st.tuples(places, counted)), limit=st.integers(1, 5))
def test_nothing_gets_lost_in_adding_up(parts: list[tuple[Key, Counted]], limit: int) -> None:
    funnel = funnel_of(parts, By.PLACE, limit)
    assert funnel.total == sum((one for _, one in parts), Counted())
    assert len(funnel.rows) + funnel.left_out == len({key for key, _ in parts})
    if not funnel.left_out:
        assert sum((one for _, one in funnel.rows), Counted()) == funnel.total


def test_growth_is_counted_back_from_what_there_is() -> None:
    days = tuple(TODAY - timedelta(days=back) for back in (2, 1, 0))
    changed = [
        Changed(days[1], TG, began=5),
        Changed(days[1], TG, ended=1),
        Changed(days[2], TG, ended=2),
        Changed(days[2], VK, began=3),
    ]
    growth = growth_of(changed, {TG: 12, VK: 3}, days)
    assert growth.accounts == {TG: (10, 14, 12), VK: (0, 0, 3)}
