"""Who has a conversation before them, and who is typing in it: in memory, and forgotten soon.

What other processes see comes as sightings; each repeats its own every two seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ids import ConversationId, OperatorId
from storage.notices import MOST_SIGHTINGS, Notice, Sighting
from storage.tx import Tx

_FORGOTTEN_AFTER = timedelta(seconds=6)
_TIDIED_FROM = 500
_MOST = 10_000
"""People seen at once. Beyond it those of other processes are not told of."""

Place = tuple[ConversationId, OperatorId]
Wake = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Company:
    """The others in a conversation; who types has it open too."""

    here: tuple[OperatorId, ...] = ()
    typing: tuple[OperatorId, ...] = ()


class Presence:
    def __init__(self, clock: Callable[[], datetime], process: str = "") -> None:
        """`process` signs what other processes are told."""
        self._clock = clock
        self.process = process
        self._open: Counter[Place] = Counter()
        self._seen: dict[Place, datetime] = {}
        self._typing: dict[Place, datetime] = {}
        self._readers: dict[ConversationId, list[Wake]] = {}

    @contextmanager
    def reading(
        self, conversation: ConversationId, operator: OperatorId, wake: Wake
    ) -> Iterator[None]:
        """An open page; `wake` is called when the company may have changed."""
        place = (conversation, operator)
        self._readers.setdefault(conversation, []).append(wake)
        self._open[place] += 1
        self._wake(conversation)
        try:
            yield
        finally:
            readers = self._readers[conversation]
            readers.remove(wake)
            if not readers:
                del self._readers[conversation]
            self._open[place] -= 1
            if self._open[place] <= 0:
                del self._open[place]
                self._typing.pop(place, None)
            self._wake(conversation)

    def types(self, conversation: ConversationId, operator: OperatorId) -> None:
        self._note(self._typing, (conversation, operator))

    def stops(self, conversation: ConversationId, operator: OperatorId) -> None:
        """What they typed is said, or gone."""
        if self._typing.pop((conversation, operator), None) is not None:
            self._wake(conversation)

    def company(self, conversation: ConversationId, but: OperatorId) -> Company:
        """Everybody but one, in the order of their ids."""
        since = self._clock() - _FORGOTTEN_AFTER
        typing = {
            who for (at, who), when in self._typing.items() if at == conversation and when > since
        }
        here = {who for at, who in self._open if at == conversation}
        here |= {
            who for (at, who), when in self._seen.items() if at == conversation and when > since
        }
        here |= typing
        return Company(tuple(sorted(here - {but})), tuple(sorted(typing - {but})))

    def heard(self, sightings: Iterable[Sighting]) -> None:
        """What another process sees."""
        for conversation, operator, is_typing in sightings:
            place = (ConversationId(conversation), OperatorId(operator))
            if conversation not in self._readers:
                continue
            self._note(self._seen, place)
            if is_typing:
                self._note(self._typing, place)
            elif self._typing.pop(place, None) is not None:
                self._wake(place[0])

    async def tell(self, tx: Tx, place: Place | None = None) -> None:
        """Let the other processes know of this place, or of all, with the transaction's commit."""
        since = self._clock() - _FORGOTTEN_AFTER
        places = sorted(self._open)[:MOST_SIGHTINGS] if place is None else [place]
        sightings = tuple(
            (int(where), int(who), self._typing.get((where, who), since) > since)
            for where, who in places
        )
        if sightings:
            await tx.notices.tell(Notice(self.process, sightings=sightings))

    def _note(self, times: dict[Place, datetime], place: Place) -> None:
        now = self._clock()
        before = times.get(place)
        if before is None and len(times) >= _TIDIED_FROM:
            self._forget(times, now)
        if len(times) < _MOST:
            times[place] = now
        if before is None or before <= now - _FORGOTTEN_AFTER:
            self._wake(place[0])

    def _forget(self, times: dict[Place, datetime], now: datetime) -> None:
        for place in [one for one, when in times.items() if when <= now - _FORGOTTEN_AFTER]:
            del times[place]

    def _wake(self, conversation: ConversationId) -> None:
        for wake in self._readers.get(conversation, ()):
            wake()
