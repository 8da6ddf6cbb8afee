"""Days as people write them: 25.12.2026, 25 December, tomorrow, в пятницу. Read by dateparser."""

from datetime import date, datetime, time
from importlib import import_module
from typing import Any

_LANGUAGES = ["en", "ru"]
_LONGEST = 60
_YEARS = range(1900, 2201)


def parse_date(text: str, locale: str, today: date) -> date | None:
    """The day meant, or None. Without a year: the next one after today.

    `locale` en-US puts the month first in 12/25; everywhere else the day comes first.
    """
    said = " ".join(text.split())
    if not said or len(said) > _LONGEST or not any(sign.isalnum() for sign in said):
        return None
    if not any(sign.isalpha() for sign in said):
        said = said.replace(".", "/")  # "22.11" would be taken for a time of day.
    # "32/1" must not become a month of 2032; "в пятницу" names neither day nor month.
    required = [] if any(sign.isalpha() for sign in said) else ["day", "month"]
    parsed: datetime | None = _dateparser().parse(
        said,
        languages=_LANGUAGES,
        settings={
            "DATE_ORDER": "MDY" if locale.replace("_", "-") == "en-US" else "DMY",
            "PREFER_DATES_FROM": "future",
            # Without a base it would read the clock.
            "RELATIVE_BASE": datetime.combine(today, time()),
            "REQUIRE_PARTS": required,
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    return parsed.date() if parsed is not None and parsed.year in _YEARS else None


def _dateparser() -> Any:
    # Its import takes a good part of a second, and few flows ask for a day.
    return import_module("dateparser")
