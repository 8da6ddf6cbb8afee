"""Bringing an alert to its operator: to their browsers, their own messenger, their mailbox."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from core.alerts import Alert, PushSubscription, Way, Wishes
from core.ids import AccountId, ConversationId, EventKey, OperatorId
from core.inbound import Inbound, OperatorAlerted, OperatorUnlinked
from core.people import Address
from dialogues.intake import Intake, Overloaded
from inbox.alert_words import Said, Words
from inbox.mailing import Mailer, MailPutOff, MailRefused
from inbox.pushing import Notification, PushGone, PushPutOff, PushRefused, PushService
from storage.database import Database
from storage.errors import Contended, Unavailable
from storage.operators import Operator

log = logging.getLogger(__name__)

SENT, PUT_OFF = "sent", "put_off"
_BUSY = (Overloaded, Unavailable, Contended)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one operator can be told something now."""

    operator: Operator
    wishes: Wishes
    pushes: Sequence[PushSubscription] = ()
    addresses: Sequence[Address] = ()
    email: str = ""

    @property
    def ways(self) -> frozenset[Way]:
        found = ((Way.PUSH, self.pushes), (Way.MESSENGER, self.addresses), (Way.MAIL, self.email))
        return frozenset(way for way, places in found if places)


class Reaching:
    """`mailer` is None where no mail server is configured."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        push: PushService,
        mailer: Mailer | None,
        clock: Callable[[], datetime],
        public_url: str,
        titles: Mapping[AccountId, str],
    ) -> None:
        self.push = push
        self.mailer = mailer
        self._database = database
        self._intake = intake
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._titles = titles

    def words(self, language: str) -> Words:
        return Words(language, self._public_url, {str(k): v for k, v in self._titles.items()})

    async def reaches(self, now: datetime) -> list[Reach]:
        """Of every operator who may work."""
        async with self._database.read() as tx:
            operators = [one for one in await tx.operators.all() if one.disabled_at is None]
            wishes = await tx.wishes.all()
            pushes = await tx.pushes.of([one.id for one in operators], now)
            own = await tx.addresses.of_operators()
        return [
            self._reach(one, wishes.get(one.id, Wishes(one.id)), pushes.get(one.id, []), own)
            for one in operators
        ]

    async def reach(self, operator: Operator, now: datetime) -> Reach:
        """Of this one."""
        async with self._database.read() as tx:
            wishes = await tx.wishes.of(operator.id)
            pushes = await tx.pushes.of([operator.id], now)
            own = await tx.addresses.of_operators(operator.id)
        return self._reach(operator, wishes, pushes.get(operator.id, []), own)

    def _reach(
        self,
        operator: Operator,
        wishes: Wishes,
        pushes: Sequence[PushSubscription],
        own: Sequence[Address],
    ) -> Reach:
        addresses = [
            one
            for one in own
            if one.operator == operator.id and one.is_reachable and one.account in self._titles
        ]
        is_ours = self.mailer is not None and wishes.email_confirmed_at is not None
        return Reach(operator, wishes, pushes, addresses, wishes.email if is_ours else "")

    async def tell(
        self,
        alert: Alert,
        to: Reach,
        language: str,
        said: Mapping[ConversationId, Said] | None = None,
    ) -> str:
        """SENT, PUT_OFF where it may go later, else a word for why it cannot. Raises nothing."""
        now, words = self._clock(), self.words(language)
        match alert.way:
            case Way.PUSH:
                return await self._push(to, words.notification(alert, now, said))
            case Way.MESSENGER:
                return await self._write(to, words.text(alert, now), now)
            case Way.MAIL:
                return await self._mail(to.email, *words.mail(alert, now))
            case _:
                assert_never(alert.way)

    async def test(self, to: Reach, way: Way, subject: str, text: str, language: str) -> str:
        """The same for a word that an operator sends themselves."""
        match way:
            case Way.PUSH:
                shown = Notification("Parley", text, "/me/alerts", "test", language)
                return await self._push(to, shown)
            case Way.MESSENGER:
                return await self._write(to, text, self._clock())
            case Way.MAIL:
                return await self._mail(to.email, subject, text)
            case _:
                assert_never(way)

    async def _push(self, to: Reach, notification: Notification) -> str:
        """To every browser; one that shows it is enough."""
        outcomes = await asyncio.gather(*(self._push_one(one, notification) for one in to.pushes))
        for outcome in (SENT, PUT_OFF):
            if outcome in outcomes:
                return outcome
        return next(iter(outcomes), "nobody")

    async def _push_one(self, to: PushSubscription, notification: Notification) -> str:
        try:
            await self.push.send(to, notification)
        except PushGone:
            await self._forget(to)
            return "gone"
        except PushPutOff as error:
            log.info("push put off", extra={"reason": str(error)})
            return PUT_OFF
        except PushRefused as error:
            log.warning("push refused", extra={"reason": str(error)})
            return f"refused: {error}"
        except _BUSY as error:
            log.warning("push waits", extra={"error": error.code})
            return PUT_OFF
        return SENT

    async def _forget(self, gone: PushSubscription) -> None:
        try:
            async with self._database.write() as tx:
                await tx.pushes.end([gone.digest])
        except (Unavailable, Contended) as error:
            # It will be as gone at the next notification.
            log.warning("push stays", extra={"error": error.code})

    async def _write(self, to: Reach, text: str, now: datetime) -> str:
        inbounds = [
            Inbound(
                account=one.account,
                user=one.user,
                key=EventKey(f"alerted:{one.id}:{self._intake.new_id(now)}"),
                at=now,
                event=OperatorAlerted(to.operator.id, text),
                address=one.id,
            )
            for one in to.addresses
        ]
        try:
            answers = [(await self._intake.submit([one]))[0].status for one in inbounds]
        except _BUSY as error:
            log.warning("alert waits", extra={"error": error.code})
            return PUT_OFF
        return SENT if "taken" in answers else next(iter(answers), "nobody")

    async def unlink(self, address: Address, operator: OperatorId) -> None:
        """It is not their own messenger any more. Raises what the intake raises."""
        now = self._clock()
        inbound = Inbound(
            account=address.account,
            user=address.user,
            key=EventKey(f"unlinked:{address.id}:{self._intake.new_id(now)}"),
            at=now,
            event=OperatorUnlinked(operator),
            address=address.id,
        )
        await self._intake.submit([inbound])

    async def _mail(self, to: str, subject: str, text: str) -> str:
        if self.mailer is None or not to:
            return "nobody"
        try:
            await self.mailer.send(to, subject, text)
        except MailPutOff as error:
            log.warning("mail put off", extra={"reason": str(error)})
            return PUT_OFF
        except MailRefused as error:
            log.warning("mail refused", extra={"reason": str(error)})
            return f"refused: {error}"
        return SENT
