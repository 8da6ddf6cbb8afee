"""In which language an operator reads the pages, and how times and sizes are told in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from aiohttp import web
from babel.dates import format_date
from babel.numbers import format_decimal

from inbox.catalogues import LANGUAGES, translations

COOKIE = "parley_lang"
CHOSEN = web.RequestKey("language", str)
"""What the operator who is signed in has chosen; "" for nothing."""
Say = Callable[..., str]


def language_of(request: web.Request) -> str:
    """By ?lang=, else the operator's, else the one last read here, else the browser's."""
    wanted: list[str] = [request.query.get("lang", ""), request.get(CHOSEN, "")]
    wanted.append(request.cookies.get(COOKIE, ""))
    wanted += [
        part.partition(";")[0].strip()
        for part in request.headers.get("Accept-Language", "").split(",")
    ]
    for one in wanted:
        short = one.partition("-")[0].lower()
        if short in LANGUAGES:
            return short
    return "en"


def sayer(language: str) -> Say:
    """Phrase by name, with its {values} filled in. What it gives is text, never HTML.

    A phrase that tells how many takes the number as `count`. Raises KeyError for an unknown name.
    """
    words = translations(language)

    def say(phrase: str, **values: object) -> str:
        count = values.get("count")
        if isinstance(count, int):
            text = words.ngettext(phrase, phrase, count)
        else:
            text = words.gettext(phrase)
        return text.format(**values) if values else text

    return say


def ago(at: datetime, now: datetime, language: str) -> str:
    """How long it is, in one short word: minutes, hours, days; from a week on the date."""
    say = sayer(language)
    past = now - at
    if past < timedelta(minutes=1):
        return say("now")
    if past < timedelta(hours=1):
        return say("minutes", n=int(past.total_seconds() // 60))
    if past < timedelta(days=1):
        return say("hours", n=int(past.total_seconds() // 3600))
    if past < timedelta(days=7):
        return say("days", n=past.days)
    return day(at, now, language)


def day(at: datetime, now: datetime, language: str) -> str:
    utc = at.astimezone(UTC)
    return _date(utc.date(), "d MMM" if utc.year == now.year else "d MMM y", language)


def exact(at: datetime, language: str) -> str:
    """In UTC: where the browser runs our script, it tells its own time instead."""
    utc = at.astimezone(UTC)
    return f"{_date(utc.date(), 'd MMM y', language)}, {utc:%H:%M:%S} UTC"


@lru_cache(maxsize=2048)
def _date(of: date, form: str, language: str) -> str:
    return format_date(of, form, locale=language)


def decimal(number: float, language: str) -> str:
    """1,340 or 1 340; at most two places after the point."""
    return format_decimal(number, format="#,##0.##", locale=language)


def size(number: int | None, language: str) -> str:
    if number is None:
        return ""
    units = ("B", "KB", "MB", "GB") if language == "en" else ("Б", "КБ", "МБ", "ГБ")
    value, unit = float(number), 0
    while value >= 1000 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.0f}" if unit == 0 or value >= 10 else f"{value:.1f}"
    return f"{text if language == 'en' else text.replace('.', ',')} {units[unit]}"
