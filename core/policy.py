"""May this still be sent? Asked with fresh rows at the moment a send is claimed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.messages import MessageClass
from core.topics import SubscriptionState


@dataclass(frozen=True, slots=True)
class QuietHours:
    """No marketing from `start` to `end` on the contact's clock; may span midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says now about the address that a send goes to, and its topic."""

    is_reachable: bool
    is_held: bool
    state: SubscriptionState | None
    since: datetime | None
    marketing_stopped_at: datetime | None
    timezone: str
    is_before_stop: bool = False
    """It was made before the STOP in force, and not by a person."""
    is_blocked: bool = False
    """By our operators: nothing is started there, and the bot goes on with nothing."""
    is_question: bool = False
    """It asks for the Yes that a pending subscription waits for."""
    is_of_flow: bool = False
    """A flow says it, whatever its class."""
    is_operators: bool = False
    """It is an operator's own messenger: alerts come there, and nothing that they subscribed to
    as a customer until it is anybody's again."""


@dataclass(frozen=True, slots=True)
class Send:
    pass


@dataclass(frozen=True, slots=True)
class Suppress:
    reason: str


@dataclass(frozen=True, slots=True)
class PutOff:
    until: datetime
    reason: str


Verdict: TypeAlias = Send | Suppress | PutOff
_SEND = Send()
HOLD = timedelta(hours=1)


def judge(
    cls: MessageClass,
    expires_at: datetime | None,
    standing: Standing,
    now: datetime,
    quiet: QuietHours | None = None,
) -> Verdict:
    """Send, suppress for good (with the reason that operators read), or put off."""
    if not standing.is_reachable:
        return Suppress("unreachable")
    if expires_at is not None and expires_at <= now:
        return Suppress("expired")
    if standing.is_before_stop:
        return Suppress("stopped")
    is_reply = cls is MessageClass.REPLY
    if standing.is_blocked and (standing.is_of_flow or not is_reply):
        return Suppress("blocked_here")
    if standing.is_operators and (standing.is_of_flow or not is_reply):
        return Suppress("operators_own")
    if is_reply:
        return _SEND
    if standing.is_question and standing.state is SubscriptionState.SUBSCRIBED:
        return Suppress("answered")
    wanted = SubscriptionState.PENDING if standing.is_question else SubscriptionState.SUBSCRIBED
    if standing.state is not wanted:
        return Suppress("unsubscribed")
    if cls is MessageClass.MARKETING and _marketing_ended(standing):
        return Suppress("marketing_stopped")
    if standing.is_held:
        return PutOff(now + HOLD, "stop_question_open")
    if cls is MessageClass.MARKETING and quiet is not None:
        return _quiet(quiet, standing.timezone, now)
    return _SEND


def _marketing_ended(standing: Standing) -> bool:
    stopped = standing.marketing_stopped_at
    return stopped is not None and (standing.since is None or standing.since <= stopped)


def _quiet(quiet: QuietHours, timezone: str, now: datetime) -> Verdict:
    local = now.astimezone(zone(timezone))
    clock = local.time().replace(tzinfo=None)
    if quiet.start <= quiet.end:
        is_quiet = quiet.start <= clock < quiet.end
    else:
        is_quiet = clock >= quiet.start or clock < quiet.end
    if not is_quiet:
        return _SEND
    day = local.date() if clock < quiet.end else local.date() + timedelta(days=1)
    until = datetime.combine(day, quiet.end, tzinfo=local.tzinfo)
    return PutOff(until.astimezone(now.tzinfo), "quiet_hours")


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, UTC for "" and for names that nobody knows."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
