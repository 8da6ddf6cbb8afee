"""Who may call now: the key of a call, its scope, and how often it may call in a minute."""

import math
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from api.errors import ApiError
from api.keys import Scope, authenticate
from core.pacing import Pace, earliest, reserve
from storage.database import Database
from storage.keys import ApiKey

RATE: web.RequestKey[dict[str, str]] = web.RequestKey("rate", dict)
"""The headers that tell a caller how much is left; `server.middleware` puts them on the answer."""
_MOST_KEYS = 10_000


class Admission:
    """Counts in this process's memory: behind three processes three times as much is possible.

    `per_minute` may be used up at once; then what is used comes back evenly.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], per_minute: int) -> None:
        self._database = database
        self._clock = clock
        self._pace = Pace(per_minute / 60, burst=per_minute)
        self._reserved: dict[int, float] = {}

    async def admit(self, request: web.Request, scope: Scope) -> ApiKey:
        """The key of this call. Raises ApiError 401, 403 or 429."""
        key = await authenticate(self._database, request.headers, scope)
        now = self._clock().timestamp()
        # Taken out and put back last: the first one is who has been silent the longest.
        reserved = self._reserved.pop(key.id, 0.0)
        wait = earliest(self._pace, reserved, now) - now
        reserved = reserved if wait > 0 else reserve(self._pace, reserved, now)
        self._reserved[key.id] = reserved
        if len(self._reserved) > _MOST_KEYS:
            del self._reserved[next(iter(self._reserved))]
        request[RATE] = self._told(reserved, now)
        if wait > 0:
            message = f"more than {self._pace.burst} calls in a minute with this key"
            headers = {"Retry-After": str(max(1, math.ceil(wait)))}
            raise ApiError(429, "too_many_calls", message, headers=headers)
        return key

    def _told(self, reserved: float, now: float) -> dict[str, str]:
        used = max(0.0, reserved - now)
        left = self._pace.burst - math.ceil(used / self._pace.interval - 1e-6)
        return {
            "RateLimit-Limit": str(self._pace.burst),
            "RateLimit-Remaining": str(max(0, left)),
            "RateLimit-Reset": str(math.ceil(used)),
        }
