"""Whom we do not listen to: somebody whom operators have blocked, and for a while who floods us."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.people import Address


@dataclass(frozen=True, slots=True)
class Flood:
    """Who sends more than `messages` within `within` is muted for `mute`."""

    messages: int
    within: timedelta
    mute: timedelta


def is_unheard(address: Address, now: datetime) -> bool:
    """What they send is kept and nothing comes of it, except acts of consent."""
    return address.blocked_at is not None or is_muted(address, now)


def is_muted(address: Address, now: datetime) -> bool:
    return address.muted_until is not None and now < address.muted_until


def counted(address: Address, flood: Flood | None, at: datetime, now: datetime) -> Address:
    """The address after one more message, sent at `at`: perhaps muted from now on.

    While it is muted the count goes on, so that operators see how many it were. What a messenger
    brings late and in any order may be older than all that is counted: it is no part of it.
    """
    if flood is None or address.blocked_at is not None:
        return address
    if is_muted(address, now):
        return replace(address, heard=address.heard + 1)
    since = address.heard_since
    if since is not None and since - at >= flood.within:
        return address
    is_over = since is None or address.muted_until is not None or at - since >= flood.within
    if is_over:
        return replace(address, heard=1, heard_since=at, muted_until=None)
    heard = address.heard + 1
    muted_until = now + flood.mute if heard > flood.messages else None
    return replace(address, heard=heard, muted_until=muted_until)


def unmuted(address: Address) -> Address:
    """Heard again, with a new count."""
    return replace(address, heard=0, heard_since=None, muted_until=None)
