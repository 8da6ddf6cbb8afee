"""Days as people write them."""

from datetime import date

import pytest

from flows.dates import parse_date

TODAY = date(2026, 11, 22)
"""A Sunday."""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-25", date(2026, 12, 25)),
        ("25.12.2026", date(2026, 12, 25)),
        ("25/12/26", date(2026, 12, 25)),
        ("25.12", date(2026, 12, 25)),
        ("1.2", date(2027, 2, 1)),
        ("22.11", date(2027, 11, 22)),
        ("29.2", date(2028, 2, 29)),
        ("25 December", date(2026, 12, 25)),
        ("December 25th, 2027", date(2027, 12, 25)),
        ("the 25", date(2026, 11, 25)),
        ("1st of may", date(2027, 5, 1)),
        ("5 мая", date(2027, 5, 5)),
        ("5 мая 2030 г.", date(2030, 5, 5)),
        ("завтра", date(2026, 11, 23)),
        ("Послезавтра", date(2026, 11, 24)),
        ("today", date(2026, 11, 22)),
        ("in 10 days", date(2026, 12, 2)),
        ("через 2 дня", date(2026, 11, 24)),
        ("friday", date(2026, 11, 27)),
        ("в пятницу", date(2026, 11, 27)),
        ("Sunday", date(2026, 11, 29)),
        ("30.2.2027", None),
        ("32.1", None),
        ("1.1.1500", None),
        ("5 maybe", None),
        ("satisfied", None),
        ("12", None),
        ("", None),
        ("x" * 100, None),
    ],
)
def test_a_day(text: str, day: date | None) -> None:
    assert parse_date(text, "ru", TODAY) == day


@pytest.mark.parametrize(("locale", "month"), [("en-US", 3), ("en_US", 3), ("en", 4), ("ru", 4)])
def test_the_month_comes_first_where_people_write_so(locale: str, month: int) -> None:
    found = parse_date("3/4/2027", locale, TODAY)
    assert found is not None
    assert found.month == month
