"""The one place where the clock is read."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
