"""Between the sender and a bot: a claimed send becomes a call, whatever happens an outcome."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bots.contract import Bot, Part
from core.altering import AlterOutcome
from core.content import Content
from core.ids import AccountId
from core.outcomes import Outcome, Refused, Sent, Throttled, Transient, Unknown
from media.library import NotFetched
from media.store import StoreFailed
from outbox.altering import ClaimedAlteration, carry_out
from outbox.bundles import shared_number
from outbox.claiming import HORIZON, LONGEST_SEND, PREPARING, Claimed
from outbox.files import OutgoingFiles
from storage.errors import Contended, Unavailable
from storage.sends import Waiting

log = logging.getLogger(__name__)


class Transmitter:
    """Of one account. Nothing here raises: who claims gets an outcome for each send."""

    def __init__(
        self,
        account: AccountId,
        bot: Bot,
        files: OutgoingFiles,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._bot = bot
        self._files = files
        self._clock = clock

    async def transmit(self, bundle: Sequence[Claimed]) -> Sequence[Outcome]:
        """Send what was claimed together, now; an outcome for each, in order."""
        if self._clock() - bundle[0].starts_at > HORIZON:
            # The loop was held up: consent was read too long ago to be trusted.
            return [Throttled(timedelta(0))] * len(bundle)
        try:
            async with asyncio.timeout(LONGEST_SEND.total_seconds() - 1):
                return await self._ask([one.waiting for one in bundle])
        except TimeoutError:
            return [Unknown("no answer in time")] * len(bundle)
        except Exception as error:
            log.exception("bot failed", extra={"account": self._account})
            return [Unknown(type(error).__name__)] * len(bundle)

    async def alter(self, claimed: ClaimedAlteration) -> AlterOutcome:
        """Edit or delete an answer that was sent, now."""
        return await carry_out(self._bot, claimed, self._clock())

    async def prepare(self, claimed: Claimed) -> Content | Outcome:
        """Bring the files of one send to the messenger. Nothing of the message has left."""
        send = claimed.waiting
        try:
            async with asyncio.timeout(PREPARING.total_seconds() - 30):
                done = await self._files.prepare(send.user, send.content)
        except (TimeoutError, Unavailable, Contended) as error:
            return Transient(f"its files: {type(error).__name__}")
        except Exception as error:
            log.exception("files failed", extra={"account": self._account})
            return Transient(f"its files: {type(error).__name__}")
        # An upload of unknown fate is no message of unknown fate.
        return Transient(done.reason) if isinstance(done, Unknown) else done

    async def _ask(self, sends: Sequence[Waiting]) -> Sequence[Outcome]:
        number = shared_number(tuple(sends))
        try:
            if number is None:
                parts = [await self._files.part(one.content, one.random_id) for one in sends]
            else:
                # One message for many is one part, to the last character of its URLs.
                parts = [await self._files.part(sends[0].content, number)] * len(sends)
        except NotFetched as error:
            return [Refused(str(error))] * len(sends)
        except (StoreFailed, Unavailable, Contended) as error:
            return [Transient(f"its files: {type(error).__name__}")] * len(sends)
        if len(sends) == 1:
            return [await self._send(sends[0], parts[0])]
        users = [send.user for send in sends]
        outcomes = await self._bot.send_together(list(zip(users, parts, strict=True)))
        if len(outcomes) != len(sends):
            return [Unknown("the messenger's answers do not fit the sends")] * len(sends)
        return outcomes

    async def _send(self, send: Waiting, part: Part) -> Outcome:
        outcome = await self._bot.send(send.user, part)
        try:
            if isinstance(outcome, Sent) and outcome.refs:
                await self._files.sent(send.content, outcome.refs)
            elif isinstance(outcome, Refused):
                await self._files.refused(part.content)
        except (Unavailable, Contended) as error:
            # The next message with this file brings it once more.
            log.warning("names of files are lost", extra={"error": type(error).__name__})
        return outcome
