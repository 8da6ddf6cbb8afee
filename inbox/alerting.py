"""Telling those who are away that somebody waits, and those who supervise that nobody answered.

What is due is read and decided (`core.alerts`), claimed in one short transaction, and only then
sent: several processes tell each thing once, and a process that dies leaves the rest to others.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from core.alert_rules import concerning, due, to_escalate
from core.alerts import Alert, AlertSettings, Key, Person, Waiting, Way
from core.hours import WorkingHours
from core.ids import ConversationId, OperatorId
from core.inbound import ConversationAct
from dialogues.catalog import Catalog
from dialogues.intake import Overloaded
from inbox.alert_words import Said, spoken
from inbox.assigning import SEEN_WITHIN
from inbox.reaching import PUT_OFF, SENT, Reach, Reaching
from inbox.rights import Right, may
from inbox.talking import Talking
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.tx import Tx

log = logging.getLogger(__name__)

_TELL_EVERY = 3.0
_ESCALATE_EVERY = 15.0
_GIVE_BACK_EVERY = 60.0
_MOST_WAITING = 200
"""Of more that wait, those whose wait is newest: who waits for longer was told of before."""
_AT_ONCE = 10
_MOST_ALERTS = 30
"""Three at most by each of ten at once, none longer than half a minute."""
_APART = ((Way.PUSH, Way.MESSENGER), (Way.MAIL,))
"""A mail server that is slow holds up no notification."""
_LEASE = timedelta(seconds=20)
_AGAIN = timedelta(minutes=2)
"""No call takes as long: what was claimed and not recorded by then is tried again."""
_REMEMBERED = timedelta(minutes=20)


class Alerting:
    """`owner` is this process. `outcomes` are counted by (way, what became of it)."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        talking: Talking,
        reaching: Reaching,
        settings: AlertSettings,
        clock: Callable[[], datetime],
        owner: str,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._talking = talking
        self._reaching = reaching
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.escalated = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again_and_again(self.escalate_due, _ESCALATE_EVERY))
            group.create_task(self._again_and_again(self.give_back, _GIVE_BACK_EVERY))
            for ways in _APART:
                group.create_task(self._again_and_again(partial(self.tell_due, ways), _TELL_EVERY))

    async def _again_and_again(self, work: Callable[[], Awaitable[int]], seconds: float) -> None:
        while True:
            try:
                await work()
            except (Unavailable, Contended, Overloaded) as error:
                log.warning("alerts wait", extra={"error": error.code})
            await asyncio.sleep(seconds)

    async def escalate_due(self) -> int:
        """Mark what nobody has answered for too long; how many that were."""
        after = self._settings.escalate_after
        if after is None:
            return 0
        async with self._database.read() as tx:
            waiting = await tx.alerts.unescalated(self._catalog.accounts, _MOST_WAITING)
            wanted = to_escalate(waiting, after, self._hours, self._clock())
            found = await tx.conversations.find([one.conversation for one in wanted])
        if not found or not await self._leads("escalating"):
            return 0
        for listed in found:
            acted = await self._talking.act(listed, ConversationAct.ESCALATE, None)
            self.escalated += acted.conversation.is_escalated
        return len(found)

    async def give_back(self) -> int:
        """The messengers of who was disabled are their own again: what they subscribed to as
        customers comes there, and what they write is heard. How many that were."""
        async with self._database.read() as tx:
            found = await tx.addresses.of_disabled_operators()
        for address in found:
            if address.operator is not None and address.account in self._catalog.accounts:
                await self._reaching.unlink(address, address.operator)
        return len(found)

    async def tell_due(self, ways: Collection[Way] = tuple(Way)) -> int:
        """Tell what is due now by these ways; how many alerts that were."""
        now = self._clock()
        async with self._database.read() as tx:
            waiting = await tx.alerts.waiting(self._catalog.accounts, _MOST_WAITING)
        if not waiting:
            return 0
        reaches = {one.operator.id: one for one in await self._reaching.reaches(now)}
        async with self._database.read() as tx:
            alerts = await self._due(tx, waiting, reaches, now)
        alerts = [one for one in alerts if one.way in ways][:_MOST_ALERTS]
        alerts = await self._claim(alerts, "alerts:" + "+".join(sorted(ways)), now)
        if not alerts:
            return 0
        said = await self._said(alerts, reaches)
        limit = asyncio.Semaphore(_AT_ONCE)

        async def tell(alert: Alert) -> str:
            async with limit:
                return await self._tell(alert, reaches[alert.operator], said)

        outcomes = await asyncio.gather(*map(tell, alerts))
        await self._record(alerts, outcomes)
        return len(alerts)

    @property
    def _hours(self) -> WorkingHours | None:
        return self._catalog.away.hours if self._catalog.away else None

    async def _due(
        self,
        tx: Tx,
        waiting: Sequence[Waiting],
        reaches: Mapping[OperatorId, Reach],
        now: datetime,
    ) -> list[Alert]:
        present = {one.operator for one in await tx.presence.present(now - SEEN_WITHIN)}
        people = [self._person(one, present) for one in reaches.values()]
        alerts = concerning(waiting, people, now, self._hours)
        if not alerts:
            return []
        told = await tx.alerts.told({one.conversation for each in alerts for one in each.about})
        last = await tx.alerts.last(now - _REMEMBERED)
        return due(alerts, told, last, now)

    def _person(self, reach: Reach, present: set[OperatorId]) -> Person:
        wishes, settings = reach.wishes, self._settings
        chosen = settings.ways if wishes.ways is None else wishes.ways
        return Person(
            operator=reach.operator.id,
            ways=chosen & reach.ways,
            after=settings.after if wishes.after is None else timedelta(minutes=wishes.after),
            is_present=reach.operator.id in present,
            is_supervisor=may(reach.operator.role, Right.HEAR_ESCALATIONS),
            only_mine=wishes.only_mine,
            any_hour=wishes.any_hour,
        )

    async def _claim(self, alerts: Sequence[Alert], lease: str, now: datetime) -> list[Alert]:
        """Those, and of each that part, which are ours to tell."""
        wanted = [pair for alert in alerts for pair in alert.claims()]
        if not wanted or not await self._leads(lease):
            return []
        async with self._database.write() as tx:
            won = await tx.alerts.claim(wanted, now, now + _AGAIN)
        ours = [replace(alert, about=_won(alert, won)) for alert in alerts]
        return [alert for alert in ours if alert.about]

    async def _leads(self, name: str) -> bool:
        """Whether the others leave it to this process; what is claimed holds in any case."""
        now = self._clock()
        async with self._database.write() as tx:
            return await tx.leases.claim(name, self._owner, now, now + _LEASE) is not None

    async def _said(
        self, alerts: Sequence[Alert], reaches: Mapping[OperatorId, Reach]
    ) -> dict[ConversationId, Said]:
        """Who wrote what, where somebody wants it in their notifications."""
        wanted = {
            one.conversation
            for alert in alerts
            if alert.way is Way.PUSH and reaches[alert.operator].wishes.shows_text
            for one in alert.about
        }
        if not wanted:
            return {}
        async with self._database.read() as tx:
            found = await tx.conversations.find(wanted)
            latest = await tx.messages.latest([one.conversation.address for one in found])
        return {
            one.conversation.id: Said(one.name, latest.get(one.conversation.address))
            for one in found
        }

    async def _tell(self, alert: Alert, to: Reach, said: Mapping[ConversationId, Said]) -> str:
        language = spoken(
            to.operator.language,
            to.wishes.language,
            *(one.language for one in to.pushes),
            *self._catalog.languages,
        )
        try:
            shown = said if to.wishes.shows_text else None
            outcome = await self._reaching.tell(alert, to, language, shown)
        except Exception:
            # One alert that cannot be told must not keep the others from being told.
            log.exception("alert failed", extra={"way": alert.way, "kind": alert.kind})
            outcome = "failed"
        self.outcomes[alert.way, outcome.partition(":")[0]] += 1
        return outcome

    async def _record(self, alerts: Sequence[Alert], outcomes: Sequence[str]) -> None:
        again = self._clock() + _AGAIN
        rows = [
            (key, mark, outcome, again if outcome == PUT_OFF else None)
            for alert, outcome in zip(alerts, outcomes, strict=True)
            for key, mark in alert.claims()
        ]
        async with self._database.write() as tx:
            await tx.alerts.record(rows)
        sent = sum(outcome == SENT for outcome in outcomes)
        log.info("operators told", extra={"alerts": len(alerts), "sent": sent})


def _won(alert: Alert, won: set[Key]) -> tuple[Waiting, ...]:
    keys = [key for key, _ in alert.claims()]
    return tuple(one for one, key in zip(alert.about, keys, strict=True) if key in won)
