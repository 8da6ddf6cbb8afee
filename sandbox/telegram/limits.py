"""The platform's rates."""

from __future__ import annotations

import math

from sandbox.bucket import Bucket

# Telegram's FAQ for bots: about 30 messages a second over all chats, about one a second in one
# chat with short bursts tolerated. The true thresholds are dynamic; these are the careful reading.
ALL_PER_SECOND = 30
ALL_BURST = 30
CHAT_PER_SECOND = 1
CHAT_BURST = 3


class Pace:
    """The two rates of one bot."""

    def __init__(self) -> None:
        self._all = Bucket(ALL_PER_SECOND, ALL_BURST)
        self._chat = Bucket(CHAT_PER_SECOND, CHAT_BURST)

    def admit(self, chat_id: int | None, now: float, count: int = 1) -> int:
        """0 when the calls may pass, which takes them; else the whole seconds to wait.

        `chat_id` None counts against the bot's total only (edits). An album larger than a burst
        waits until its chat was silent.
        """
        waits = [self._all.wait("all", now, count)]
        if chat_id is not None:
            waits.append(self._chat.wait(chat_id, now, min(count, CHAT_BURST)))
        if longest := max(waits):
            return math.ceil(longest)
        self._all.take("all", now, count)
        if chat_id is not None:
            self._chat.take(chat_id, now, count)
        return 0
