"""Until when a conversation is put off, on the operator's own clock. Pure."""

from datetime import datetime, time, timedelta

from core.policy import zone

CHOICES = ("hour", "evening", "morning", "monday")
_EVENING, _MORNING = time(18), time(9)
_LONGEST = timedelta(days=366)


def until(choice: str, at: str, zone_name: str, now: datetime) -> datetime | None:
    """The moment that is meant; None for a choice that is none, or a time that is not ahead.

    `choice` is one of CHOICES, or "time" with `at` as a form writes it ("2026-11-23T09:30").
    """
    local = now.astimezone(zone(zone_name))
    match choice:
        case "hour":
            return now + timedelta(hours=1)
        case "evening":
            days = 0 if local.time() < _EVENING else 1
            return _on(local, days, _EVENING)
        case "morning":
            return _on(local, 1, _MORNING)
        case "monday":
            return _on(local, 7 - local.weekday(), _MORNING)
        case "time":
            return _chosen(at, local)
        case _:
            return None


def _on(local: datetime, days: int, clock: time) -> datetime:
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, clock, tzinfo=local.tzinfo)


def _chosen(at: str, local: datetime) -> datetime | None:
    try:
        wanted = datetime.fromisoformat(at).replace(tzinfo=local.tzinfo)
    except ValueError:
        return None
    return wanted if local < wanted <= local + _LONGEST else None
