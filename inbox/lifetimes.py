"""How long signing in lasts, and when the password is asked for again. Pure."""

from datetime import datetime, timedelta

from core.roles import Role
from storage.sign_ins import SignInRow

LIFE = timedelta(days=14)
"""However busy a browser is, it asks for the password every other week."""
CODE_LIFE = timedelta(minutes=10)
"""From the right password to the second factor's code."""
FRESH = timedelta(minutes=15)
"""How long after the password dangerous acts go through without it."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was there: each time is a write."""
_IDLE = {
    # Over a night, not over a weekend: this sign-in can make others.
    Role.ADMIN: timedelta(hours=24),
    # From Friday evening to Monday morning are 63 hours.
    Role.SUPERVISOR: timedelta(hours=72),
    Role.OPERATOR: timedelta(hours=72),
}


def is_alive(row: SignInRow, role: Role, now: datetime) -> bool:
    """Whether somebody is signed in by it. Halfway is not."""
    return not row.awaits_code and now < row.expires_at and now - row.last_seen_at < _IDLE[role]


def awaits_code(row: SignInRow, now: datetime) -> bool:
    return row.awaits_code and now < row.expires_at


def is_fresh(row: SignInRow, now: datetime) -> bool:
    return now - row.confirmed_at < FRESH
