"""What the database keeps of one message, and of the acts of consent that decided it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.consent import Act
from core.ids import AddressId, RecordId
from core.messages import Message, MessageClass, Status
from inbox.why import Story
from storage.attempts import Attempt
from storage.consents import StoredRecord
from storage.conversations import Listed
from storage.ids import floor
from storage.sends import SendStory
from storage.tx import Tx

_LEAVING = (Act.UNSUBSCRIBE, Act.BLOCK)
_FEW = 20
_TICK = timedelta(milliseconds=2)
"""Ids tell milliseconds, rounded down: what came in the very one of the claim was known to it."""


async def read_story(tx: Tx, listed: Listed, message: Message) -> Story:
    parts = await tx.sends.story(message.id)
    attempts = await tx.attempts.of_message(message.id)
    decided_at = _decided_at(parts, attempts)
    ground = await _ground(tx, listed, message, decided_at)
    return Story(
        message=message,
        name=listed.name,
        parts=parts,
        attempts=attempts,
        ground=ground,
        later=await _later(tx, message, decided_at),
    )


def _decided_at(parts: Sequence[SendStory], attempts: Sequence[Attempt]) -> datetime | None:
    """When consent was read for it, the last time."""
    moments = [one.claimed_at for one in parts if one.claimed_at is not None]
    moments += [one.at for one in attempts if one.status is Status.SUPPRESSED]
    return max(moments, default=None)


async def _ground(
    tx: Tx, listed: Listed, message: Message, decided_at: datetime | None
) -> StoredRecord | None:
    """The act that allowed it, or stood in its way. What we learnt later was not known then."""
    here: list[AddressId] = [message.address]
    before = RecordId(floor(decided_at + _TICK)) if decided_at is not None else None
    match message.status, message.error:
        case Status.CANCELLED, "stopped":
            # The first that came after the message was made took it back.
            found = await tx.consents.latest_about(here, None, after=message.id, limit=_FEW)
            return found[-1] if found else None
        case _, "marketing_stopped" | "stopped":
            everywhere = await tx.addresses.of_people([listed.contact])
            ids = [address.id for _, address in everywhere]
            return await _newest(tx, ids, before, Act.UNSUBSCRIBE)
        case _, "unreachable":
            return await _newest(tx, here, before, Act.BLOCK)
        case _ if message.topic is None or message.cls is MessageClass.REPLY:
            return None
    found = await tx.consents.latest_about(here, message.topic, before=before)
    return found[0] if found else None


async def _newest(
    tx: Tx, ids: Sequence[AddressId], before: RecordId | None, act: Act
) -> StoredRecord | None:
    found = await tx.consents.latest_about(ids, None, before=before, limit=_FEW)
    return next((one for one in found if one.act is act), None)


async def _later(tx: Tx, message: Message, decided_at: datetime | None) -> tuple[StoredRecord, ...]:
    """Who left after it had been decided: that it went all the same is no mistake."""
    if decided_at is None or message.sent_at is None:
        return ()
    after = floor(decided_at + _TICK)
    found = await tx.consents.latest_about(
        [message.address], message.topic, after=after, limit=_FEW
    )
    return tuple(one for one in reversed(found) if one.act in _LEAVING)[:1]
