"""How often somebody may try to sign in, so that guessing is slow and nobody is locked out."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
MOST_PER_LOGIN = 10
MOST_PER_PLACE = 30
MOST_PER_DEVICE = 10
_MOST_KEPT = 10_000


class Tries:
    """Failures in the running window, in memory: a restart forgives.

    A browser that has signed in before as this operator counts for itself. Whoever guesses an
    operator's password from elsewhere fills the login's and their own network's measure, and the
    operator still gets in with the browser that they always use.
    """

    def __init__(self) -> None:
        self._logins = Measure(MOST_PER_LOGIN)
        self._places = Measure(MOST_PER_PLACE)
        self._devices = Measure(MOST_PER_DEVICE)

    def wait(self, login: str, ip: str, device: str, now: datetime) -> timedelta | None:
        """How long to wait before the next try; None when one may be made now.

        `device` is "" for a browser that has never signed in as this operator.
        """
        measures = [measure.wait(name, now) for measure, name in self._of(login, ip, device)]
        return max((wait for wait in measures if wait is not None), default=None)

    def count(self, login: str, ip: str, device: str, now: datetime) -> None:
        """A try begins: counted before its password is checked, since several come at once."""
        for measure, name in self._of(login, ip, device):
            measure.count(name, now)

    def forgive(self, login: str, ip: str, device: str) -> None:
        """It was the right password."""
        for measure, name in self._of(login, ip, device):
            measure.forgive(name)

    def _of(self, login: str, ip: str, device: str) -> list[tuple["Measure", str]]:
        if device:
            return [(self._devices, device)]
        return [(self._logins, login), (self._places, _place(ip))]


class Measure:
    """Failures by name, in the running window."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def wait(self, name: str, now: datetime) -> timedelta | None:
        since, count = self._counts.get(name, (now, 0))
        left = since + WINDOW - now
        return left if count >= self._most and left > timedelta(0) else None

    def count(self, name: str, now: datetime) -> None:
        since, count = self._counts.pop(name, (now, 0))
        if now - since >= WINDOW:
            since, count = now, 0
        self._counts[name] = (since, count + 1)
        while len(self._counts) > _MOST_KEPT:
            self._counts.popitem(last=False)

    def forgive(self, name: str) -> None:
        since, count = self._counts.get(name, (None, 0))
        if since is not None:
            self._counts[name] = (since, max(count - 1, 0))


def _place(ip: str) -> str:
    """The address, or the /64 of one of IPv6: a household has 2^64 of those."""
    try:
        parsed = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
