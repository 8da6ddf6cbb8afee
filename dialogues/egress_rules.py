"""Where URLs from outside may lead, as far as their look tells: nowhere inside our own network."""

import ipaddress
import re
import socket
from collections.abc import Collection

from yarl import URL

_INSIDE = re.compile(
    r"[^.]*|(.*\.)?(localhost|localdomain|local|internal|intranet|private|lan|home|corp|home\.arpa)"
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class Forbidden(Exception):
    """The URL leads where nothing of ours may go; the text says why."""

    code = "egress_forbidden"


def check_url(url: str, allowed: Collection[str]) -> URL:
    """The URL, if it is http(s) and not a literal address inside. Raises Forbidden."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise Forbidden("not a URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Forbidden("only http and https URLs with a host")
    if parsed.host in allowed:
        return parsed
    literal = _literal(parsed.host)
    if literal and not is_global(literal):
        raise Forbidden(f"{literal} is inside our own network; egress_allow may name it")
    return parsed


def check_name(host: str) -> None:
    """Refuse what only a network's inside knows by name. Raises Forbidden."""
    if not _literal(host) and _INSIDE.fullmatch(host.lower().rstrip(".")):
        raise Forbidden(f"{host} is a name of our own network; egress_allow may name it")


def _literal(host: str) -> str:
    """The address that is written there, also as the old way has it (127.1); "" for a name."""
    bare = host.rstrip(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except OSError:
        return ""


def is_global(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = _embedded(parsed) if isinstance(parsed, ipaddress.IPv6Address) else ()
    return all(one.is_global and not one.is_multicast for one in inner or (parsed,))


def _embedded(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """Every IPv4 address that a packet to this one may end at: a gateway or the system unwraps."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _COMPATIBLE or address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()
